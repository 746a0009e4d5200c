/**
 * Our strict CBOR decoder, for our own bytes and for what clients send (KEP-4222). Called by codec/stored.ts, the store's
 * log and the API for `application/cbor` bodies.
 *
 * Always: rejects with CborError duplicate keys, NaN and infinities, invalid UTF-8, big numbers, excessive depth, lengths
 * past the end and surplus bytes; never allocates more than the input's size justifies; `__proto__` is an ordinary key.
 */
export const CBOR_DEPTH_MAX = 1024;

export class CborError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CborError';
  }
}

export interface DecodeOptions {
  /** Kubernetes' Go clients send text as byte strings, and bytes as byte strings with a base64 tag. Default: bytes are bytes. */
  wire?: boolean;
}

interface Input {
  bytes: Uint8Array;
  view: DataView;
  at: number;
  depth: number;
  wire: boolean;
}

export const decodeCbor = (bytes: Uint8Array, options: DecodeOptions = {}): unknown => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const input: Input = { bytes, view, at: 0, depth: 0, wire: options.wire ?? false };
  const value = read(input);
  if (input.at !== bytes.length) throw new CborError(`${bytes.length - input.at} bytes after the value`);
  return value;
};

const TAG_POSITIVE_BIGNUM = 2;
const TAG_NEGATIVE_BIGNUM = 3;
const TAG_BASE64 = 22;
const INDEFINITE = -1;

const read = (input: Input): unknown => {
  const initial = readByte(input);
  const argument = initial & 0x1f;
  switch (initial >> 5) {
    case 0:
      return readInteger(input, argument, false);
    case 1:
      return readInteger(input, argument, true);
    case 2:
      return input.wire ? readText(input, 2, argument) : readBytes(input, argument);
    case 3:
      return readText(input, 3, argument);
    case 4:
      return readList(input, readLength(input, argument));
    case 5:
      return readMap(input, readLength(input, argument));
    case 6:
      return readTagged(input, readLength(input, argument));
    default:
      return readSimple(input, argument);
  }
};

const readByte = (input: Input): number => {
  if (input.at >= input.bytes.length) throw new CborError('unexpected end');
  return input.bytes[input.at++]!;
};

const need = (input: Input, count: number): number => {
  const start = input.at;
  if (start + count > input.bytes.length) throw new CborError('unexpected end');
  input.at = start + count;
  return start;
};

const readLength = (input: Input, argument: number): number => {
  if (argument < 24) return argument;
  switch (argument) {
    case 24:
      return readByte(input);
    case 25:
      return input.view.getUint16(need(input, 2));
    case 26:
      return input.view.getUint32(need(input, 4));
    case 27: {
      const length = input.view.getBigUint64(need(input, 8));
      if (length > Number.MAX_SAFE_INTEGER) throw new CborError('length too large');
      return Number(length);
    }
    case 31:
      return INDEFINITE;
    default:
      throw new CborError(`reserved length ${argument}`);
  }
};

/** A number where that is exact, else a BigInt; from the wire always a number, rounded as JSON.parse rounds. */
const readInteger = (input: Input, argument: number, negative: boolean): number | bigint => {
  if (argument === 27) {
    const wide = input.view.getBigUint64(need(input, 8));
    const value = negative ? -1n - wide : wide;
    return input.wire || BigInt(Number(value)) === value ? Number(value) : value;
  }
  const value = readLength(input, argument);
  if (value === INDEFINITE) throw new CborError('integer without a value');
  return negative ? -1 - value : value;
};

const readSimple = (input: Input, argument: number): unknown => {
  switch (argument) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
    case 23:
      return null;
    case 25:
      return finite(input.view.getFloat16(need(input, 2)));
    case 26:
      return finite(input.view.getFloat32(need(input, 4)));
    case 27:
      return finite(input.view.getFloat64(need(input, 8)));
    default:
      throw new CborError(`unsupported simple value ${argument}`);
  }
};

const finite = (value: number): number => {
  if (!Number.isFinite(value)) throw new CborError(`${value} is not allowed`);
  return value;
};

const enter = (input: Input): void => {
  if (++input.depth > CBOR_DEPTH_MAX) throw new CborError(`nested deeper than ${CBOR_DEPTH_MAX}`);
};

