/** An HTTP/2 stream as a web Response with back-pressure, and web bodies onto a stream. Used by http-transport. */
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';

export type Http2Body = Uint8Array | string | ReadableStream<Uint8Array>;

/** What may lie unread before the sender is told to wait. */
const BUFFER_BYTES = 256 * 1024;

export function responseOf(stream: ClientHttp2Stream, headers: IncomingHttpHeaders): Response {
  const status = Number(headers[':status']);
  const init = { status, headers: webHeaders(headers) };
  if (status === 204 || status === 205 || status === 304) {
    stream.resume();
    return new Response(null, init);
  }
  return new Response(bodyOf(stream), init);
}

function webHeaders(headers: IncomingHttpHeaders): Headers {
  const out = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) out.append(name, one);
  }
  return out;
}

function bodyOf(stream: ClientHttp2Stream): ReadableStream<Uint8Array<ArrayBuffer>> {
  let ended = false;
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: BUFFER_BYTES });
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        const end = (close: () => void) => {
          if (ended) return;
          ended = true;
          close();
        };
        stream.on('data', (chunk: Buffer<ArrayBuffer>) => {
          if (ended) return;
          controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
          if ((controller.desiredSize ?? 0) <= 0) stream.pause();
        });
        const lost = () => controller.error(new Error('the connection was lost'));
        // A stream that was cut says `end` too; only its code tells.
        stream.once('end', () => end(stream.rstCode === 0 && !stream.aborted ? () => controller.close() : lost));
        stream.once('error', error => end(() => controller.error(error)));
        // `close` without `end`: the connection died in the middle.
        stream.once('close', () => end(lost));
      },
      pull: () => void stream.resume(),
      cancel() {
        ended = true;
        stream.close();
        stream.destroy();
      },
    },
    strategy,
  );
}

export async function sendBody(stream: ClientHttp2Stream, body: Http2Body): Promise<void> {
  if (!(body instanceof ReadableStream)) {
    stream.end(body);
    return;
  }
  for await (const chunk of body) {
    if (stream.destroyed) return;
    if (!stream.write(chunk)) await drained(stream);
  }
  stream.end();
}

function drained(stream: ClientHttp2Stream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once('drain', resolve);
  stream.once('close', resolve);
  return promise;
}
