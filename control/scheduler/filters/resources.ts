/** What the pods on a node request must not be more than the node has to give. */
import type { Filter } from '../framework.ts';

export const resources: Filter = {
  name: 'NodeResourcesFit',
  curedBy: ['node-added', 'node-updated', 'pod-deleted', 'pod-updated'],
  check(pod, node) {
    const refusals: string[] = [];
    const podsMax = node.allocatable.get('pods');
    if (podsMax !== undefined && node.pods.size + 1 > podsMax) refusals.push('Too many pods');
    for (const [name, amount] of pod.requests) {
      if (amount === 0) continue;
      const free = (node.allocatable.get(name) ?? 0) - (node.requested.get(name) ?? 0);
      if (amount > free) refusals.push(`Insufficient ${name}`);
    }
    return refusals.length > 0 ? refusals : undefined;
  },
};
