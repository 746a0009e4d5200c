/**
 * Stored objects have an empty `metadata.resourceVersion`, because the revision is known only once they are stored. Map
 * headers count pairs, not bytes, so the text can be put in without decoding. Called by codec/stored.ts and the API.
 */
import { CborError } from './cbor-decode.ts';

const METADATA = new TextEncoder().encode('metadata');
const RESOURCE_VERSION = new TextEncoder().encode('resourceVersion');
const EMPTY_TEXT = 0x60;

/** Where the empty resourceVersion of an object stands in its bytes; -1 when there is none. */
export const resourceVersionOffset = (bytes: Uint8Array): number => {
  const metadata = findValue(bytes, 0, METADATA);
  const offset = metadata < 0 ? -1 : findValue(bytes, metadata, RESOURCE_VERSION);
  return offset >= 0 && bytes[offset] === EMPTY_TEXT ? offset : -1;
};

/** A copy with `resourceVersion` (digits) in the place of the empty text at `offset`. */
export const splice = (bytes: Uint8Array, offset: number, resourceVersion: string): Uint8Array<ArrayBuffer> => {
  const { length } = resourceVersion;
  if (bytes[offset] !== EMPTY_TEXT || length > 23) throw new CborError('nothing to splice here');
  const spliced = new Uint8Array(bytes.length + length);
  spliced.set(bytes.subarray(0, offset));
  spliced[offset] = EMPTY_TEXT | length;
  for (let i = 0; i < length; i++) spliced[offset + 1 + i] = resourceVersion.charCodeAt(i);
  spliced.set(bytes.subarray(offset + 1), offset + 1 + length);
  return spliced;
};

/** Where the value of `key` starts in the map at `at`; -1 when it is no map or has no such key. Definite lengths only. */
const findValue = (bytes: Uint8Array, at: number, key: Uint8Array): number => {
  if (bytes[at] === undefined || bytes[at] >> 5 !== 5) return -1;
  let next = at + headerSize(bytes, at);
  for (let left = argumentOf(bytes, at); left > 0; left--) {
    const valueAt = skip(bytes, next);
    if (keyEquals(bytes, next, key)) return valueAt;
    next = skip(bytes, valueAt);
  }
  return -1;
};

const keyEquals = (bytes: Uint8Array, at: number, key: Uint8Array): boolean => {
  if (bytes[at] !== (EMPTY_TEXT | key.length)) return false;
  for (let i = 0; i < key.length; i++) if (bytes[at + 1 + i] !== key[i]) return false;
  return true;
};

const headerSize = (bytes: Uint8Array, at: number): number => {
  const argument = bytes[at]! & 0x1f;
  return argument < 24 ? 1 : argument === 24 ? 2 : argument === 25 ? 3 : argument === 26 ? 5 : 9;
};

const argumentOf = (bytes: Uint8Array, at: number): number => {
  const size = headerSize(bytes, at);
  if (size === 1) return bytes[at]! & 0x1f;
  let value = 0;
  for (let i = 1; i < size; i++) value = value * 256 + bytes[at + i]!;
  return value;
};

/** Past the item at `at`, and all inside it. */
const skip = (bytes: Uint8Array, at: number): number => {
  let next = at;
  for (let left = 1; left > 0; left--) {
    const initial = bytes[next];
    if (initial === undefined || (initial & 0x1f) > 27) throw new CborError('unexpected end or indefinite length');
    const major = initial >> 5;
    const size = headerSize(bytes, next);
    if (major === 2 || major === 3) next += size + argumentOf(bytes, next);
    else {
      if (major === 4) left += argumentOf(bytes, next);
      else if (major === 5) left += 2 * argumentOf(bytes, next);
      else if (major === 6) left += 1;
      next += size;
    }
  }
  return next;
};
