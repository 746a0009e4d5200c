/**
 * `application/cbor` as request and response bodies (KEP-4222): a value behind CBOR's own mark, tag 55799.
 * Called by the API where it would otherwise read or write JSON.
 */
import { badRequest } from '../machinery/status.ts';
import { CborError, decodeCbor } from './cbor-decode.ts';
import { encodeCbor } from './cbor-encode.ts';
import type { ParsedJson } from './json.ts';

/** What Kubernetes' clients look for at the start. */
const SELF_DESCRIBED = Uint8Array.of(0xd9, 0xd9, 0xf7);

/** Throws BadRequest; keys that come twice are refused at once, so none are reported. */
export const parseCbor = (body: Uint8Array): ParsedJson => {
  try {
    return { value: decodeCbor(body, { wire: true }), duplicateFields: [] };
  } catch (error) {
    if (error instanceof CborError) throw badRequest(`error decoding the body: cbor: ${error.message}`);
    throw error;
  }
};

export const cborBody = (value: unknown): Uint8Array<ArrayBuffer> => marked(encodeCbor(value));

export const marked = (cbor: Uint8Array): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(SELF_DESCRIBED.length + cbor.length);
  bytes.set(SELF_DESCRIBED);
  bytes.set(cbor, SELF_DESCRIBED.length);
  return bytes;
};
