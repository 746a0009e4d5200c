/**
 * ReplicaSet: keeps a number of equal pods running.
 */
import { apiObject, filled, optional, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { ReplicaSetSpec, ReplicaSetStatus } from './types/workload.ts';

const schema = apiObject('io.k8s.api.apps.v1.ReplicaSet', 'Keeps a number of equal pods running.', ObjectMeta, {
  spec: filled(2, ReplicaSetSpec),
  status: optional(3, ReplicaSetStatus),
});

export type ReplicaSet = Static<typeof schema>;

export const replicaSet: Kind<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  resource: 'replicasets',
  kind: 'ReplicaSet',
  singular: 'replicaset',
  listKind: 'ReplicaSetList',
  shortNames: ['rs'],
  namespaced: true,
  description: 'Keeps a number of equal pods running.',
  schema,
  columns: [],
};
