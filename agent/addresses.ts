/**
 * Which pod has which address of the node's range. Addresses are handed out round and round, so that one that was just given
 * back is not taken again at once (others may still believe in its old owner).
 *
 * Always: no address belongs to two pods; network, first (the node's own) and broadcast addresses are never given.
 */
export interface Addresses {
  /** The pod's address, the same each time it asks; undefined when none is free or the range is not known yet. */
  take(uid: string): string | undefined;
  release(uid: string): void;
  /** A restored pod keeps what it had. False when another has it. */
  restore(uid: string, ip: string): boolean;
  /** The server has given this node its range. */
  setRange(cidr: string): void;
  readonly range: string | undefined;
}

/** Network address and the one kept for the node. */
const RESERVED_LOW = 2;

export function createAddresses(): Addresses {
  const owners = new Map<string, string>();
  const addresses = new Map<string, string>();
  let range: { cidr: string; base: number; size: number } | undefined;
  let cursor = RESERVED_LOW;

  const assign = (uid: string, ip: string): string => {
    owners.set(ip, uid);
    addresses.set(uid, ip);
    return ip;
  };

  return {
    get range() {
      return range?.cidr;
    },
    setRange(cidr) {
      if (cidr !== range?.cidr) range = { cidr, ...parseRange(cidr) };
    },
    take(uid) {
      const had = addresses.get(uid);
      if (had || !range) return had;
      const usable = range.size - RESERVED_LOW - 1;
      for (let tried = 0; tried < usable; tried++) {
        const ip = addressText(range.base + cursor);
        cursor = cursor + 1 >= range.size - 1 ? RESERVED_LOW : cursor + 1;
        if (!owners.has(ip)) return assign(uid, ip);
      }
      return undefined;
    },
    release(uid) {
      const ip = addresses.get(uid);
      if (ip === undefined) return;
      addresses.delete(uid);
      owners.delete(ip);
    },
    restore(uid, ip) {
      const owner = owners.get(ip);
      if (owner !== undefined && owner !== uid) return false;
      assign(uid, ip);
      return true;
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

/** Where this host really listens for a pod's address: the same low 24 bits in 127/8, which needs no root. */
export const hostAlias = (ip: string): string =>
  ip.startsWith('10.') ? `127.${ip.split('.').slice(1).join('.')}` : ip;
