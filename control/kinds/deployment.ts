/**
 * Deployment: keeps a number of equal pods running and replaces them step by step when their template changes.
 */
import { apiObject, filled, optional, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { DeploymentSpec, DeploymentStatus } from './types/workload.ts';

const schema = apiObject(
  'io.k8s.api.apps.v1.Deployment',
  'Keeps a number of equal pods running and replaces them step by step when their template changes.',
  ObjectMeta,
  {
    spec: filled(2, DeploymentSpec),
    status: optional(3, DeploymentStatus),
  },
);

export type Deployment = Static<typeof schema>;

export const deployment: Kind<Deployment> = {
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  kind: 'Deployment',
  singular: 'deployment',
  listKind: 'DeploymentList',
  shortNames: ['deploy'],
  namespaced: true,
  description: 'Keeps a number of equal pods running and replaces them step by step when their template changes.',
  schema,
  columns: [],
};
