/**
 * Service: a stable name and address for a changing set of pods.
 */
import { apiObject, filled, optional, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { ServiceSpec, ServiceStatus } from './types/service.ts';

const schema = apiObject(
  'io.k8s.api.core.v1.Service',
  'A stable name and address for a changing set of pods.',
  ObjectMeta,
  {
    spec: filled(2, ServiceSpec),
    status: optional(3, ServiceStatus),
  },
);

export type Service = Static<typeof schema>;

export const service: Kind<Service> = {
  group: '',
  version: 'v1',
  resource: 'services',
  kind: 'Service',
  singular: 'service',
  listKind: 'ServiceList',
  shortNames: ['svc'],
  namespaced: true,
  description: 'A stable name and address for a changing set of pods.',
  schema,
  columns: [],
};
