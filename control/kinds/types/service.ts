/**
 * Services.
 */
import {
  array,
  boolean,
  enumeration,
  int32,
  intOrString,
  map,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
} from '../schema.ts';
import { Protocol } from './atoms.ts';
import { Condition } from './selector.ts';

export const ServicePort = object('io.k8s.api.core.v1.ServicePort', 'A port of a Service.', {
  name: optional(1, string(), 'Name of the port; needed when there are several.'),
  protocol: optional(2, Protocol, { default: 'TCP', description: 'TCP, UDP or SCTP.' }),
  appProtocol: pointer(6, string(), 'What is spoken on the port.'),
  port: required(3, int32(), 'Port of the Service.'),
  targetPort: optional(4, intOrString(), "Number or name of the pod's port; the same as `port` when absent."),
  nodePort: optional(5, int32(), 'Port on every node.'),
});
export type ServicePort = Static<typeof ServicePort>;

const ClientIPConfig = object('io.k8s.api.core.v1.ClientIPConfig', 'Settings of affinity by client address.', {
  timeoutSeconds: pointer(1, int32(), { default: 10_800 }),
});

const SessionAffinityConfig = object('io.k8s.api.core.v1.SessionAffinityConfig', 'Settings of session affinity.', {
  clientIP: pointer(1, ClientIPConfig),
});

export const ServiceSpec = object('io.k8s.api.core.v1.ServiceSpec', 'How clients reach a set of pods.', {
  ports: optional(1, array(ServicePort, { mergeKey: 'port', keys: ['port', 'protocol'] }), 'Ports of the Service.'),
  selector: optional(2, map(string(), { atomic: true }), 'Labels of the pods behind the Service.'),
  clusterIP: optional(3, string(), 'Virtual address of the Service; None for a headless one.'),
  clusterIPs: optional(
    18,
    array(string(), { type: 'atomic' }),
    'Virtual addresses, one per family; the first is clusterIP.',
  ),
  type: optional(4, enumeration('ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'), {
    default: 'ClusterIP',
    description: 'ClusterIP, NodePort, LoadBalancer or ExternalName.',
  }),
  externalIPs: optional(5, array(string(), { type: 'atomic' }), 'Further addresses at which nodes accept traffic.'),
  sessionAffinity: optional(7, enumeration('ClientIP', 'None'), {
    default: 'None',
    description: 'ClientIP sends one client always to the same pod.',
  }),
  loadBalancerIP: optional(8, string()),
  loadBalancerSourceRanges: optional(9, array(string(), { type: 'atomic' })),
  externalName: optional(10, string(), 'Name that an ExternalName Service stands for.'),
  externalTrafficPolicy: optional(
    11,
    enumeration('Cluster', 'Local'),
    'Whether outside traffic may go to pods of other nodes.',
  ),
  healthCheckNodePort: optional(12, int32()),
  publishNotReadyAddresses: optional(13, boolean(), 'Send traffic also to pods that are not ready.'),
  sessionAffinityConfig: pointer(14, SessionAffinityConfig),
  ipFamilies: optional(19, array(enumeration('IPv4', 'IPv6'), { type: 'atomic' }), 'Address families of the Service.'),
  ipFamilyPolicy: pointer(17, enumeration('PreferDualStack', 'RequireDualStack', 'SingleStack')),
  allocateLoadBalancerNodePorts: pointer(20, boolean()),
  loadBalancerClass: pointer(21, string()),
  internalTrafficPolicy: pointer(
    22,
    enumeration('Cluster', 'Local'),
    'Whether inside traffic may go to pods of other nodes.',
  ),
  trafficDistribution: pointer(23, string()),
});
export type ServiceSpec = Static<typeof ServiceSpec>;

const PortStatus = object('io.k8s.api.core.v1.PortStatus', 'State of one port of a load balancer.', {
  port: required(1, int32()),
  protocol: required(2, Protocol),
  error: pointer(3, string()),
});

const LoadBalancerIngress = object('io.k8s.api.core.v1.LoadBalancerIngress', 'An address or name of a load balancer.', {
  ip: optional(1, string()),
  hostname: optional(2, string()),
  ipMode: pointer(3, enumeration('Proxy', 'VIP')),
  ports: optional(4, array(PortStatus, { type: 'atomic' })),
});

const LoadBalancerStatus = object('io.k8s.api.core.v1.LoadBalancerStatus', 'Where a load balancer can be reached.', {
  ingress: optional(1, array(LoadBalancerIngress, { type: 'atomic' })),
});

export const ServiceStatus = object('io.k8s.api.core.v1.ServiceStatus', 'What is known about a Service.', {
  loadBalancer: optional(1, LoadBalancerStatus),
  conditions: optional(2, array(Condition, { mergeKey: 'type', keys: ['type'] })),
});
export type ServiceStatus = Static<typeof ServiceStatus>;
