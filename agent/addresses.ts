/**
 * Which pod has which address of the node's range. Addresses are handed out round and round, so that one that was just given
 * back is not taken again at once (others may still believe in its old owner).
 *
 * Always: no address belongs to two pods; network, first (the node's own) and broadcast addresses are never given; what
 * another cluster on this box holds (`claim` answers nothing) is left to it.
 */
import { type Cidr, contains, parseAddress, parseCidr } from '../control/machinery/cidr.ts';

export interface Addresses {
  /** The pod's address, the same each time it asks; undefined when none is free or the range is not known yet. */
  take(uid: string): Promise<string | undefined>;
  release(uid: string): void;
  /** A restored pod gets what it had, if nobody else has it when it asks. */
  restore(uid: string, ip: string): void;
  /** The server has given this node its range, a part of the cluster's. */
  setRange(cidr: string, podCidr: string): void;
  readonly range: string | undefined;
  /** Where this host serves a pod's address; an address that no pod of the cluster can have, such as the box's own, is itself. */
  hostAlias(ip: string): string;
}

/** Takes an address for this process; answers how to give it back, or undefined when another process has it. */
export type Claim = (ip: string) => Promise<(() => void) | undefined>;

/** Network address and the one kept for the node. */
const RESERVED_LOW = 2;

interface Owned {
  ip: string;
  giveBack?: () => void;
}

export function createAddresses(claim: Claim): Addresses {
  const owners = new Map<string, string>();
  const owned = new Map<string, Owned>();
  let cluster: Cidr | undefined;
  let range: { cidr: string; base: number; size: number } | undefined;
  let cursor = RESERVED_LOW;

  const assign = (uid: string, ip: string): Owned => {
    const entry = { ip };
    owners.set(ip, uid);
    owned.set(uid, entry);
    return entry;
  };
  const release = (uid: string): void => {
    const entry = owned.get(uid);
    if (!entry) return;
    entry.giveBack?.();
    owned.delete(uid);
    owners.delete(entry.ip);
  };
  /** The next one that no pod here has. */
  const nextFree = (): string | undefined => {
    if (!range) return undefined;
    for (let tried = 0; tried < range.size; tried++) {
      const ip = addressText(range.base + cursor);
      cursor = cursor + 1 >= range.size - 1 ? RESERVED_LOW : cursor + 1;
      if (!owners.has(ip)) return ip;
    }
    return undefined;
  };

  return {
    release,
    get range() {
      return range?.cidr;
    },
    setRange(cidr, podCidr) {
      cluster = parseCidr(podCidr);
      if (cidr !== range?.cidr) range = { cidr, ...parseRange(cidr) };
    },
    hostAlias(ip) {
      const address = parseAddress(ip);
      return cluster && address && contains(cluster, address) ? aliasOf(ip) : ip;
    },
    async take(uid) {
      for (let tried = 0; tried <= (range?.size ?? 0); tried++) {
        const free = owned.has(uid) ? undefined : nextFree();
        const entry = owned.get(uid) ?? (free === undefined ? undefined : assign(uid, free));
        if (!entry || entry.giveBack) return entry?.ip;
        entry.giveBack = await claim(entry.ip);
        if (entry.giveBack) return entry.ip;
        release(uid);
      }
      return undefined;
    },
    restore(uid, ip) {
      if (!owners.has(ip)) assign(uid, ip);
    },
  };
}

function parseRange(cidr: string): { base: number; size: number } {
  const [ip = '', bits = ''] = cidr.split('/');
  const base = ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return { base, size: 2 ** (32 - Number(bits)) };
}

const addressText = (address: number): string =>
  [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.');

/** Where a host really listens for an address of the cluster: the same low 24 bits in 127/8, which needs no root. */
export const aliasOf = (ip: string): string => `127.${ip.split('.').slice(1).join('.')}`;
