/**
 * wasi:io: errors, pollables and streams over the runtime's own Source, Sink and Waitable. The write and read calls that
 * every response makes take their numbers raw; the others are declared in shapes.
 */

import type { Guest, Resource } from '../../component/guest.ts';
import { blocking, type HostTable, rawBlocking, typed } from '../../component/host-function.ts';
import {
  bool,
  borrow,
  bytes,
  type Case,
  fail,
  list,
  ok,
  own,
  type Result,
  result,
  string,
  u32,
  u64,
  variant,
} from '../../component/shapes.ts';
import { Trap } from '../../exit.ts';
import { anyReady, type Sink, type Source, StreamClosed, StreamFailed, type Waitable } from '../../streams.ts';

export interface IoError extends Resource {
  kind: 'error';
  failure: StreamFailed;
}
export interface Pollable extends Resource {
  kind: 'pollable';
  on: Waitable;
}
export interface InputStream extends Resource {
  kind: 'input-stream';
  source: Source;
}
export interface OutputStream extends Resource {
  kind: 'output-stream';
  sink: Sink;
}

/** What one call moves at most, whatever the guest asks for. */
const CHUNK_BYTES_MAX = 65_536;
const POLLABLES_MAX = 4_096;

const ioError = own<IoError>('error');
export const pollable = own<Pollable>('pollable');
export const inputStream = own<InputStream>('input-stream');
export const outputStream = own<OutputStream>('output-stream');
const self = borrow<InputStream>('input-stream');
const out = borrow<OutputStream>('output-stream');
const streamError = variant<Case>({ 'last-operation-failed': ioError as never, closed: null });

export const toPollable = (on: Waitable, drop?: () => void): Pollable => ({ kind: 'pollable', on, drop });
export const toInput = (source: Source): InputStream => ({
  kind: 'input-stream',
  source,
  drop: () => source.close(),
});
export const toOutput = (sink: Sink): OutputStream => ({ kind: 'output-stream', sink, drop: () => sink.close() });

export function ioInterfaces(): HostTable {
  return {
    'wasi:io/error': {
      '[method]error.to-debug-string': typed([borrow<IoError>('error')], string, error => error.failure.message),
    },
    'wasi:io/poll': {
      '[method]pollable.ready': typed([borrow<Pollable>('pollable')], bool, p => p.on.ready()),
      '[method]pollable.block': blocking([borrow<Pollable>('pollable')], null, p =>
        p.on.ready() ? null : anyReady([p.on]).then(() => null),
      ),
      poll: blocking([list(borrow<Pollable>('pollable'))], list(u32), poll),
    },
    'wasi:io/streams': { ...inputs(), ...outputs() },
  };
}

function poll(pollables: Pollable[]): number[] | Promise<number[]> {
  if (pollables.length === 0) throw new Trap('poll of nothing would wait for ever');
  if (pollables.length > POLLABLES_MAX) throw new Trap(`poll of ${pollables.length} pollables`);
  const ready = () => pollables.flatMap((p, i) => (p.on.ready() ? [i] : []));
  const now = ready();
  return now.length > 0 ? now : anyReady(pollables.map(p => p.on)).then(ready);
}

function inputs() {
  const count = result(u64, streamError);
  const skip = (input: InputStream, length: bigint) => attempt(() => skipped(input.source.read(clamp(length))));
  const blockingRead = (input: InputStream, length: bigint) =>
    whenReady(length === 0n ? undefined : input.source, () => attempt(() => filled(input.source.read(clamp(length)))));
  return {
    '[method]input-stream.read': typed([self, u64], result(bytes, streamError), (input, length) =>
      attempt(() => filled(input.source.read(clamp(length)))),
    ),
    '[method]input-stream.blocking-read': blocking([self, u64], result(bytes, streamError), blockingRead),
    '[method]input-stream.skip': typed([self, u64], count, skip),
    '[method]input-stream.blocking-skip': blocking([self, u64], count, (input, length) =>
      whenReady(input.source, () => skip(input, length)),
    ),
    '[method]input-stream.subscribe': typed([self], pollable, input => toPollable(input.source)),
  };
}

