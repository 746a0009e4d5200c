/** Taints keep away every pod that does not tolerate them. */
import { untolerated } from '../../client/tolerations.ts';
import type { Filter } from '../framework.ts';

const EFFECTS = ['NoSchedule', 'NoExecute'];

export const taints: Filter = {
  name: 'TaintToleration',
  unresolvable: true,
  curedBy: ['node-added', 'node-updated', 'pod-updated'],
  check({ pod }, { node }) {
    if (!node.spec.taints) return undefined;
    const taint = untolerated(node.spec.taints, pod.spec.tolerations, EFFECTS);
    return taint && [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`];
  },
};
