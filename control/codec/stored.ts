/**
 * The stored form of an object: deterministic CBOR with an empty resourceVersion, whose place the revision takes when the
 * object is served. Equal objects are equal bytes, so a write that changes nothing is found by comparing.
 * Called by control/api only.
 */
import type { ApiObject } from '../machinery/meta.ts';
import { marked } from './cbor-body.ts';
import { CborError, decodeCbor } from './cbor-decode.ts';
import { encodeCbor } from './cbor-encode.ts';
import { resourceVersionOffset, splice } from './cbor-splice.ts';
import { cborToJson } from './cbor-to-json.ts';

export const encodeStored = (object: ApiObject): Uint8Array<ArrayBuffer> =>
  encodeCbor({ ...object, metadata: { ...object.metadata, resourceVersion: '' } });

/** Throws CborError when the bytes are damaged. */
export const decodeStored = (bytes: Uint8Array, revision: number): ApiObject => {
  const object = decodeCbor(bytes) as ApiObject;
  object.metadata.resourceVersion = String(revision);
  return object;
};

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
