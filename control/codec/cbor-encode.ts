/**
 * Our deterministic CBOR encoder: RFC 8949 core. Keys are sorted by their encoded bytes, lengths are definite, numbers as
 * short as they go, text is text. Called by the store for what it logs and by codec/stored.ts for objects.
 *
 * Always: equal values are equal bytes, whatever the order of their keys; what JSON cannot say (undefined in objects) is
 * left out; what no reader could read back (NaN, too deep) throws CborError.
 */
import { CBOR_DEPTH_MAX, CborError } from './cbor-decode.ts';

/** The buffer is shared by all calls, which cannot overlap; a huge one is not kept. */
const KEPT_BYTES_MAX = 1024 * 1024;
let buffer = new Uint8Array(16 * 1024);
let view = new DataView(buffer.buffer);
let at = 0;

export const encodeCbor = (value: unknown): Uint8Array<ArrayBuffer> => {
  at = 0;
  write(value, 0);
  const bytes = buffer.slice(0, at);
  if (buffer.length > KEPT_BYTES_MAX) grow(16 * 1024);
  return bytes;
};

const grow = (size: number): void => {
  const larger = new Uint8Array(size);
  larger.set(buffer.subarray(0, Math.min(at, size)));
  buffer = larger;
  view = new DataView(buffer.buffer);
};

const reserve = (bytes: number): void => {
  if (at + bytes > buffer.length) grow(Math.max(buffer.length * 2, at + bytes));
};

const write = (value: unknown, depth: number): void => {
  if (typeof value === 'string') writeText(value);
  else if (typeof value === 'number') writeNumber(value);
  else if (value === true) writeByte(0xf5);
  else if (value === false) writeByte(0xf4);
  else if (value === null || value === undefined) writeByte(0xf6);
  else if (typeof value === 'bigint') writeBigInt(value);
  else if (typeof value !== 'object') throw new CborError(`cannot encode a ${typeof value}`);
  else if (depth >= CBOR_DEPTH_MAX) throw new CborError(`nested deeper than ${CBOR_DEPTH_MAX}`);
  else if (Array.isArray(value)) writeList(value, depth);
  else if (value instanceof Uint8Array) writeBytes(value);
  else writeMap(value as Record<string, unknown>, depth);
};

const writeByte = (byte: number): void => {
  reserve(1);
  buffer[at++] = byte;
};

/** `major` is the type in the upper three bits. */
const writeHeader = (major: number, length: number): void => {
  reserve(9);
  if (length < 24) buffer[at++] = major | length;
  else if (length < 0x100) {
    buffer[at++] = major | 24;
    buffer[at++] = length;
  } else if (length < 0x10000) {
    buffer[at++] = major | 25;
    view.setUint16(at, length);
    at += 2;
  } else if (length < 0x100000000) {
    buffer[at++] = major | 26;
    view.setUint32(at, length);
    at += 4;
  } else {
    buffer[at++] = major | 27;
    view.setBigUint64(at, BigInt(length));
    at += 8;
  }
};

const headerSize = (length: number): number => (length < 24 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 5);

const SHORT_TEXT = 48;
const encoder = new TextEncoder();

const writeText = (text: string): void => {
  const { length } = text;
  if (length > SHORT_TEXT) {
    writeLongText(text);
    return;
  }
  reserve(length + 2);
  const start = at;
  writeHeader(0x60, length);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) {
      at = start;
      writeLongText(text);
      return;
    }
    buffer[at++] = code;
  }
};

/** The header is guessed from the length in characters and moved when there turn out to be more bytes. */
const writeLongText = (text: string): void => {
  reserve(text.length * 3 + 9);
  const guess = headerSize(text.length);
  const { written } = encoder.encodeInto(text, buffer.subarray(at + guess));
  const size = headerSize(written);
  if (size !== guess) buffer.copyWithin(at + size, at + guess, at + guess + written);
  writeHeader(0x60, written);
  at += written;
};

const writeBytes = (bytes: Uint8Array): void => {
  writeHeader(0x40, bytes.length);
  reserve(bytes.length);
  buffer.set(bytes, at);
  at += bytes.length;
};

const writeNumber = (value: number): void => {
  if (Number.isSafeInteger(value)) {
    if (value >= 0) writeHeader(0x00, value);
    else writeHeader(0x20, -1 - value);
  } else if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) writeBigInt(BigInt(value));
  else writeFloat(value);
};

const writeBigInt = (value: bigint): void => {
  const positive = value >= 0n ? value : -1n - value;
  if (positive >= 2n ** 64n) throw new CborError('cannot encode an integer of more than 64 bits');
  if (positive <= Number.MAX_SAFE_INTEGER) {
    writeHeader(value >= 0n ? 0x00 : 0x20, Number(positive));
    return;
  }
  reserve(9);
  buffer[at++] = value >= 0n ? 0x1b : 0x3b;
  view.setBigUint64(at, positive);
  at += 8;
};

/** The shortest form that gives the same number back. */
const writeFloat = (value: number): void => {
  if (!Number.isFinite(value)) throw new CborError(`cannot encode ${value}`);
  reserve(9);
  if (Math.f16round(value) === value) {
    buffer[at++] = 0xf9;
    view.setFloat16(at, value);
    at += 2;
  } else if (Math.fround(value) === value) {
    buffer[at++] = 0xfa;
    view.setFloat32(at, value);
    at += 4;
  } else {
    buffer[at++] = 0xfb;
    view.setFloat64(at, value);
    at += 8;
  }
};

const writeList = (list: readonly unknown[], depth: number): void => {
  writeHeader(0x80, list.length);
  for (const item of list) write(item, depth + 1);
};

/** Encoded keys are kept: there are few different ones, and every object repeats them. */
const KEYS_KEPT_MAX = 4096;
const KEPT_KEY_LENGTH_MAX = 64;
const encodedKeys = new Map<string, Uint8Array>();

const encodeKey = (key: string): Uint8Array => {
  const known = encodedKeys.get(key);
  if (known !== undefined) return known;
  const start = at;
  writeText(key);
  const encoded = buffer.slice(start, at);
  at = start;
  if (key.length <= KEPT_KEY_LENGTH_MAX) {
    if (encodedKeys.size >= KEYS_KEPT_MAX) encodedKeys.clear();
    encodedKeys.set(key, encoded);
  }
  return encoded;
};

const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
};

const writeMap = (map: Record<string, unknown>, depth: number): void => {
  const keys: string[] = [];
  const encoded: Uint8Array[] = [];
  for (const key of Object.keys(map)) {
    if (map[key] === undefined) continue;
    // Insertion sort: maps are small, and what was decoded from our own bytes is sorted already.
    const bytes = encodeKey(key);
    let place = keys.length;
    while (place > 0 && compareBytes(encoded[place - 1]!, bytes) > 0) place--;
    if (place === keys.length) {
      keys.push(key);
      encoded.push(bytes);
    } else {
      keys.splice(place, 0, key);
      encoded.splice(place, 0, bytes);
    }
  }
  writeHeader(0xa0, keys.length);
  for (let i = 0; i < keys.length; i++) {
    const bytes = encoded[i]!;
    reserve(bytes.length);
    buffer.set(bytes, at);
    at += bytes.length;
    write(map[keys[i]!], depth + 1);
  }
};
