/**
 * Namespace: a scope for the names of other objects.
 */
import { dns1123LabelErrors } from '../machinery/names.ts';
import { NAMESPACES } from '../machinery/resources.ts';
import { ageColumn, nameColumn, text } from './columns.ts';
import { apiObject, filled, optional, type Static } from './schema.ts';
import { isolateStatus } from './status-subresource.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { NamespaceSpec, NamespaceStatus } from './types/small.ts';

const schema = apiObject('io.k8s.api.core.v1.Namespace', 'A scope for the names of other objects.', ObjectMeta, {
  spec: filled(2, NamespaceSpec),
  status: optional(3, NamespaceStatus),
});

export type Namespace = Static<typeof schema>;

export const namespace: Kind<Namespace> = {
  ...NAMESPACES,
  singular: 'namespace',
  listKind: 'NamespaceList',
  shortNames: ['ns'],
  description: 'A scope for the names of other objects.',
  schema,
  columns: [nameColumn, text('Status', 'Active or Terminating.', o => o.status?.phase ?? ''), ageColumn],
  allowUnconditionalUpdate: true,
  generation: false,
  selectableFields: { 'status.phase': o => o.status?.phase ?? '' },
  subresources: { status: true, others: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }] },
  validateName: dns1123LabelErrors,
  prepareForCreate(object) {
    object.status = { phase: 'Active' };
    // Removed by the namespace controller when everything inside is gone.
    const finalizers = object.spec.finalizers ?? [];
    object.spec.finalizers = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'];
  },
  /** Stays, emptying, until the finalize endpoint has taken the last finalizer of its spec. */
  holdDeletion(object) {
    object.status = { ...object.status, phase: 'Terminating' };
    return (object.spec.finalizers?.length ?? 0) > 0;
  },
  prepareForUpdate(next, current, subresource) {
    if (subresource === 'finalize') next.status = current.status;
    else isolateStatus(next, current, subresource);
    // Only the finalize endpoint takes finalizers of the spec away.
    if (subresource !== 'finalize') next.spec = current.spec;
  },
};
