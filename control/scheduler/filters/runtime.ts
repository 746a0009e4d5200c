/**
 * A pod's RuntimeClass names a handler, and nodes say in `status.runtimeHandlers` which ones they have. A node that says
 * nothing is taken to have them all, as in Kubernetes before nodes could say it.
 */
import type { Filter } from '../framework.ts';

export const runtime: Filter = {
  name: 'NodeDeclaredRuntime',
  unresolvable: true,
  curedBy: ['node-added', 'node-updated', 'runtime-class-changed'],
  check({ pod }, { node }, world) {
    const name = pod.spec.runtimeClassName;
    const handlers = node.status?.runtimeHandlers;
    if (!name || !handlers || handlers.length === 0) return undefined;
    const handler = world.runtimeClass(name)?.handler ?? name;
    if (handlers.some(offered => (offered.name ?? '') === handler)) return undefined;
    return [`node(s) didn't have the runtime handler "${handler}"`];
  },
};
