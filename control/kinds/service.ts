/**
 * Service: a stable name and address for a changing set of pods.
 */
import { dns1035LabelErrors } from '../machinery/names.ts';
import { SERVICES } from '../machinery/resources.ts';
import { ageColumn, labelsText, NONE, nameColumn, text, wide } from './columns.ts';
import { apiObject, filled, optional, type Static } from './schema.ts';
import { isolateStatus } from './status-subresource.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { ServiceSpec, ServiceStatus } from './types/service.ts';
import { serviceFaults, serviceUpdateFaults } from './validation/service.ts';

const description = 'A stable name and address for a changing set of pods.';
const schema = apiObject('io.k8s.api.core.v1.Service', description, ObjectMeta, {
  spec: filled(2, ServiceSpec),
  status: optional(3, ServiceStatus),
});

export type Service = Static<typeof schema>;

export const service: Kind<Service> = {
  ...SERVICES,
  singular: 'service',
  listKind: 'ServiceList',
  shortNames: ['svc'],
  categories: ['all'],
  description,
  schema,
  columns: [
    nameColumn,
    text('Type', 'How the Service is reached.', o => o.spec.type ?? ''),
    text('Cluster-IP', 'Its virtual address.', o => o.spec.clusterIPs?.[0] || o.spec.clusterIP || NONE),
    text('External-IP', 'Addresses seen from outside.', externalText),
    text('Port(s)', 'Ports, and the ports of every node.', portsText),
    ageColumn,
    wide(text('Selector', 'Labels of the pods.', o => labelsText(o.spec.selector))),
  ],
  allowUnconditionalUpdate: true,
  generation: false,
  selectableFields: { 'spec.clusterIP': o => o.spec.clusterIP ?? '', 'spec.type': o => o.spec.type ?? '' },
  subresources: { status: true },
  validateName: dns1035LabelErrors,
  setDefaults,
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
    dropUnusedParts(object.spec);
  },
  prepareForUpdate(next, current, subresource) {
    isolateStatus(next, current, subresource);
    if (subresource !== undefined) return;
    keepAllocations(next.spec, current.spec);
    dropUnusedParts(next.spec);
  },
  validate: object => serviceFaults(object.spec),
  validateUpdate: (next, current, subresource) =>
    subresource === undefined ? serviceUpdateFaults(next.spec, current.spec) : [],
  claims: ({ spec }) => [
    ...(spec.clusterIPs ?? []).filter(isAddress).map(ip => `serviceips/${ip}`),
    ...(spec.ports ?? [])
      .filter(port => port.nodePort)
      .map(port => `nodeports/${port.nodePort}/${port.protocol ?? 'TCP'}`),
  ],
};

const isAddress = (ip: string): boolean => ip !== '' && ip !== 'None';
const opensNodePorts = (type: ServiceSpec['type']): boolean => type === 'NodePort' || type === 'LoadBalancer';

function setDefaults({ spec }: Service): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  if (!spec.clusterIP && spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
  for (const port of spec.ports ?? []) {
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10_800, ...spec.sessionAffinityConfig?.clientIP } };
  } else delete spec.sessionAffinityConfig;
  if (spec.type === 'ExternalName') return;
  spec.internalTrafficPolicy ??= 'Cluster';
  spec.ipFamilies ??= [spec.clusterIP?.includes(':') ? 'IPv6' : 'IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (opensNodePorts(spec.type)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

/** An update that does not speak of what was allocated keeps it. */
function keepAllocations(next: ServiceSpec, current: ServiceSpec): void {
  if (next.type === 'ExternalName') {
    // What belonged to the virtual address goes with it, unless somebody insists.
    if (next.clusterIP === current.clusterIP) forgetAddresses(next);
    return;
  }
  if (!next.clusterIP && current.type !== 'ExternalName') {
    next.clusterIP = current.clusterIP;
    next.clusterIPs = current.clusterIPs;
  }
  // Both say the same; one changed alone is a wish to change the address, which validation refuses.
  if (next.clusterIP && next.clusterIP !== current.clusterIP) next.clusterIPs = [next.clusterIP];
  const reusable = opensNodePorts(current.type) ? (current.ports ?? []) : [];
  for (const port of next.ports ?? []) {
    const same = reusable.find(old => old.port === port.port && (old.protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
    if (same === undefined) continue;
    if (opensNodePorts(next.type)) port.nodePort ||= same.nodePort;
    else if (port.nodePort === same.nodePort) delete port.nodePort;
  }
}

function forgetAddresses(spec: ServiceSpec): void {
  delete spec.clusterIP;
  delete spec.clusterIPs;
  delete spec.ipFamilies;
  delete spec.ipFamilyPolicy;
  delete spec.internalTrafficPolicy;
}

function dropUnusedParts(spec: ServiceSpec): void {
  if (!opensNodePorts(spec.type)) {
    delete spec.externalTrafficPolicy;
    delete spec.healthCheckNodePort;
  }
  if (spec.type !== 'LoadBalancer') {
    delete spec.allocateLoadBalancerNodePorts;
    delete spec.loadBalancerClass;
  }
  if (spec.type !== 'ExternalName') delete spec.externalName;
}

function externalText({ spec, status }: Service): string {
  if (spec.type === 'ExternalName') return spec.externalName || NONE;
  const ingress = (status?.loadBalancer?.ingress ?? []).map(point => point.ip || point.hostname || '');
  const all = [...(spec.type === 'LoadBalancer' ? ingress : []), ...(spec.externalIPs ?? [])];
  if (all.length > 0) return all.join(',');
  return spec.type === 'LoadBalancer' ? '<pending>' : NONE;
}

function portsText({ spec }: Service): string {
  const ports = (spec.ports ?? []).map(
    ({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`,
  );
  return ports.join(',') || NONE;
}
