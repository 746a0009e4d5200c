/**
 * The two blocks of addresses of a cluster, for pods and for Services: which are allowed, which a local cluster takes, and
 * how agents hear of them. Read by the server's flags, `skerry up`, the API, node IPAM and the agents.
 *
 * Always: within 10.0.0.0/8, because an address is served on its alias, the same low 24 bits in 127.0.0.0/8; never in
 * 10.0.0.0/16, whose aliases are the box's own loopback addresses.
 */
import { type Cidr, contains, formatAddress, parseCidr } from './cidr.ts';

export interface AddressRanges {
  podCidr: string;
  serviceCidr: string;
}

export const DEFAULT_RANGES: Readonly<AddressRanges> = { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16' };

/** On each Node, written by node IPAM together with the node's own block; nodes may not change them. */
export const RANGE_ANNOTATIONS = { podCidr: 'skerry.dev/pod-cidr', serviceCidr: 'skerry.dev/service-cidr' } as const;

const PREFIX_MIN = 8;
const PREFIX_MAX: Readonly<Record<keyof AddressRanges, number>> = { podCidr: 20, serviceCidr: 24 };
const ALLOWED = parseCidr('10.0.0.0/8')!;
const LOOPBACK = parseCidr('10.0.0.0/16')!;

/** Why this block will not do, as the rest of a sentence that begins with its name. */
export function rangeProblem(range: keyof AddressRanges, text: string): string | undefined {
  const cidr = parseCidr(text);
  if (cidr?.base.family !== 4)
    return `takes an IPv4 block such as ${DEFAULT_RANGES[range]}, not ${JSON.stringify(text)}`;
  const canonical = `${formatAddress(cidr.base)}/${cidr.prefix}`;
  const max = PREFIX_MAX[range];
  if (cidr.prefix < PREFIX_MIN || cidr.prefix > max) return `takes a block from /${PREFIX_MIN} to /${max}, not ${text}`;
  if (canonical !== text) return `takes the first address of a block: ${canonical}, not ${text}`;
  if (!contains(ALLOWED, cidr.base)) return `takes a block within 10.0.0.0/8, not ${text}`;
  if (overlap(cidr, LOOPBACK))
    return `cannot contain 10.0.0.0/16, whose addresses stand for the box's own 127.0.0.0/16, as ${text} does`;
  return undefined;
}

export const overlap = (a: Cidr, b: Cidr): boolean => contains(a, b.base) || contains(b, a.base);

const PREFERRED_PORT = 6443;
const SERVICE_BLOCKS = 127;
const POD_BLOCKS = 128;

/**
 * The blocks of a local cluster: a port belongs to one cluster of the box, so clusters on neighbouring ports have blocks of
 * their own. 6443 has the defaults.
 */
export function rangesOfPort(port: number): AddressRanges {
  const offset = port - PREFERRED_PORT;
  const pods = 128 + modulo(116 + offset, POD_BLOCKS);
  // From 1: 10.0.0.0/16 is not allowed.
  const services = 1 + modulo(95 + offset, SERVICE_BLOCKS);
  return { podCidr: `10.${pods}.0.0/16`, serviceCidr: `10.${services}.0.0/16` };
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;
