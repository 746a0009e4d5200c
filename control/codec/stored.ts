/**
 * The stored form of an object: deterministic CBOR with an empty resourceVersion, whose place the revision takes when the
 * object is served. Equal objects are equal bytes, so a write that changes nothing is found by comparing.
 * Called by control/api only.
 */
import { Decoder } from 'cbor-x';
import type { ApiObject } from '../machinery/meta.ts';
import { marked } from './cbor-body.ts';
import { CborError, decodeCbor } from './cbor-decode.ts';
import { encodeCbor } from './cbor-encode.ts';
import { resourceVersionOffset, splice } from './cbor-splice.ts';
import { cborToJson } from './cbor-to-json.ts';

export const encodeStored = (object: ApiObject): Uint8Array<ArrayBuffer> =>
  encodeCbor({ ...object, metadata: { ...object.metadata, resourceVersion: '' } });

/**
 * Reads what encodeStored wrote faster than the strict decoder, which is for bytes from outside. It reads a few things
 * otherwise than they were written, and the strict decoder takes those: 64-bit integers (BigInt, or 0 when negative) and
 * one key that it renames.
 */
const fast = new Decoder({ useRecords: false, mapsAsObjects: true });
const HEADS_OF_64_BIT_INTEGERS = [0x1b, 0x3b];
const RENAMED_KEY = '__proto__';

/** Throws CborError when the bytes are damaged. */
export const decodeStored = (bytes: Uint8Array, revision: number): ApiObject => {
  const object = isPlain(bytes) ? decodeFast(bytes) : (decodeCbor(bytes) as ApiObject);
  object.metadata.resourceVersion = String(revision);
  return object;
};

function decodeFast(bytes: Uint8Array): ApiObject {
  try {
    return fast.decode(bytes) as ApiObject;
  } catch (error) {
    throw new CborError(`a stored object is damaged: ${(error as Error).message}`);
  }
}

/** Errs on the careful side: these bytes may as well be part of a text. */
const isPlain = (bytes: Uint8Array): boolean =>
  HEADS_OF_64_BIT_INTEGERS.every(head => !bytes.includes(head)) &&
  !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(RENAMED_KEY);

/** JSON text in UTF-8. */
export const storedToJson = (bytes: Uint8Array, revision: number): Uint8Array<ArrayBuffer> =>
  cborToJson(bytes, String(revision));

/** For clients that take `application/cbor`: the stored bytes, hardly touched. `bare` leaves the mark out, for items of lists. */
export const storedToCbor = (bytes: Uint8Array, revision: number, bare = false): Uint8Array<ArrayBuffer> => {
  const offset = resourceVersionOffset(bytes);
  if (offset < 0) throw new CborError('a stored object has no empty resourceVersion');
  const spliced = splice(bytes, offset, String(revision));
  return bare ? spliced : marked(spliced);
};
