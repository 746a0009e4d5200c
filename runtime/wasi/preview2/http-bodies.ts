/** The bodies of wasi:http messages: those that arrive, and those a guest writes before or after they have somewhere to go. */
import type { Resource } from '../../component/guest.ts';
import { type HostInterface, typed } from '../../component/host-function.ts';
import { borrow, type Case, fail, ok, option, own, type Result, result } from '../../component/shapes.ts';
import { Trap } from '../../exit.ts';
import type { Header } from '../../http/head.ts';
import type { BodyWriter } from '../../http/writer.ts';
import { createSignal, type Sink, type Source, StreamClosed, StreamFailed } from '../../streams.ts';
import { errorCode, type Fields, fields, received, toErrorCode } from './http-fields.ts';
import { inputStream, outputStream, pollable, toInput, toOutput, toPollable } from './io.ts';

export interface IncomingBody extends Resource {
  kind: 'incoming-body';
  source: Source;
  trailers(): Header[] | undefined;
  streaming: boolean;
}
interface FutureTrailers extends Resource {
  kind: 'future-trailers';
  trailers(): Header[] | undefined;
  got: boolean;
}
export interface OutgoingBody extends Resource {
  kind: 'outgoing-body';
  writer: DeferredWriter;
  streaming: boolean;
}

/** Holds a little until `attach` says where it goes. */
interface DeferredWriter extends Sink {
  attach(target: BodyWriter): void;
  finish(trailers?: readonly Header[]): void;
  abort(): void;
}

const HELD_BYTES_MAX = 65_536;
const incomingBody = own<IncomingBody>('incoming-body');
const outgoingBody = own<OutgoingBody>('outgoing-body');
const futureTrailers = own<FutureTrailers>('future-trailers');

export function toIncomingBody(source: Source, trailers: () => Header[] | undefined): IncomingBody {
  return { kind: 'incoming-body', source, trailers, streaming: false, drop: () => source.close() };
}

export function createOutgoingBody(): OutgoingBody {
  const writer = createDeferredWriter();
  return { kind: 'outgoing-body', writer, streaming: false, drop: () => writer.abort() };
}

export function bodyFunctions(): HostInterface {
  const future = borrow<FutureTrailers>('future-trailers');
  return {
    '[method]incoming-body.stream': typed([borrow<IncomingBody>('incoming-body')], result(inputStream, null), body => {
      if (body.streaming) return fail(null);
      body.streaming = true;
      return ok(toInput(body.source));
    }),
    '[static]incoming-body.finish': typed([incomingBody], futureTrailers, body => {
      body.drop?.();
      return { kind: 'future-trailers', trailers: body.trailers, got: false };
    }),
    '[method]future-trailers.subscribe': typed([future], pollable, () => toPollable(always)),
    '[method]future-trailers.get': typed(
      [future],
      option(result(result(option(fields), errorCode), null)),
      (f): Result<Result<Fields | undefined, Case>, null> => {
        if (f.got) return fail(null);
        f.got = true;
        const trailers = f.trailers();
        return ok(ok(trailers === undefined ? undefined : received(trailers)));
      },
    ),
    '[method]outgoing-body.write': typed([borrow<OutgoingBody>('outgoing-body')], result(outputStream, null), body => {
      if (body.streaming) return fail(null);
      body.streaming = true;
      return ok(toOutput(body.writer));
    }),
    '[static]outgoing-body.finish': typed([outgoingBody, option(fields)], result(null, errorCode), finish),
  };
}

const always = { ready: () => true, listen: () => () => undefined };

function finish(body: OutgoingBody, trailers: Fields | undefined): Result<null, Case> {
  try {
    body.writer.finish(trailers?.entries);
    return ok(null);
  } catch (error) {
    if (error instanceof StreamFailed) return fail(toErrorCode(error.code, error.message));
    throw error;
  }
}

function createDeferredWriter(): DeferredWriter {
  const signal = createSignal();
  let target: BodyWriter | undefined;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let end: { trailers: readonly Header[] | undefined } | 'aborted' | undefined;
  const room = () => {
    if (end !== undefined) throw new StreamClosed();
    return target === undefined ? HELD_BYTES_MAX - heldBytes : target.room();
  };
  return {
    attach(to) {
      if (target !== undefined) throw new Trap('a body is sent twice');
      target = to;
      for (const chunk of held) to.write(chunk);
      held = [];
      if (end === 'aborted') to.abort();
      else if (end !== undefined) to.finish(end.trailers);
      signal.notify();
    },
    ready: () => end !== undefined || (target === undefined ? heldBytes < HELD_BYTES_MAX : target.ready()),
    listen(callback) {
      const stop = signal.listen(callback);
      const stopTarget = target?.listen(callback);
      return () => {
        stop();
        stopTarget?.();
      };
    },
    room,
    write(chunk) {
      if (end !== undefined) throw new StreamClosed();
      if (target !== undefined) return target.write(chunk);
      held.push(chunk);
      heldBytes += chunk.length;
    },
    drained: () => end !== undefined || target === undefined || target.drained(),
    close: () => undefined,
    finish(trailers) {
      if (end !== undefined) return;
      end = { trailers };
      signal.notify();
      target?.finish(trailers);
    },
    abort() {
      if (end !== undefined) return;
      end = 'aborted';
      signal.notify();
      target?.abort();
    },
  };
}
