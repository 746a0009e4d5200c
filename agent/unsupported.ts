/**
 * What keeps a container from being started because this agent cannot do it: by field, so that its author finds it. The list
 * itself is shared with the server, which has warned of it. Pure.
 */
import type { Pod } from '../control/kinds/pod.ts';
import { unsupportedFields } from '../control/kinds/wasm-support.ts';

/** The first reason, if there is one: the container's own, or one of the whole pod. */
export function refusalOf({ spec }: Pod, container: string): string | undefined {
  const found = unsupportedFields(spec).find(
    ({ treatment, container: about }) => treatment === 'refused' && (about === undefined || about === container),
  );
  return found && `${found.field}: not supported by Skerry's wasm runtime: ${found.why}`;
}
