/**
 * One outgoing HTTP/1.1 request on a connection of its own, bodies streaming both ways. Where it may connect is decided by
 * the caller's `dial`. Called by wasi/preview2/http-client.ts.
 */
import { after } from '../host/clock.ts';
import type { Connection } from '../host/net.ts';
import { endOfHead, joined, latin1 } from '../host/text.ts';
import { createPushSource, type PushSource, type Source, StreamFailed } from '../streams.ts';
import { BadBody, type BodyDecoder, createBodyDecoder } from './body.ts';
import { HEAD_BYTES_MAX, type Header, parseResponseHead, type ResponseHead } from './head.ts';
import { type BodyFraming, type BodyWriter, createMessageWriter, type MessageWriter } from './writer.ts';

export interface ClientRequest {
  method: string;
  target: string;
  authority: string;
  headers: readonly Header[];
  firstByteMs: number;
  betweenBytesMs: number;
}

export interface ClientResponse {
  status: number;
  headers: Header[];
  body: Source;
  trailers(): Header[] | undefined;
}

export interface Sent {
  body: BodyWriter;
  /** Rejects with StreamFailed. */
  response: Promise<ClientResponse>;
  /** Nobody waits for the response any more. */
  cancel(): void;
}

const BODY_BYTES_MAX = 1_099_511_627_776;
const BODY_QUEUE_BYTES_MAX = 65_536;

export function send(connection: Connection, request: ClientRequest): Sent {
  const writer = createRequestWriter(connection, request);
  const { promise, resolve, reject } = Promise.withResolvers<ClientResponse>();
  let pending: Uint8Array = new Uint8Array(0);
  let decoder: BodyDecoder | undefined;
  let body: PushSource | undefined;
  let untilClose = false;
  let settled = false;
  let cancelTimer = after(request.firstByteMs, () => fail('HTTP-response-timeout', 'no answer in time'));

  const fail = (code: string, message: string) => {
    if (settled) return;
    settled = true;
    cancelTimer();
    writer.lost();
    connection.destroy();
    const failure = new StreamFailed(message, code);
    if (body === undefined) reject(failure);
    else body.fail(failure);
  };
  const finish = () => {
    settled = true;
    cancelTimer();
    body!.end();
    writer.lost();
    connection.destroy();
  };
  const rearm = () => {
    cancelTimer();
    cancelTimer = after(request.betweenBytesMs, () => fail('connection-read-timeout', 'the body stopped'));
  };
  const takeHead = () => {
    while (body === undefined && !settled) {
      const end = endOfHead(pending, 0);
      if (end < 0 && pending.length <= HEAD_BYTES_MAX) return;
      if (end < 0 || end > HEAD_BYTES_MAX) return fail('HTTP-response-header-section-size', 'the head is too long');
      const head = parseResponseHead(latin1(pending, 0, end), request.method);
      pending = pending.subarray(end + 4);
      if ('refuse' in head) return fail('HTTP-protocol-error', head.reason);
      if (head.status === 101) return fail('HTTP-upgrade-failed', 'the server changed the protocol unasked');
      if (head.status >= 200) answer(head);
    }
  };
  const answer = (head: ResponseHead) => {
    untilClose = head.framing.kind === 'until-close';
    const reading = createBodyDecoder(head.framing, BODY_BYTES_MAX);
    decoder = reading;
    body = createPushSource(wanted, () => fail('connection-terminated', 'the body was dropped'));
    resolve({ status: head.status, headers: head.headers, body, trailers: () => reading.trailers() });
  };
  const wanted = () => {
    if (body!.buffered() >= BODY_QUEUE_BYTES_MAX || settled) return;
    connection.resume();
    rearm();
  };
  const takeBody = () => {
    try {
      pending = pending.subarray(decoder!.take(pending, 0, part => body!.push(part.slice())));
    } catch (error) {
      if (error instanceof BadBody) return fail('HTTP-protocol-error', error.message);
      throw error;
    }
    if (decoder!.done()) return finish();
    rearm();
    if (body!.buffered() < BODY_QUEUE_BYTES_MAX) return;
    // While the guest does not read, the other side's silence is the guest's own doing.
    cancelTimer();
    connection.pause();
  };

  connection.data = bytes => {
    if (settled) return;
    pending = pending.length === 0 ? bytes : joined(pending, bytes);
    if (body === undefined) takeHead();
    if (body !== undefined && !settled) takeBody();
  };
  connection.ended = () => {
    if (body !== undefined && untilClose && !settled) finish();
    else fail(body === undefined ? 'connection-terminated' : 'HTTP-response-incomplete', 'the server closed early');
  };
  connection.drained = writer.unblocked;
  connection.closed = error => fail('connection-terminated', error?.message ?? 'the connection was closed');
  return { body: writer, response: promise, cancel: () => fail('connection-terminated', 'cancelled') };
}

function createRequestWriter(connection: Connection, request: ClientRequest): MessageWriter {
  const { method, target, authority, headers } = request;
  const bodyExpected = method === 'POST' || method === 'PUT' || method === 'PATCH';
  return createMessageWriter({
    connection,
    headers,
    bodiless: false,
    mayChunk: true,
    done: () => undefined,
    head(framing: BodyFraming) {
      let text = `${method} ${target} HTTP/1.1\r\nhost: ${authority}\r\n`;
      for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
      if (framing.kind === 'chunked') text += 'transfer-encoding: chunked\r\n';
      if (framing.kind === 'length' && (framing.length > 0 || bodyExpected)) {
        text += `content-length: ${framing.length}\r\n`;
      }
      return `${text}connection: close\r\n\r\n`;
    },
  });
}
