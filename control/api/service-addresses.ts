/**
 * Chooses cluster addresses and node ports for Services that did not name theirs: at random from the upper part of the
 * range, so that the lower part stays for those who choose by hand (Kubernetes reserves it in the same way).
 *
 * Always: only chooses; whether a choice is free is found out by claiming it (write.ts). Network and broadcast address of the
 * range belong to nobody.
 */
import { addressAt, type Cidr, contains, parseAddress, parseCidr, sizeOf } from '../machinery/cidr.ts';
import type { ApiObject } from '../machinery/meta.ts';
import { type Cause, internalError, invalid } from '../machinery/status.ts';
import type { Allocator } from './allocation.ts';

/** At most so many at the beginning of the range, and not more than a sixteenth, are for addresses chosen by hand. */
const STATIC_ADDRESSES_MAX = 256;
const STATIC_PART = 16;
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

export function createServiceAddresses(serviceCidr: string): Allocator {
  const range = parseCidr(serviceCidr)!;
  return {
    fill: (object, random) => {
      const { spec } = object as Service;
      const undos: (() => void)[] = [];
      if (spec.type !== 'ExternalName') undos.push(fillAddress(spec, range, random));
      if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') undos.push(...fillPorts(spec.ports ?? [], random));
      return () => {
        for (const undo of undos) undo();
      };
    },
    fits: claim => fits(claim, range),
    refuse: (kind, object, claims) => {
      const { spec } = object as Service;
      const causes = claims.map(claim => refusal(spec, claim, fits(claim, range) ? undefined : serviceCidr));
      return invalid(kind, object.metadata.name, causes);
    },
    exhausted: () => internalError('failed to allocate a serviceIP or nodePort: range is full'),
  };
}

function fits(claim: string, range: Cidr): boolean {
  const [what, value = ''] = claim.split('/');
  if (what !== 'serviceips') return true;
  const address = parseAddress(value);
  if (!address || !contains(range, address)) return false;
  const index = address.value - range.base.value;
  return index > 0n && index < sizeOf(range) - 1n;
}

function fillAddress(spec: Service['spec'], range: Cidr, random: () => number): () => void {
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
  const size = Number(sizeOf(range));
  const from = Math.min(STATIC_ADDRESSES_MAX, size / STATIC_PART);
  // The last one is the broadcast address of the range.
  spec.clusterIP = addressAt(range, from + Math.floor(random() * (size - from - 1)));
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

/** Claims read `serviceips/10.96.0.7` and `nodeports/30080/TCP`. `outside`: the range that an address should be in. */
function refusal(spec: Service['spec'], claim: string, outside: string | undefined): Cause {
  const [, value = ''] = claim.split('/');
  if (spec.clusterIPs?.includes(value) || spec.clusterIP === value) {
    const why = outside
      ? `the provided IP (${value}) is not in the valid range. The range of valid IPs is ${outside}`
      : 'provided IP is already allocated';
    const message = `Invalid value: [${JSON.stringify(value)}]: failed to allocate IP ${value}: ${why}`;
    return { reason: 'FieldValueInvalid', message, field: 'spec.clusterIPs' };
  }
  const index = (spec.ports ?? []).findIndex(port => String(port.nodePort) === value);
  const message = `Invalid value: ${value}: provided port is already allocated`;
  return { reason: 'FieldValueInvalid', message, field: `spec.ports[${Math.max(0, index)}].nodePort` };
}
