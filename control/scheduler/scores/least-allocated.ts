/** The emptier the node, the better: the mean free share of CPU and memory (NodeResourcesFit, LeastAllocated). */
import { SCORE_MAX, type Score } from '../framework.ts';

export const leastAllocated: Score = {
  name: 'NodeResourcesFit',
  weight: 1,
  score(pod, node) {
    const cpu = free(node.allocatable.get('cpu'), node.weightCpu + pod.weightCpu);
    const memory = free(node.allocatable.get('memory'), node.weightMemory + pod.weightMemory);
    return (cpu + memory) / 2;
  },
};

const free = (capacity: number | undefined, used: number): number =>
  !capacity || used > capacity ? 0 : ((capacity - used) * SCORE_MAX) / capacity;
