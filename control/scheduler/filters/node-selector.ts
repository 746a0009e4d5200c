/** `spec.nodeSelector`: every label must be there, with that value. Kubernetes reports it together with node affinity. */
import type { Filter } from '../framework.ts';
import { NODE_AFFINITY_REFUSAL } from './node-affinity.ts';

export const nodeSelector: Filter = {
  name: 'NodeSelector',
  unresolvable: true,
  curedBy: ['node-added', 'node-updated'],
  check({ pod }, { node }) {
    const wanted = pod.spec.nodeSelector;
    for (const key in wanted) if (node.metadata.labels?.[key] !== wanted[key]) return NODE_AFFINITY_REFUSAL;
    return undefined;
  },
};
