/**
 * Reads a request's body, bounded: what is larger than the limit is refused as soon as that is known.
 */
import { badRequest, failure } from '../machinery/status.ts';
import type { ApiContext } from './request.ts';

const BODY_BYTES_MAX = 3 * 1024 * 1024;

export async function readBody(c: ApiContext): Promise<Uint8Array<ArrayBuffer>> {
  const declared = c.req.header('content-length');
  // In-process callers hand over a body that is in memory already.
  if (declared !== undefined || c.env.identity !== undefined) {
    if (Number(declared ?? 0) > BODY_BYTES_MAX) throw tooLarge();
    const body = new Uint8Array(await c.req.raw.arrayBuffer().catch(gone));
    if (body.byteLength > BODY_BYTES_MAX) throw tooLarge();
    return body;
  }
  return readUnknownLength(c.req.raw.body);
}

/** The client went away in the middle: nobody will read the answer. */
const gone = (error: unknown): never => {
  throw badRequest(`unable to read the body: ${error instanceof Error ? error.message : error}`);
};

async function readUnknownLength(stream: ReadableStream<Uint8Array> | null): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream?.getReader();
  for (let piece = await reader?.read().catch(gone); piece?.value; piece = await reader?.read().catch(gone)) {
    length += piece.value.byteLength;
    if (length > BODY_BYTES_MAX) {
      reader?.cancel().catch(() => {});
      throw tooLarge();
    }
    chunks.push(piece.value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

const tooLarge = () => failure('RequestEntityTooLarge', `Request entity too large: limit is ${BODY_BYTES_MAX}`);
