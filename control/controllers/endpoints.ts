/** Endpoints, the older form of EndpointSlice: one object for each Service, for clients that still read it. Pure plan. */
import type { Endpoints } from '../kinds/endpoints.ts';
import type { Pod } from '../kinds/pod.ts';
import type { Service } from '../kinds/service.ts';
import type { EndpointSubset } from '../kinds/types/endpoints.ts';
import { equal } from '../machinery/equal.ts';
import { ENDPOINTS } from '../machinery/resources.ts';
import type { Action } from './actions.ts';
import { byPorts, endpointsOf, type PodEndpoint } from './endpoints-of.ts';

const ADDRESSES_MAX = 1_000;

export function planEndpoints(service: Service, pods: readonly Pod[], current: Endpoints | undefined): Action[] {
  if (!service.spec.selector || service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp) return [];
  const wanted: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: service.metadata.name, namespace: service.metadata.namespace, labels: service.metadata.labels },
    subsets: subsetsOf(service, pods),
  };
  if (!current) return [{ type: 'create', resource: ENDPOINTS, object: wanted, existingIsFine: true }];
  if (equal(current.subsets ?? [], wanted.subsets)) return [];
  const { namespace, name, uid, resourceVersion } = current.metadata;
  const patch = { metadata: { uid, resourceVersion, labels: wanted.metadata.labels }, subsets: wanted.subsets };
  return [{ type: 'patch', resource: ENDPOINTS, key: { namespace, name }, patch }];
}

function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  // This form has no word for "terminating": those are left out.
  const endpoints = endpointsOf(service, pods).filter(endpoint => !endpoint.terminating || endpoint.ready);
  return byPorts(service, endpoints.slice(0, ADDRESSES_MAX)).map(group => {
    const addresses = group.endpoints.filter(({ ready }) => ready).map(addressOf);
    const notReadyAddresses = group.endpoints.filter(({ ready }) => !ready).map(addressOf);
    return {
      ...(addresses.length > 0 ? { addresses } : {}),
      ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
      ports: group.ports.map(({ name, ...port }) => (name ? { name, ...port } : port)),
    };
  });
}

const addressOf = ({ pod, address }: PodEndpoint): NonNullable<EndpointSubset['addresses']>[number] => {
  const { namespace, name, uid } = pod.metadata;
  return { ip: address, nodeName: pod.spec.nodeName, targetRef: { kind: 'Pod', namespace, name, uid } };
};
