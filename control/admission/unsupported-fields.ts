/**
 * Tells whoever writes a pod, or a template of pods, which of its fields Skerry does not do: at once, and not when the pod
 * fails to start. Nothing is refused here: the agent refuses what it cannot run, field by field. Kubernetes has no such
 * plugin; it does everything.
 */
import { type Unsupported, unsupportedFields } from '../kinds/wasm-support.ts';
import { equal } from '../machinery/equal.ts';
import type { ApiObject } from '../machinery/meta.ts';
import type { Attributes, Plugin } from './chain.ts';

/** A pod has its spec here, everything that makes pods has a template. */
interface Holder extends ApiObject {
  spec?: { containers?: unknown; template?: { spec?: object } };
}

export const unsupportedFieldWarnings = (): Plugin => ({
  name: 'UnsupportedFields',
  operations: ['CREATE', 'UPDATE'],
  validate: attributes => {
    if (attributes.subresource !== undefined) return;
    const [spec, at] = podSpecOf(attributes, attributes.object as Holder);
    if (spec === undefined) return;
    const [before] = podSpecOf(attributes, attributes.oldObject as Holder | undefined);
    if (before !== undefined && equal(before, spec)) return;
    for (const field of unsupportedFields(spec, at)) attributes.warn(warningOf(field));
  },
});

function podSpecOf({ resource }: Attributes, object: Holder | undefined): [object | undefined, string] {
  if (resource.group === '' && resource.resource === 'pods') return [object?.spec, 'spec'];
  const isApp = resource.group === 'apps' || resource.group === 'batch';
  return [isApp ? object?.spec?.template?.spec : undefined, 'spec.template.spec'];
}

const warningOf = ({ field, treatment, why }: Unsupported): string =>
  treatment === 'ignored'
    ? `${field}: not supported by Skerry's wasm runtime; ignored: ${why}`
    : `${field}: not supported by Skerry's wasm runtime; the container will not start: ${why}`;
