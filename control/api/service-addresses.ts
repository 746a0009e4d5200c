/**
 * Chooses cluster addresses and node ports for Services that did not name theirs: at random from the upper part of the
 * range, so that the lower part stays for those who choose by hand (Kubernetes reserves it in the same way).
 *
 * Always: only chooses; whether a choice is free is found out by claiming it (write.ts).
 */
import type { ApiObject } from '../machinery/meta.ts';
import { type Cause, internalError, invalid } from '../machinery/status.ts';
import type { Allocator } from './allocation.ts';

/** 10.96.0.0/16. */
const SERVICE_NETWORK = [10, 96] as const;
const ADDRESSES = 65_536;
/** Below: for addresses chosen by hand. */
const STATIC_ADDRESSES = 256;
const NODE_PORT_MIN = 30_000;
const NODE_PORT_MAX = 32_767;
const STATIC_NODE_PORTS = 86;

interface Port {
  port: number;
  protocol?: string;
  nodePort?: number;
}

interface Service extends ApiObject {
  spec: {
    type?: string;
    clusterIP?: string;
    clusterIPs?: string[];
    ipFamilies?: string[];
    ipFamilyPolicy?: string;
    ports?: Port[];
  };
}

export const serviceAddresses: Allocator = {
  fill: (object, random) => {
    const { spec } = object as Service;
    const undos: (() => void)[] = [];
    if (spec.type !== 'ExternalName') undos.push(fillAddress(spec, random));
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') undos.push(...fillPorts(spec.ports ?? [], random));
    return () => {
      for (const undo of undos) undo();
    };
  },
  refuse: (kind, object, taken) => {
    const { spec } = object as Service;
    const causes = taken.map(claim => refusal(spec, claim));
    return invalid(kind, object.metadata.name, causes);
  },
  exhausted: () => internalError('failed to allocate a serviceIP or nodePort: range is full'),
};

function fillAddress(spec: Service['spec'], random: () => number): () => void {
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (spec.clusterIP) {
    spec.clusterIPs ??= [spec.clusterIP];
    return () => {};
  }
  if (spec.clusterIPs?.[0]) {
    spec.clusterIP = spec.clusterIPs[0];
    return () => {};
  }
  // The last one is the broadcast address of the range.
  const host = STATIC_ADDRESSES + Math.floor(random() * (ADDRESSES - STATIC_ADDRESSES - 1));
  spec.clusterIP = [...SERVICE_NETWORK, host >> 8, host & 255].join('.');
  spec.clusterIPs = [spec.clusterIP];
  return () => {
    delete spec.clusterIP;
    delete spec.clusterIPs;
  };
}

/** Ports that share a number but not a protocol share the node port too, as Kubernetes has it. */
function fillPorts(ports: Port[], random: () => number): (() => void)[] {
  const filled: Port[] = [];
  for (const port of ports) {
    if (port.nodePort) continue;
    const twin = ports.find(other => other.nodePort && other.port === port.port && other.protocol !== port.protocol);
    const from = NODE_PORT_MIN + STATIC_NODE_PORTS;
    port.nodePort = twin?.nodePort ?? from + Math.floor(random() * (NODE_PORT_MAX - from + 1));
    filled.push(port);
  }
  return filled.map(port => () => delete port.nodePort);
}

/** Claims read `serviceips/10.96.0.7` and `nodeports/30080/TCP`. */
function refusal(spec: Service['spec'], claim: string): Cause {
  const [, value = ''] = claim.split('/');
  if (spec.clusterIPs?.includes(value) || spec.clusterIP === value) {
    const message = `Invalid value: [${JSON.stringify(value)}]: failed to allocate IP ${value}: provided IP is already allocated`;
    return { reason: 'FieldValueInvalid', message, field: 'spec.clusterIPs' };
  }
  const index = (spec.ports ?? []).findIndex(port => String(port.nodePort) === value);
  const message = `Invalid value: ${value}: provided port is already allocated`;
  return { reason: 'FieldValueInvalid', message, field: `spec.ports[${Math.max(0, index)}].nodePort` };
}
