/**
 * Endpoints of Services, in the old form (one object) and the new one (slices).
 */
import {
  array,
  boolean,
  filled,
  int32,
  map,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
} from '../schema.ts';
import { Protocol } from './atoms.ts';
import { ObjectReference } from './reference.ts';

const EndpointAddress = object(
  'io.k8s.api.core.v1.EndpointAddress',
  'The address of one endpoint.',
  {
    ip: required(1, string()),
    hostname: optional(3, string()),
    nodeName: pointer(4, string()),
    targetRef: pointer(2, ObjectReference),
  },
  { atomic: true },
);

const EndpointPort = object(
  'io.k8s.api.core.v1.EndpointPort',
  'A port that endpoints serve.',
  {
    name: optional(1, string()),
    port: required(2, int32()),
    protocol: optional(3, Protocol),
    appProtocol: pointer(4, string()),
  },
  { atomic: true },
);

export const EndpointSubset = object('io.k8s.api.core.v1.EndpointSubset', 'Addresses that all serve the same ports.', {
  addresses: optional(1, array(EndpointAddress, { type: 'atomic' })),
  notReadyAddresses: optional(2, array(EndpointAddress, { type: 'atomic' })),
  ports: optional(3, array(EndpointPort, { type: 'atomic' })),
});
export type EndpointSubset = Static<typeof EndpointSubset>;

const EndpointConditions = object(
  'io.k8s.api.discovery.v1.EndpointConditions',
  'Whether an endpoint should get traffic.',
  {
    ready: pointer(1, boolean(), 'Traffic may go here.'),
    serving: pointer(2, boolean(), 'It answers, even if it is terminating.'),
    terminating: pointer(3, boolean(), 'It is going away.'),
  },
);

const ForZone = object('io.k8s.api.discovery.v1.ForZone', 'A zone that should use an endpoint.', {
  name: required(1, string()),
});

const EndpointHints = object('io.k8s.api.discovery.v1.EndpointHints', 'Which consumers an endpoint is meant for.', {
  forZones: optional(1, array(ForZone, { type: 'atomic' })),
});

export const Endpoint = object('io.k8s.api.discovery.v1.Endpoint', 'One backend of a Service, usually a pod.', {
  addresses: required(1, array(string(), { type: 'set' }), 'Addresses of the endpoint.'),
  conditions: filled(2, EndpointConditions, 'Whether it should get traffic.'),
  hostname: pointer(3, string()),
  targetRef: pointer(4, ObjectReference, 'The pod behind it.'),
  deprecatedTopology: optional(5, map(string())),
  nodeName: pointer(6, string(), 'The node it is on.'),
  zone: pointer(7, string()),
  hints: pointer(8, EndpointHints),
});
export type Endpoint = Static<typeof Endpoint>;

export const EndpointSlicePort = object(
  'io.k8s.api.discovery.v1.EndpointPort',
  'A port that endpoints serve.',
  {
    name: pointer(1, string()),
    protocol: pointer(2, Protocol),
    port: pointer(3, int32()),
    appProtocol: pointer(4, string()),
  },
  { atomic: true },
);
export type EndpointSlicePort = Static<typeof EndpointSlicePort>;
