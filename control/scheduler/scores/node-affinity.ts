/** `preferredDuringSchedulingIgnoredDuringExecution`: the sum of the weights of the terms that hold. */
import { matchesTerm } from '../filters/node-affinity.ts';
import { normalizeByMax, type Score } from '../framework.ts';

export const preferredAffinity: Score = {
  name: 'NodeAffinity',
  weight: 2,
  applies: ({ pod }) =>
    (pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.length ?? 0) > 0,
  score({ pod }, { node }) {
    const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return terms.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0);
  },
  normalize: scores => normalizeByMax(scores, false),
};
