/**
 * From a Service and its EndpointSlices to rules: for each port, where it is reached and which endpoints answer. Pure.
 *
 * Always: endpoints that are ready and not ending come first; when there are none, those that end but still serve; a Local
 * policy looks at this node's endpoints only, and having none there means refusal (KEP-1669, as kube-proxy does).
 */
import type { EndpointSlice } from '../../control/kinds/endpoint-slice.ts';
import type { Service } from '../../control/kinds/service.ts';
import type { ServicePort, ServiceSpec } from '../../control/kinds/types/service.ts';

export interface PortRule {
  /** `namespace/name:port`, what messages and the picker call it. */
  id: string;
  portName: string;
  port: number;
  /** Virtual and external addresses, IPv4. */
  addresses: readonly string[];
  nodePort?: number;
  /** ClientIP affinity: how long a client keeps its endpoint. */
  affinityMs?: number;
  /** For connections from within the cluster. */
  inside: readonly Endpoint[];
  /** For connections through the node port. */
  outside: readonly Endpoint[];
}

export interface Endpoint {
  /** `ip:port`: two Services that lead to one pod share what is known of it. */
  key: string;
  ip: string;
  port: number;
  nodeName?: string;
}

interface Candidate extends Endpoint {
  ready: boolean;
  serving: boolean;
  terminating: boolean;
}

export interface RuleContext {
  nodeName: string;
  /** False for nodes that this one has no way to. */
  reachable(nodeName: string | undefined): boolean;
}

const AFFINITY_SECONDS_DEFAULT = 10_800;

/** TCP only. Empty for headless and ExternalName Services: those are names, not addresses. */
export function rulesOf(service: Service, slices: readonly EndpointSlice[], context: RuleContext): PortRule[] {
  const { metadata, spec = {} } = service;
  const addresses = addressesOf(spec);
  if (spec.type === 'ExternalName' || addresses.length === 0) return [];
  return (spec.ports ?? []).filter(isTcp).map(port => {
    const candidates = candidatesOf(port, slices, spec.publishNotReadyAddresses === true).filter(candidate =>
      context.reachable(candidate.nodeName),
    );
    const choose = (policy: string | undefined) =>
      usable(policy === 'Local' ? candidates.filter(c => c.nodeName === context.nodeName) : candidates);
    return {
      id: `${metadata.namespace ?? ''}/${metadata.name}:${port.port}`,
      portName: port.name ?? '',
      port: port.port,
      addresses,
      nodePort: port.nodePort || undefined,
      affinityMs: affinityMs(spec),
      inside: choose(spec.internalTrafficPolicy),
      outside: choose(spec.externalTrafficPolicy),
    };
  });
}

const isTcp = ({ protocol }: { protocol?: string }): boolean => (protocol ?? 'TCP') === 'TCP';

function addressesOf(spec: ServiceSpec): string[] {
  const virtual = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  const all = [...virtual, ...(spec.externalIPs ?? [])];
  return [...new Set(all)].filter(ip => /^\d+(?:\.\d+){3}$/.test(ip));
}

function affinityMs({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): number | undefined {
  if (sessionAffinity !== 'ClientIP') return undefined;
  return (sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS_DEFAULT) * 1000;
}

/** One per address and port, though several slices may have it while endpoints move between them. */
function candidatesOf(port: ServicePort, slices: readonly EndpointSlice[], evenUnready: boolean): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const { addressType, endpoints, ports } of slices) {
    const target = ports?.find(p => (p.name ?? '') === (port.name ?? '') && isTcp(p))?.port;
    if (addressType !== 'IPv4' || target === undefined) continue;
    for (const { addresses, conditions, nodeName } of endpoints ?? []) {
      const ip = addresses[0];
      if (ip === undefined) continue;
      const terminating = conditions?.terminating ?? false;
      const ready = (conditions?.ready ?? true) || (evenUnready && !terminating);
      const serving = conditions?.serving ?? ready;
      const candidate = { key: `${ip}:${target}`, ip, port: target, nodeName, ready, serving, terminating };
      const known = found.get(candidate.key);
      if (!known || (candidate.ready && !known.ready)) found.set(candidate.key, candidate);
    }
  }
  return [...found.values()];
}

function usable(candidates: readonly Candidate[]): Endpoint[] {
  const ready = candidates.filter(c => c.ready && !c.terminating);
  const chosen = ready.length > 0 ? ready : candidates.filter(c => c.serving && c.terminating);
  return chosen.map(({ key, ip, port, nodeName }) => ({ key, ip, port, nodeName }));
}
