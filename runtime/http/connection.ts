/**
 * One client's connection: heads and bodies in, one exchange at a time, answers out in order. Whatever is not exactly
 * HTTP/1.1 is answered 400 and cut off, because a proxy in front may have read it differently. Driven by the socket's
 * events and by server.ts's sweep for deadlines.
 */
import { monotonicMillis } from '../host/clock.ts';
import type { Connection } from '../host/net.ts';
import { endOfHead, fromLatin1, joined, latin1 } from '../host/text.ts';
import { createPushSource, emptySource, type PushSource, type Source, StreamFailed } from '../streams.ts';
import { BadBody, type BodyDecoder, createBodyDecoder } from './body.ts';
import { HEAD_BYTES_MAX, type Header, parseRequestHead, type RequestHead } from './head.ts';
import { createResponder, type Responder } from './responder.ts';

export interface Exchange {
  head: RequestHead;
  body: Source;
  /** Known once the body has ended. */
  trailers(): Header[] | undefined;
  response: Responder;
}

export interface ConnectionOptions {
  serve(exchange: Exchange): void;
  date(): string;
  /** The server is about to end: answers say that the connection ends with them. */
  leaving(): boolean;
  closed(): void;
}

export interface ServedConnection {
  /** Called now and then: cuts a connection whose time is up. */
  sweep(now: number): void;
  /** Ends the connection once the exchange under way is over. */
  drain(): void;
  destroy(): void;
  busy(): boolean;
}

const TIMEOUT_MS = { idle: 75_000, head: 15_000, body: 60_000, write: 60_000 };
const BODY_BYTES_MAX = 1_073_741_824;
const BODY_QUEUE_BYTES_MAX = 65_536;
const PIPELINE_BYTES_MAX = 65_536;
/** What is read and thrown away after a guest has answered without reading the body. */
const UNREAD_BYTES_MAX = 262_144;
const CONTINUE = fromLatin1('HTTP/1.1 100 Continue\r\n\r\n');
const NO_BYTES = new Uint8Array(0);

