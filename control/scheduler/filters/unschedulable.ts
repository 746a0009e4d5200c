/** Cordoned nodes take no new pods, except those that tolerate it. */
import { untolerated } from '../../client/tolerations.ts';
import type { Filter } from '../framework.ts';

const REFUSAL = ['node(s) were unschedulable'];
const CORDON = [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] as const;

export const unschedulable: Filter = {
  name: 'NodeUnschedulable',
  unresolvable: true,
  curedBy: ['node-added', 'node-updated'],
  check: ({ pod }, { node }) =>
    node.spec.unschedulable && untolerated(CORDON, pod.spec.tolerations, ['NoSchedule']) ? REFUSAL : undefined,
};
