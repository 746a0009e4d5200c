/**
 * DER, as much of it as certificates need: a writer of elements and a strict reader (definite lengths in their shortest
 * form, nothing past the end). Called by x509.ts only.
 */
export class CertificateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CertificateError';
  }
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export type Bytes = Uint8Array<ArrayBuffer>;

// ── Writing ──

const element = (tag: number, ...parts: Uint8Array[]): Bytes => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const header = [tag, ...lengthBytes(length)];
  const out = new Uint8Array(header.length + length);
  out.set(header);
  let at = header.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

const lengthBytes = (length: number): number[] => {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
};

export const sequence = (...parts: Uint8Array[]): Bytes => element(TAG.sequence, ...parts);
export const setOf = (...parts: Uint8Array[]): Bytes => element(TAG.set, ...parts);
export const octetString = (...parts: Uint8Array[]): Bytes => element(TAG.octetString, ...parts);
export const bitString = (bytes: Uint8Array, unusedBits = 0): Bytes =>
  element(TAG.bitString, new Uint8Array([unusedBits]), bytes);
export const booleanTrue = (): Bytes => element(TAG.boolean, new Uint8Array([0xff]));
export const utf8 = (text: string, tag: number = TAG.utf8): Bytes => element(tag, new TextEncoder().encode(text));
/** `[n]` around whole elements. */
export const explicit = (n: number, ...parts: Uint8Array[]): Bytes => element(0xa0 | n, ...parts);
/** `[n]` in the place of a primitive element's own tag. */
export const implicit = (n: number, bytes: Uint8Array): Bytes => element(0x80 | n, bytes);

/** From the big-endian bytes of a number that is not negative. */
export const integer = (bytes: Uint8Array): Bytes => {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const short = bytes.subarray(start);
  return element(TAG.integer, ...(short[0]! >= 0x80 ? [new Uint8Array([0]), short] : [short]));
};

export const oid = (dotted: string): Bytes => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap(arc => {
    const groups = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
      groups.unshift(0x80 | (high & 0x7f));
    return groups;
  });
  return element(TAG.oid, new Uint8Array(bytes));
};

/** Two-digit years until 2049, four digits after, as RFC 5280 wants. */
export const time = (ms: number): Bytes => {
  const digits = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '');
  const short = Number(digits.slice(0, 4)) >= 1950 && Number(digits.slice(0, 4)) < 2050;
  return utf8(`${short ? digits.slice(2) : digits}Z`, short ? TAG.utcTime : TAG.generalizedTime);
};

// ── Reading ──

export interface Element {
  tag: number;
  content: Bytes;
  /** With its header: what signatures are over. */
  raw: Bytes;
}

/** The one element that `bytes` consist of. */
export const readElement = (bytes: Uint8Array): Element => {
  const elements = readAll(bytes);
  if (elements.length !== 1) throw new CertificateError('malformed DER: surplus or missing data');
  return elements[0]!;
};

/** The elements inside; throws unless `parent` has the expected tag. */
export const childrenOf = (parent: Element | undefined, tag: number = TAG.sequence): Element[] => {
  if (parent?.tag !== tag)
    throw new CertificateError(`malformed DER: expected tag ${tag}, found ${parent?.tag ?? 'nothing'}`);
  return readAll(parent.content);
};

export const contentOf = (parent: Element | undefined, tag: number): Bytes => {
  if (parent?.tag !== tag)
    throw new CertificateError(`malformed DER: expected tag ${tag}, found ${parent?.tag ?? 'nothing'}`);
  return parent.content;
};

const readAll = (bytes: Uint8Array): Element[] => {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { headerLength, length } = readHeader(bytes, at);
    const end = at + headerLength + length;
    if (end > bytes.length) throw new CertificateError('malformed DER: element past the end');
    const raw = bytes.slice(at, end) as Bytes;
    elements.push({ tag: bytes[at]!, content: raw.subarray(headerLength), raw });
    at = end;
  }
  return elements;
};

const readHeader = (bytes: Uint8Array, at: number): { headerLength: number; length: number } => {
  const first = bytes[at + 1];
  if (first === undefined || (bytes[at]! & 0x1f) === 0x1f) throw new CertificateError('malformed DER: header');
  if (first < 0x80) return { headerLength: 2, length: first };
  const count = first & 0x7f;
  if (count === 0 || count > 4 || at + 2 + count > bytes.length) throw new CertificateError('malformed DER: length');
  const length = bytes.subarray(at + 2, at + 2 + count).reduce((value, byte) => value * 256 + byte, 0);
  if (length < 0x80 || length < 256 ** (count - 1)) throw new CertificateError('malformed DER: length not shortest');
  return { headerLength: 2 + count, length };
};

export const readOid = (from: Element | undefined): string => {
  const bytes = contentOf(from, TAG.oid);
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of bytes) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw new CertificateError('malformed DER: object identifier');
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first, ...rest] = arcs;
  if (first === undefined || bytes.at(-1)! >= 0x80) throw new CertificateError('malformed DER: object identifier');
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
};

/** Whole bytes only: no certificate field that we read has a part of one. */
export const readBitString = (from: Element | undefined): Bytes => {
  const content = contentOf(from, TAG.bitString);
  if (content[0] !== 0) throw new CertificateError('malformed DER: bit string');
  return content.subarray(1);
};

const TEXT_TAGS: readonly number[] = [TAG.utf8, TAG.printable, TAG.ia5];

export const readText = (from: Element | undefined): string => {
  if (from === undefined || !TEXT_TAGS.includes(from.tag)) throw new CertificateError('malformed DER: expected text');
  return decodeText(from.content);
};

export const decodeText = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CertificateError('malformed DER: text is not UTF-8');
  }
};

export const readTime = (from: Element | undefined): number => {
  const short = from?.tag === TAG.utcTime;
  const text = decodeText(contentOf(from, short ? TAG.utcTime : TAG.generalizedTime));
  const digits = short ? (text < '5' ? '20' : '19') + text : text;
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (!found) throw new CertificateError('malformed DER: time');
  const [, year, month, day, hour, minute, second] = found.map(Number) as [number, ...number[]] & number[];
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
};
