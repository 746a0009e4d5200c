/** A node that has the pod's modules already starts it at once, without pull or compilation (Kubernetes: ImageLocality). */
import { SCORE_MAX, type Score } from '../framework.ts';

export const moduleLocality: Score = {
  name: 'ImageLocality',
  weight: 1,
  score({ pod }, node) {
    const { containers } = pod.spec;
    let present = 0;
    for (const { image } of containers) if (image !== undefined && node.images.has(image)) present++;
    return (present * SCORE_MAX) / Math.max(1, containers.length);
  },
};
