/**
 * Writes one HTTP/1.1 message: holds the head back until the first of the body is there, so that a short message leaves in
 * one write with its length; chunks what has no length; keeps a guest to the length it declared. Used by responder.ts and
 * client.ts.
 */
import { soon } from '../host/clock.ts';
import type { Connection } from '../host/net.ts';
import { fromLatin1, headAndBody } from '../host/text.ts';
import { createSignal, type Sink, StreamClosed, StreamFailed } from '../streams.ts';
import type { Header } from './head.ts';

export interface BodyWriter extends Sink {
  /** The whole body is written. Throws StreamFailed when that is not what the head promised. */
  finish(trailers?: readonly Header[]): void;
  /** The body will not be whole: the other side must be able to tell. */
  abort(): void;
}

export interface MessageWriter extends BodyWriter {
  /** The connection is gone. */
  lost(): void;
  /** The connection takes bytes again. */
  unblocked(): void;
}

/** How the head must describe the body; `close`: it ends with the connection. */
export type BodyFraming =
  | { kind: 'declared' }
  | { kind: 'length'; length: number }
  | { kind: 'chunked' }
  | { kind: 'close' };

export interface MessageOptions {
  connection: Connection;
  headers: readonly Header[];
  /** The message has a head only, whatever is written to it. */
  bodiless: boolean;
  mayChunk: boolean;
  head(framing: BodyFraming): string;
  /** Called once, when the last byte has been handed to the connection. */
  done(): void;
}

const QUEUE_BYTES_MAX = 65_536;
const CRLF = fromLatin1('\r\n');

export function createMessageWriter(options: MessageOptions): MessageWriter {
  const { connection, bodiless } = options;
  const declared = declaredLength(options.headers);
  const signal = createSignal();
  let queue: Uint8Array[] = [];
  let queued = 0;
  let total = 0;
  let scheduled = false;
  let sent = false;
  let chunked = false;
  let choked = false;
  let over = false;

  const send = (bytes: Uint8Array) => {
    if (!connection.write(bytes)) choked = true;
  };
  const framing = (whole: boolean): BodyFraming => {
    if (declared !== undefined) return { kind: 'declared' };
    if (whole) return { kind: 'length', length: total };
    chunked = options.mayChunk && !bodiless;
    return { kind: options.mayChunk ? 'chunked' : 'close' };
  };
  const flush = (whole: boolean) => {
    scheduled = false;
    if (over || (sent && queued === 0)) return;
    const text = sent ? '' : options.head(framing(whole));
    sent = true;
    if (chunked && queued > 0) queue = [fromLatin1(`${queued.toString(16)}\r\n`), ...queue, CRLF];
    const parts = queue;
    queue = [];
    queued = 0;
    send(headAndBody(text, parts));
    signal.notify();
  };
  const flushSoon = () => {
    if (scheduled) return;
    scheduled = true;
    soon(() => flush(false));
  };
  const stop = () => {
    over = true;
    signal.notify();
  };
  const cut = () => {
    if (over) return;
    stop();
    connection.destroy();
  };
  const room = () => {
    if (over) throw new StreamClosed();
    return choked ? 0 : Math.max(0, QUEUE_BYTES_MAX - queued);
  };
  // A body that is written slowly must not keep its head waiting.
  flushSoon();
  return {
    ready: () => over || room() > 0,
    listen: signal.listen,
    room,
    write(bytes) {
      if (over) throw new StreamClosed();
      total += bytes.length;
      if (declared !== undefined && total > declared && !bodiless) {
        cut();
        throw new StreamFailed('the body is longer than its head promised', 'HTTP-response-body-size');
      }
      if (bodiless || bytes.length === 0) return;
      queue.push(bytes);
      queued += bytes.length;
      flushSoon();
    },
    drained: () => over || (queued === 0 && !choked),
    close: () => undefined,
    finish(trailers = []) {
      if (over) return;
      if (declared !== undefined && total !== declared && !bodiless) {
        cut();
        throw new StreamFailed(`the body has ${total} bytes, its head promised ${declared}`, 'HTTP-response-body-size');
      }
      flush(true);
      if (chunked) send(fromLatin1(`0\r\n${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`));
      stop();
      options.done();
    },
    abort: cut,
    lost: stop,
    unblocked() {
      choked = false;
      signal.notify();
    },
  };
}

function declaredLength(headers: readonly Header[]): number | undefined {
  let length: number | undefined;
  for (const [name, value] of headers) {
    if (name.length !== 14 || name.toLowerCase() !== 'content-length') continue;
    if (length !== undefined || !/^\d{1,15}$/.test(value)) throw new StreamFailed('Content-Length is not one number');
    length = Number(value);
  }
  return length;
}