export function serveConnection(connection: Connection, options: ConnectionOptions): ServedConnection {
  let phase: 'head' | 'body' | 'answer' | 'over' = 'head';
  let pending: Uint8Array = NO_BYTES;
  let deadline = monotonicMillis() + TIMEOUT_MS.head;
  let draining = false;
  let inputEnded = false;
  let decoder: BodyDecoder | undefined;
  let body: PushSource | undefined;
  let discarding = false;
  let discarded = 0;
  let answered = false;
  let response: Responder | undefined;
  let paused = false;

  const pause = (yes: boolean) => {
    if (paused === yes) return;
    paused = yes;
    if (yes) connection.pause();
    else connection.resume();
  };
  const step = () => {
    while (phase !== 'over') {
      const before: string = phase;
      if (phase === 'head') takeHead();
      else if (phase === 'body') takeBody();
      else return pause(pending.length > PIPELINE_BYTES_MAX);
      if (phase === before) return;
    }
  };
  const takeHead = () => {
    if (pending.length === 0) return inputEnded || draining ? finishConnection() : undefined;
    let from = 0;
    if (pending[0] === 0x0d && pending[1] === 0x0a) from = 2;
    const end = endOfHead(pending, from);
    if (end > HEAD_BYTES_MAX || (end < 0 && pending.length > HEAD_BYTES_MAX))
      return refuse(431, 'the head is too long');
    if (end < 0) {
      if (hasBareLf(pending)) return refuse(400, 'a line ends in LF alone');
      return inputEnded ? finishConnection() : undefined;
    }
    const head = parseRequestHead(latin1(pending, from, end));
    pending = pending.subarray(end + 4);
    if ('refuse' in head) return refuse(head.refuse, head.reason);
    begin(head);
  };
  const begin = (head: RequestHead) => {
    answered = false;
    discarding = false;
    discarded = 0;
    response = createResponder({
      connection,
      method: head.method,
      minor: head.minor,
      keepAlive: () => head.keepAlive && !draining && !options.leaving(),
      date: options.date(),
      done: answerSent,
    });
    decoder = head.framing.kind === 'none' ? undefined : createBodyDecoder(head.framing, BODY_BYTES_MAX);
    body = decoder === undefined ? undefined : createBody(head.expectContinue);
    phase = decoder === undefined ? 'answer' : 'body';
    deadline = decoder === undefined ? Number.POSITIVE_INFINITY : monotonicMillis() + TIMEOUT_MS.body;
    const trailersOf = decoder;
    options.serve({ head, body: body ?? emptySource, trailers: () => trailersOf?.trailers(), response });
  };
  const createBody = (expectContinue: boolean): PushSource => {
    let promised = !expectContinue;
    const wanted = () => {
      if (!promised && !answered) connection.write(CONTINUE);
      promised = true;
      if (source.buffered() < BODY_QUEUE_BYTES_MAX && phase === 'body') pause(false);
    };
    const source = createPushSource(wanted, () => {
      discarding = true;
      if (phase === 'body') pause(false);
    });
    return source;
  };
  const takeBody = () => {
    try {
      const at = decoder!.take(pending, 0, part => {
        if (!discarding) return body!.push(part.slice());
        discarded += part.length;
      });
      pending = pending.subarray(at);
    } catch (error) {
      if (!(error instanceof BadBody)) throw error;
      body!.fail(new StreamFailed(error.message, 'HTTP-protocol-error'));
      // Where the next request begins is no longer known.
      return refuse(400, error.message);
    }
    if (decoder!.done()) {
      body!.end();
      phase = 'answer';
      deadline = Number.POSITIVE_INFINITY;
      if (answered) nextRequest();
      return;
    }
    deadline = monotonicMillis() + TIMEOUT_MS.body;
    if (answered && discarded > UNREAD_BYTES_MAX) return finishConnection();
    if (inputEnded) return lose('the connection ended before the body');
    if (!discarding) pause(body!.buffered() >= BODY_QUEUE_BYTES_MAX);
  };
  const answerSent = (keepAlive: boolean) => {
    answered = true;
    if (!keepAlive || phase === 'over') return finishConnection();
    if (phase === 'answer') {
      nextRequest();
      step();
    } else {
      discarding = true;
      pause(false);
    }
  };
  const nextRequest = () => {
    response = undefined;
    phase = 'head';
    deadline = monotonicMillis() + (pending.length > 0 ? TIMEOUT_MS.head : TIMEOUT_MS.idle);
    pause(false);
  };
  const refuse = (status: number, reason: string) => {
    const refusal =
      response ??
      createResponder({
        connection,
        method: '',
        minor: 1,
        keepAlive: () => false,
        date: options.date(),
        done: () => undefined,
      });
    refusal.refuse(status, reason);
    finishConnection();
  };
  const finishConnection = () => {
    phase = 'over';
    deadline = monotonicMillis() + TIMEOUT_MS.write;
    pause(false);
    connection.end();
  };
  const lose = (reason: string) => {
    phase = 'over';
    body?.fail(new StreamFailed(reason, 'connection-terminated'));
    response?.lost();
    connection.destroy();
  };

  connection.data = bytes => {
    if (phase === 'over') return;
    if (phase === 'head' && pending.length === 0) deadline = monotonicMillis() + TIMEOUT_MS.head;
    pending = pending.length === 0 ? bytes : joined(pending, bytes);
    step();
  };
  connection.ended = () => {
    inputEnded = true;
    step();
  };
  connection.drained = () => response?.unblocked();
  connection.closed = () => {
    lose('the connection was closed');
    options.closed();
  };
  return {
    sweep(now) {
      if (now < deadline) return;
      if (phase === 'head' && pending.length > 0) refuse(408, 'the head did not arrive in time');
      else if (phase === 'body' && paused) deadline = now + TIMEOUT_MS.body;
      else lose('timed out');
    },
    drain() {
      draining = true;
      if (phase === 'head' && pending.length === 0) finishConnection();
    },
    destroy: () => lose('the sandbox ends'),
    busy: () => phase === 'body' || phase === 'answer',
  };
}

function hasBareLf(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at - 1] !== 0x0d) return true;
  }
  return false;
}
