/**
 * Pod: containers that run together on one node and share its network address.
 */
import { apiObject, filled, optional, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { PodSpec } from './types/pod-spec.ts';
import { PodStatus } from './types/pod-status.ts';

const schema = apiObject(
  'io.k8s.api.core.v1.Pod',
  'Containers that run together on one node and share its network address.',
  ObjectMeta,
  {
    spec: filled(2, PodSpec),
    status: optional(3, PodStatus),
  },
);

export type Pod = Static<typeof schema>;

export const pod: Kind<Pod> = {
  group: '',
  version: 'v1',
  resource: 'pods',
  kind: 'Pod',
  singular: 'pod',
  listKind: 'PodList',
  shortNames: ['po'],
  namespaced: true,
  description: 'Containers that run together on one node and share its network address.',
  schema,
  columns: [],
};
