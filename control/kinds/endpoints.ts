/**
 * Endpoints: the addresses behind a Service, in the old form.
 */
import { ENDPOINTS } from '../machinery/resources.ts';
import { ageColumn, NONE, nameColumn, text } from './columns.ts';
import { listText } from './endpoint-slice.ts';
import { apiObject, array, optional, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { EndpointSubset } from './types/endpoints.ts';
import { ObjectMeta } from './types/meta.ts';

const schema = apiObject(
  'io.k8s.api.core.v1.Endpoints',
  'The addresses behind a Service, in the old form.',
  ObjectMeta,
  {
    subsets: optional(2, array(EndpointSubset, { type: 'atomic' }), 'Sets of addresses that serve the same ports.'),
  },
);

export type Endpoints = Static<typeof schema>;

export const endpoints: Kind<Endpoints> = {
  ...ENDPOINTS,
  singular: 'endpoints',
  listKind: 'EndpointsList',
  shortNames: ['ep'],
  description: 'The addresses behind a Service, in the old form.',
  schema,
  columns: [nameColumn, text('Endpoints', 'Addresses and ports.', endpointsText), ageColumn],
  allowUnconditionalUpdate: true,
  generation: false,
};

function endpointsText({ subsets }: Endpoints): string {
  const all = (subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(address => address.ip)
      : ports.flatMap(port => addresses.map(address => `${address.ip}:${port.port}`)),
  );
  return all.length === 0 ? NONE : listText(all);
}
