/** `PreferNoSchedule`: rather not there; the fewer such taints, the better. */
import { untolerated } from '../../client/tolerations.ts';
import { normalizeByMax, type Score } from '../framework.ts';

const EFFECTS = ['PreferNoSchedule'];

export const preferUntainted: Score = {
  name: 'TaintToleration',
  weight: 3,
  score: ({ pod }, { node }) =>
    node.spec.taints?.filter(taint => untolerated([taint], pod.spec.tolerations, EFFECTS)).length ?? 0,
  normalize: scores => normalizeByMax(scores, true),
};
