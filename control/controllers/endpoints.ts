/** Endpoints, the older form of EndpointSlice: one object for each Service, for clients that still read it. Pure plan. */
import type { Pod, Service } from '../client/objects.ts';
import { RESOURCES } from '../client/resources.ts';
import { equal } from '../machinery/equal.ts';
import type { ApiObject } from '../machinery/meta.ts';
import type { Action } from './actions.ts';
import { byPorts, type EndpointPort, endpointsOf, type PodEndpoint } from './endpoints-of.ts';

const ADDRESSES_MAX = 1_000;

interface Address {
  ip: string;
  nodeName?: string;
  targetRef?: { kind: string; namespace?: string; name: string; uid?: string };
}

export interface Endpoints extends ApiObject {
  subsets?: { addresses?: Address[]; notReadyAddresses?: Address[]; ports?: EndpointPort[] }[];
}

export function planEndpoints(service: Service, pods: readonly Pod[], current: Endpoints | undefined): Action[] {
  if (!service.spec.selector || service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp) return [];
  const wanted: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: service.metadata.name, namespace: service.metadata.namespace, labels: service.metadata.labels },
    subsets: subsetsOf(service, pods),
  };
  if (!current) return [{ type: 'create', resource: RESOURCES.endpoints, object: wanted, existingIsFine: true }];
  if (equal(current.subsets ?? [], wanted.subsets)) return [];
  const { namespace, name, uid, resourceVersion } = current.metadata;
  const patch = { metadata: { uid, resourceVersion, labels: wanted.metadata.labels }, subsets: wanted.subsets };
  return [{ type: 'patch', resource: RESOURCES.endpoints, key: { namespace, name }, patch }];
}

function subsetsOf(service: Service, pods: readonly Pod[]): NonNullable<Endpoints['subsets']> {
  // This form has no word for "terminating": those are left out.
  const endpoints = endpointsOf(service, pods).filter(endpoint => !endpoint.terminating || endpoint.ready);
  return byPorts(service, endpoints.slice(0, ADDRESSES_MAX)).map(group => {
    const addresses = group.endpoints.filter(({ ready }) => ready).map(addressOf);
    const notReadyAddresses = group.endpoints.filter(({ ready }) => !ready).map(addressOf);
    return {
      ...(addresses.length > 0 ? { addresses } : {}),
      ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
      ports: group.ports.map(({ name, ...port }) => (name ? { name, ...port } : port)) as EndpointPort[],
    };
  });
}

const addressOf = ({ pod, address }: PodEndpoint): Address => {
  const { namespace, name, uid } = pod.metadata;
  return { ip: address, nodeName: pod.spec.nodeName, targetRef: { kind: 'Pod', namespace, name, uid } };
};
