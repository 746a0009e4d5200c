/** CPU and memory should fill up at the same pace, so that neither is left over alone (NodeResourcesBalancedAllocation). */
import { SCORE_MAX, type Score } from '../framework.ts';

export const balanced: Score = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  score(pod, node) {
    const cpu = share(node.allocatable.get('cpu'), node.weightCpu + pod.weightCpu);
    const memory = share(node.allocatable.get('memory'), node.weightMemory + pod.weightMemory);
    // The standard deviation of two numbers is half their distance.
    return (1 - Math.abs(cpu - memory) / 2) * SCORE_MAX;
  },
};

const share = (capacity: number | undefined, used: number): number => (capacity ? Math.min(1, used / capacity) : 1);
