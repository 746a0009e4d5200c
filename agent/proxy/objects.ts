/** The parts of Services and EndpointSlices that proxy and DNS read, and where the API keeps them. Types and constants only. */
import type { ApiObject, Resource } from '../../control/machinery/meta.ts';

export const SERVICES: Resource = { group: '', version: 'v1', resource: 'services', kind: 'Service', namespaced: true };
export const ENDPOINT_SLICES: Resource = {
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
};

/** Says which Service a slice belongs to. */
const SERVICE_LABEL = 'kubernetes.io/service-name';

export interface Service extends ApiObject {
  spec?: ServiceSpec;
}

export interface ServiceSpec {
  type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  clusterIP?: string;
  clusterIPs?: string[];
  externalIPs?: string[];
  externalName?: string;
  ports?: ServicePort[];
  sessionAffinity?: 'None' | 'ClientIP';
  sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } };
  internalTrafficPolicy?: 'Cluster' | 'Local';
  externalTrafficPolicy?: 'Cluster' | 'Local';
  publishNotReadyAddresses?: boolean;
}

export interface ServicePort {
  name?: string;
  protocol?: 'TCP' | 'UDP' | 'SCTP';
  port: number;
  nodePort?: number;
}

export interface EndpointSlice extends ApiObject {
  addressType: 'IPv4' | 'IPv6' | 'FQDN';
  endpoints?: SliceEndpoint[] | null;
  ports?: { name?: string; protocol?: 'TCP' | 'UDP' | 'SCTP'; port?: number }[] | null;
}

export interface SliceEndpoint {
  addresses: string[];
  /** Absent conditions mean: ready, serving as ready, not terminating. */
  conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
  hostname?: string;
  nodeName?: string;
}

/** `namespace/name` of the Service that a slice belongs to. */
export const serviceKeyOf = (slice: EndpointSlice): string | undefined => {
  const name = slice.metadata.labels?.[SERVICE_LABEL];
  return name === undefined ? undefined : `${slice.metadata.namespace ?? ''}/${name}`;
};