function outputs() {
  const count = result(u64, streamError);
  const done = result(null, streamError);
  const write = (output: OutputStream, content: Uint8Array) =>
    attempt(() => {
      if (content.length > output.sink.room()) throw new Trap('the guest wrote more than check-write allowed');
      output.sink.write(content);
      return null;
    });
  const flushed = (output: OutputStream) => whenReady(drainedOf(output.sink), () => attempt(() => roomOf(output.sink)));
  return {
    '[method]output-stream.check-write': typed([out], count, output => attempt(() => BigInt(output.sink.room()))),
    '[method]output-stream.write': typed([out, bytes], done, write),
    '[method]output-stream.blocking-write-and-flush': rawBlocking(writeAndFlush),
    '[method]output-stream.flush': typed([out], done, output => attempt(() => roomOf(output.sink))),
    '[method]output-stream.blocking-flush': blocking([out], done, flushed),
    '[method]output-stream.subscribe': typed([out], pollable, output => toPollable(output.sink)),
    '[method]output-stream.write-zeroes': typed([out, u64], done, (output, length) =>
      write(output, new Uint8Array(clamp(length))),
    ),
    '[method]output-stream.blocking-write-zeroes-and-flush': blocking([out, u64], done, (output, length) =>
      writeAll(output.sink, new Uint8Array(clamp(length))),
    ),
    '[method]output-stream.splice': typed([out, self, u64], count, (output, input, length) =>
      attempt(() => splice(output.sink, input.source, length)),
    ),
    '[method]output-stream.blocking-splice': blocking([out, self, u64], count, (output, input, length) =>
      whenReady(input.source, () =>
        whenReady(output.sink, () => attempt(() => splice(output.sink, input.source, length))),
      ),
    ),
  };
}

/** The raw form of the call that carries every response's bytes. */
function writeAndFlush(guest: Guest) {
  const reply = (at: number, outcome: Result<null, Case>) => done.store(guest, at, outcome);
  const done = result(null, streamError);
  return (handle: number, from: number, length: number, pointer: number): void | Promise<void> => {
    const sink = guest.handles.get<OutputStream>(handle, 'output-stream').sink;
    const content = guest.bytes(from, length).slice();
    const at = pointer >>> 0;
    const outcome = writeAll(sink, content);
    if (outcome instanceof Promise) return outcome.then(late => reply(at, late));
    if (outcome.ok) guest.view().setUint8(at, 0);
    else reply(at, outcome);
  };
}

function writeAll(sink: Sink, content: Uint8Array): Result<null, Case> | Promise<Result<null, Case>> {
  const part = attempt(() => {
    const room = sink.room();
    if (room < content.length) return room;
    sink.write(content);
    return -1;
  });
  if (!part.ok) return part;
  if (part.value < 0) return ok(null);
  return writePart(sink, content, part.value);
}

async function writePart(sink: Sink, content: Uint8Array, room: number): Promise<Result<null, Case>> {
  if (room > 0) sink.write(content.subarray(0, room));
  await anyReady([sink]);
  return writeAll(sink, content.subarray(room));
}

function splice(sink: Sink, source: Source, length: bigint): bigint {
  const max = Math.min(clamp(length), sink.room());
  if (max === 0) return 0n;
  const part = filled(source.read(max));
  // A source's bytes may be a view of something larger that it still uses.
  if (part.length > 0) sink.write(part.slice());
  return BigInt(part.length);
}

function skipped(part: Uint8Array | null): bigint {
  return BigInt(filled(part).length);
}

function filled(part: Uint8Array | null): Uint8Array {
  if (part === null) throw new StreamClosed();
  return part;
}

/** Whether the sink still works; how much room it has is not asked. */
function roomOf(sink: Sink): null {
  sink.room();
  return null;
}

function drainedOf(sink: Sink): Waitable {
  return { ready: () => sink.drained(), listen: sink.listen };
}

function whenReady<T>(waitable: Waitable | undefined, then: () => T | Promise<T>): T | Promise<T> {
  return waitable === undefined || waitable.ready() ? then() : anyReady([waitable]).then(then);
}

function attempt<T>(call: () => T): Result<T, Case> {
  try {
    return ok(call());
  } catch (error) {
    if (error instanceof StreamClosed) return fail({ tag: 'closed' });
    if (error instanceof StreamFailed) {
      return fail({ tag: 'last-operation-failed', value: { kind: 'error', failure: error } satisfies IoError });
    }
    throw error;
  }
}

function clamp(length: bigint): number {
  return length > BigInt(CHUNK_BYTES_MAX) ? CHUNK_BYTES_MAX : Number(length);
}
