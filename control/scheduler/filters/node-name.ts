/** A pod that names its node goes there or nowhere. */
import type { Filter } from '../framework.ts';

const REFUSAL = ["node(s) didn't match the requested node name"];

export const nodeName: Filter = {
  name: 'NodeName',
  unresolvable: true,
  curedBy: ['node-added'],
  check: ({ pod }, node) => (!pod.spec.nodeName || pod.spec.nodeName === node.name ? undefined : REFUSAL),
};
