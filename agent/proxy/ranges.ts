/**
 * What an address is to a pod: the pod itself, another pod, a Service, forbidden, or anything else. Pure.
 *
 * Always: what a pod names as loopback is the pod's own address; the box's loopback, where the aliases of all other pods
 * are, can be reached through the tables only.
 */
import {
  type Address,
  type Cidr,
  contains,
  formatAddress,
  parseAddress,
  parseCidr,
} from '../../control/machinery/cidr.ts';
import { aliasOf } from '../addresses.ts';

type Place = 'own' | 'pod' | 'service' | 'forbidden' | 'plain';

export interface Ranges {
  /** Undefined when `text` is no address but a name. */
  place(text: string): { is: Place; address: string } | undefined;
  /** Where this host listens for a pod's or Service's address: the same low 24 bits in 127/8, which needs no root. */
  alias(address: string): string;
  /** The pod's address behind an alias; other addresses are their own. */
  original(alias: string): string;
}

const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`"${text}" is not a CIDR block`);
  return parsed;
};
const OWN = ['127.0.0.0/8', '0.0.0.0/32', '::1/128', '::/128'].map(cidr);
/** Link-local (cloud metadata among it), multicast, reserved, and IPv6 forms that hide an IPv4 address. */
const FORBIDDEN = ['169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4', '0.0.0.0/8', 'fe80::/10', 'ff00::/8', '::/96'].map(
  cidr,
);
const MAPPED = cidr('::ffff:0:0/96');

export function createRanges(podCidr: string, serviceCidr: string): Ranges {
  const pods = cidr(podCidr);
  const services = cidr(serviceCidr);
  const within = (blocks: readonly Cidr[], address: Address) => blocks.some(block => contains(block, address));
  const placeOf = (address: Address): Place => {
    if (within(OWN, address)) return 'own';
    if (within(FORBIDDEN, address)) return 'forbidden';
    if (contains(pods, address)) return 'pod';
    return contains(services, address) ? 'service' : 'plain';
  };

  return {
    place(text) {
      const parsed = parseAddress(hexTail(text));
      if (!parsed) return undefined;
      const address: Address = contains(MAPPED, parsed) ? { family: 4, value: parsed.value & 0xffff_ffffn } : parsed;
      return { is: placeOf(address), address: formatAddress(address) };
    },
    alias(text) {
      const address = parseAddress(text);
      if (!address || !(contains(pods, address) || contains(services, address))) return text;
      return aliasOf(text);
    },
    original(alias) {
      const text = alias.startsWith('127.') ? `${podCidr.split('.')[0]}.${alias.slice('127.'.length)}` : alias;
      const address = parseAddress(text);
      return address && contains(pods, address) ? text : alias;
    },
  };
}

/** `::ffff:10.0.0.1` as `::ffff:a00:1`. */
function hexTail(text: string): string {
  const match = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (!match) return text;
  const [a, b, c, d] = match.slice(2).map(Number) as [number, number, number, number];
  return a > 255 || b > 255 || c > 255 || d > 255
    ? text
    : `${match[1]}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
