/**
 * Node: a machine that runs pods.
 */
import { apiObject, filled, optional, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { NodeSpec, NodeStatus } from './types/node.ts';

const schema = apiObject('io.k8s.api.core.v1.Node', 'A machine that runs pods.', ObjectMeta, {
  spec: filled(2, NodeSpec),
  status: optional(3, NodeStatus),
});

export type Node = Static<typeof schema>;

export const node: Kind<Node> = {
  group: '',
  version: 'v1',
  resource: 'nodes',
  kind: 'Node',
  singular: 'node',
  listKind: 'NodeList',
  shortNames: ['no'],
  namespaced: false,
  description: 'A machine that runs pods.',
  schema,
  columns: [],
};