/** An indefinite list or map ends with a break byte. */
const atEnd = (input: Input, length: number, done: number): boolean => {
  if (length !== INDEFINITE) return done >= length;
  if (input.bytes[input.at] !== 0xff) return false;
  input.at++;
  return true;
};

const readList = (input: Input, length: number): unknown[] => {
  enter(input);
  const list: unknown[] = [];
  for (let i = 0; !atEnd(input, length, i); i++) list.push(read(input));
  input.depth--;
  return list;
};

const readMap = (input: Input, length: number): Record<string, unknown> => {
  enter(input);
  const map: Record<string, unknown> = {};
  for (let i = 0; !atEnd(input, length, i); i++) {
    const key = readKey(input);
    if (Object.hasOwn(map, key)) throw new CborError(`duplicate field ${JSON.stringify(key)}`);
    if (key === '__proto__') {
      Object.defineProperty(map, key, { value: read(input), writable: true, enumerable: true, configurable: true });
    } else map[key] = read(input);
  }
  input.depth--;
  return map;
};

const readKey = (input: Input): string => {
  const initial = readByte(input);
  const major = initial >> 5;
  if (major !== 3 && !(major === 2 && input.wire)) throw new CborError('a key must be text');
  const argument = initial & 0x1f;
  if (argument === 31) return readText(input, major, argument);
  return decodeText(input, readLength(input, argument), keptKeys);
};

const readTagged = (input: Input, tag: number): unknown => {
  if (tag === TAG_POSITIVE_BIGNUM || tag === TAG_NEGATIVE_BIGNUM) throw new CborError('big numbers are not allowed');
  enter(input);
  const major = (input.bytes[input.at] ?? 0) >> 5;
  const value = tag === TAG_BASE64 && major === 2 ? readBytes(input, readByte(input) & 0x1f).toBase64() : read(input);
  input.depth--;
  return value;
};

const readBytes = (input: Input, argument: number): Uint8Array => {
  const length = readLength(input, argument);
  if (length !== INDEFINITE) {
    const start = need(input, length);
    return input.bytes.slice(start, start + length);
  }
  return new Uint8Array(chunks(input, 2).flatMap(chunk => [...chunk]));
};

const chunks = (input: Input, major: number): Uint8Array[] => {
  const parts: Uint8Array[] = [];
  while (!atEnd(input, INDEFINITE, 0)) {
    const initial = readByte(input);
    const length = initial >> 5 === major ? readLength(input, initial & 0x1f) : INDEFINITE;
    if (length === INDEFINITE) throw new CborError('malformed chunk');
    const start = need(input, length);
    parts.push(input.bytes.subarray(start, start + length));
  }
  return parts;
};

const readText = (input: Input, major: number, argument: number): string => {
  const length = readLength(input, argument);
  if (length !== INDEFINITE) return decodeText(input, length, keptValues);
  return chunks(input, major).map(utf8).join('');
};

/** Short strings that were seen before are taken from a small table, so that objects share them. */
const KEPT_LENGTH_MAX = 24;
const KEPT_SLOTS = 1024;
const keptKeys: string[] = new Array(KEPT_SLOTS).fill('');
const keptValues: string[] = new Array(KEPT_SLOTS).fill('');

const decodeText = (input: Input, length: number, kept: string[]): string => {
  const start = need(input, length);
  const { bytes } = input;
  if (length > KEPT_LENGTH_MAX) return utf8(bytes.subarray(start, start + length));
  let hash = length;
  for (let i = start; i < start + length; i++) hash = (hash * 31 + bytes[i]!) | 0;
  const slot = hash & (KEPT_SLOTS - 1);
  const candidate = kept[slot]!;
  if (candidate.length === length && sameAscii(candidate, bytes, start)) return candidate;
  const text = utf8(bytes.subarray(start, start + length));
  // Only text of one byte per character can be compared with bytes.
  if (text.length === length) kept[slot] = text;
  return text;
};

const sameAscii = (text: string, bytes: Uint8Array, start: number): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
};

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const utf8 = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new CborError('invalid UTF-8');
  }
};
