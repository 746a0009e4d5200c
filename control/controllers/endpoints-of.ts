/** From a Service and the pods that it selects to addresses and ports: shared by endpoint-slice and endpoints. Pure. */
import { hasPodEnded, isPodReady } from '../client/pod-state.ts';
import type { Pod } from '../kinds/pod.ts';
import type { Service } from '../kinds/service.ts';
import type { EndpointSlicePort } from '../kinds/types/endpoints.ts';

/** Nothing is left to defaults, so that equal ports look equal. */
export type EndpointPort = Required<Pick<EndpointSlicePort, 'name' | 'protocol' | 'port'>> &
  Pick<EndpointSlicePort, 'appProtocol'>;

export interface PodEndpoint {
  pod: Pod;
  address: string;
  ready: boolean;
  serving: boolean;
  terminating: boolean;
}

/** Pods that can be reached, or will be again: they have an address and have not ended. */
export function endpointsOf(service: Service, pods: readonly Pod[]): PodEndpoint[] {
  return pods
    .filter(pod => pod.status?.podIP && !hasPodEnded(pod))
    .map(pod => {
      const serving = isPodReady(pod);
      const terminating = pod.metadata.deletionTimestamp !== undefined;
      const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
      return { pod, address: pod.status!.podIP!, ready, serving, terminating };
    });
}

/** A port by name is looked up in the pod; a pod that does not have it is left out of that port. */
function portsOf(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const { name = '', protocol = 'TCP', port, targetPort, appProtocol } of service.spec.ports ?? []) {
    const number = typeof targetPort === 'string' ? namedPort(pod, targetPort, protocol) : targetPort || port;
    if (number !== undefined) ports.push({ name, protocol, port: number, appProtocol });
  }
  return ports;
}

/** Sidecars have ports too. */
function namedPort({ spec }: Pod, name: string, protocol: string): number | undefined {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...spec.containers, ...sidecars])
    for (const port of container.ports ?? [])
      if (port.name === name && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
  return undefined;
}

/** Groups by the ports that they serve; nearly always there is one group. */
export function byPorts(
  service: Service,
  endpoints: readonly PodEndpoint[],
): { ports: EndpointPort[]; endpoints: PodEndpoint[] }[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: PodEndpoint[] }>();
  for (const endpoint of endpoints) {
    const ports = portsOf(service, endpoint.pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpoint);
    groups.set(key, group);
  }
  return [...groups.values()];
}
