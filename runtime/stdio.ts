/**
 * A guest's standard streams, carried over the thread's port. What the parent has not taken yet is bounded: then the guest
 * waits. Made by worker.ts.
 */
import type { FromThread, OutputName } from './protocol.ts';
import { createPushSource, createSignal, emptySource, type PushSource, type Sink } from './streams.ts';

const UNTAKEN_BYTES_MAX = 262_144;
const STDIN_LOW_WATER_BYTES = 65_536;

export interface Output extends Sink {
  taken(bytes: number): void;
}

export function createOutput(name: OutputName, post: (message: FromThread) => void): Output {
  const signal = createSignal();
  let untaken = 0;
  return {
    ready: () => untaken < UNTAKEN_BYTES_MAX,
    listen: signal.listen,
    room: () => Math.max(0, UNTAKEN_BYTES_MAX - untaken),
    write(chunk) {
      if (chunk.length === 0) return;
      untaken += chunk.length;
      post({ say: 'output', output: name, chunk });
    },
    drained: () => untaken < UNTAKEN_BYTES_MAX,
    close: () => undefined,
    taken(bytes) {
      untaken -= bytes;
      signal.notify();
    },
  };
}

export function createInput(given: boolean, post: (message: FromThread) => void): PushSource {
  if (!given)
    return { ...emptySource, push: () => undefined, end: () => undefined, fail: () => undefined, buffered: () => 0 };
  let asked = false;
  const source = createPushSource(
    () => {
      if (asked || source.buffered() >= STDIN_LOW_WATER_BYTES) return;
      asked = true;
      post({ say: 'want-stdin' });
    },
    () => undefined,
  );
  const push = source.push;
  return {
    ...source,
    push(chunk) {
      asked = false;
      push(chunk);
    },
    listen(callback) {
      // A guest that waits for input wants some.
      if (!source.ready()) source.read(0);
      return source.listen(callback);
    },
  };
}
