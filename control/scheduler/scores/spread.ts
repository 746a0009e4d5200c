/** Replicas of one owner go to different nodes: the fewer of them a node has, the better. */
import { normalizeByMax, type Score } from '../framework.ts';

export const spread: Score = {
  name: 'PodTopologySpread',
  weight: 2,
  applies: pod => pod.owner !== '',
  score: (pod, node) => node.owners.get(pod.owner) ?? 0,
  normalize: scores => normalizeByMax(scores, true),
};
