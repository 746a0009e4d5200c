/** `requiredDuringSchedulingIgnoredDuringExecution`: one of the terms must hold; within a term, all requirements. */
import type { Node } from '../../kinds/node.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm } from '../../kinds/types/affinity.ts';
import type { Filter } from '../framework.ts';

export const NODE_AFFINITY_REFUSAL = ["node(s) didn't match Pod's node affinity/selector"];

export const nodeAffinity: Filter = {
  name: 'NodeAffinity',
  unresolvable: true,
  curedBy: ['node-added', 'node-updated'],
  check({ pod }, { node }) {
    const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required || required.nodeSelectorTerms.some(term => matchesTerm(term, node))) return undefined;
    return NODE_AFFINITY_REFUSAL;
  },
};

/** An empty term matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every(requirement => holds(requirement, node.metadata.labels?.[requirement.key])) &&
    matchFields.every(requirement =>
      holds(requirement, requirement.key === 'metadata.name' ? node.metadata.name : undefined),
    )
  );
}

function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) > BigInt(values[0]);
    case 'Lt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) < BigInt(values[0]);
    default:
      return false;
  }
}

const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d+$/.test(text);
