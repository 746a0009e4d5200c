/**
 * IP addresses and CIDR blocks as numbers, IPv4 and IPv6: pod and service address allocation, network policy.
 * Always: an address parses only when it is written without leading zeros or surplus; text out is canonical.
 */
export interface Address {
  family: 4 | 6;
  value: bigint;
}

export interface Cidr {
  base: Address;
  prefix: number;
}

export const parseAddress = (text: string): Address | undefined => (text.includes(':') ? parseV6(text) : parseV4(text));

/** The host bits are dropped: `10.0.0.7/8` is `10.0.0.0/8`. */
export const parseCidr = (text: string): Cidr | undefined => {
  const found = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const address = found ? parseAddress(found[1]!) : undefined;
  const prefix = found ? Number(found[2]) : 0;
  if (!address || prefix > bits(address)) return undefined;
  const hostBits = BigInt(bits(address) - prefix);
  return { base: { ...address, value: (address.value >> hostBits) << hostBits }, prefix };
};

export const contains = (cidr: Cidr, address: Address): boolean => {
  const hostBits = BigInt(bits(cidr.base) - cidr.prefix);
  return cidr.base.family === address.family && address.value >> hostBits === cidr.base.value >> hostBits;
};

/** How many addresses it has. */
export const sizeOf = (cidr: Cidr): bigint => 1n << BigInt(bits(cidr.base) - cidr.prefix);

/** The address `index` places after the first. */
export const addressAt = (cidr: Cidr, index: bigint | number): string =>
  formatAddress({ ...cidr.base, value: cidr.base.value + BigInt(index) });

/** The `index`th block of the given size inside: `10.244.0.0/16` cut by 24 at 3 is `10.244.3.0/24`. */
export const subnetAt = (cidr: Cidr, prefix: number, index: number): string =>
  `${addressAt(cidr, BigInt(index) << BigInt(bits(cidr.base) - prefix))}/${prefix}`;

export const formatAddress = ({ family, value }: Address): string => {
  if (family === 4) return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  // RFC 5952: the longest run of two or more zero groups, the first of equals, is written as `::`.
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)];
  const longest = runs.sort((a, b) => b[0].length - a[0].length || a.index - b.index)[0];
  const text = groups.join(':');
  if (!longest) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
};

const bits = (address: Address): number => (address.family === 4 ? 32 : 128);

const parseV4 = (text: string): Address | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return { family: 4, value: parts.reduce((value, part) => value * 256n + BigInt(part), 0n) };
};

const parseV6 = (text: string): Address | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(half => (half === '' ? [] : half.split(':'))) as [string[], string[] | undefined];
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: tail ? missing : 0 }, () => '0'), ...(tail ?? [])];
  if (!groups.every(group => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return { family: 6, value: groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n) };
};
