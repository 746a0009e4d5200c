/**
 * EndpointSlice: some of the addresses behind a Service.
 */
import { apiObject, array, enumeration, optional, required, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { Endpoint, EndpointSlicePort } from './types/endpoints.ts';
import { ObjectMeta } from './types/meta.ts';

const schema = apiObject(
  'io.k8s.api.discovery.v1.EndpointSlice',
  'Some of the addresses behind a Service.',
  ObjectMeta,
  {
    addressType: required(4, enumeration('FQDN', 'IPv4', 'IPv6'), 'Kind of all addresses in the slice.'),
    endpoints: required(2, array(Endpoint, { type: 'atomic' }), 'The backends.'),
    ports: optional(3, array(EndpointSlicePort, { type: 'atomic' }), 'Ports that all of them serve.'),
  },
);

export type EndpointSlice = Static<typeof schema>;

export const endpointSlice: Kind<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  kind: 'EndpointSlice',
  singular: 'endpointslice',
  listKind: 'EndpointSliceList',
  namespaced: true,
  description: 'Some of the addresses behind a Service.',
  schema,
  columns: [],
};
