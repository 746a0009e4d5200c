/**
 * EndpointSlice: some of the addresses behind a Service.
 */
import { parseAddress } from '../machinery/cidr.ts';
import { dns1123SubdomainErrors } from '../machinery/names.ts';
import { ENDPOINT_SLICES } from '../machinery/resources.ts';
import type { Cause } from '../machinery/status.ts';
import { ageColumn, nameColumn, text, UNSET } from './columns.ts';
import { apiObject, array, enumeration, optional, required, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { Endpoint, EndpointSlicePort } from './types/endpoints.ts';
import { ObjectMeta } from './types/meta.ts';
import {
  duplicateFaults,
  eachFault,
  immutableFault,
  invalidFault,
  nameFaults,
  requiredFault,
} from './validation/faults.ts';
import { portFaults } from './validation/ports.ts';

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
  ...ENDPOINT_SLICES,
  singular: 'endpointslice',
  listKind: 'EndpointSliceList',
  description: 'Some of the addresses behind a Service.',
  schema,
  columns: [
    nameColumn,
    text('AddressType', 'Kind of the addresses.', o => o.addressType),
    text('Ports', 'Ports that all of them serve.', o =>
      listText((o.ports ?? []).map(port => (port.port === undefined ? '*' : String(port.port)))),
    ),
    text('Endpoints', 'Addresses.', o => listText(o.endpoints.flatMap(endpoint => endpoint.addresses))),
    ageColumn,
  ],
  allowUnconditionalUpdate: true,
  setDefaults(object) {
    for (const port of object.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate: object => [
    ...((object.addressType as string) === '' ? [requiredFault('addressType')] : []),
    ...(object.endpoints.length > ENDPOINTS_MAX
      ? [
          {
            reason: 'FieldValueTooMany' as const,
            message: `Too many: ${object.endpoints.length}: must have at most ${ENDPOINTS_MAX} items`,
            field: 'endpoints',
          },
        ]
      : []),
    ...eachFault('endpoints', object.endpoints, (endpoint, field) =>
      addressFaults(endpoint.addresses, `${field}.addresses`, object.addressType),
    ),
    ...duplicateFaults('ports', object.ports ?? [], port => port.name || '(unnamed)'),
    ...eachFault('ports', object.ports, (port, field) =>
      port.port === undefined ? [] : portFaults(`${field}.port`, port.port),
    ),
  ],
  validateUpdate: (next, current) =>
    next.addressType === current.addressType ? [] : [immutableFault('addressType', next.addressType)],
};

const ENDPOINTS_MAX = 1000;
const SHOWN_MAX = 3;

function addressFaults(addresses: readonly string[], field: string, type: EndpointSlice['addressType']): Cause[] {
  if (addresses.length === 0) return [requiredFault(field, 'must contain at least 1 address')];
  return eachFault(field, addresses, (address, at) => {
    if (type === 'FQDN') return nameFaults(at, address, dns1123SubdomainErrors(address));
    const family = type === 'IPv6' ? 6 : 4;
    return parseAddress(address)?.family === family
      ? []
      : [invalidFault(at, address, `must be a valid ${type} address`)];
  });
}

/** The first few, and how many more there are. */
export function listText(items: readonly string[]): string {
  if (items.length === 0) return UNSET;
  const more = items.length - SHOWN_MAX;
  return items.slice(0, SHOWN_MAX).join(',') + (more > 0 ? ` + ${more} more...` : '');
}
