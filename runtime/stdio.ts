/**
 * A guest's standard streams, carried over the thread's port. What the parent has not taken yet is bounded: then the guest
 * waits. Made by worker.ts.
 */
import { type FromThread, type OutputName, outputCost } from './protocol.ts';
import { createPushSource, createSignal, emptySource, type PushSource, type Sink } from './streams.ts';

const UNTAKEN_COST_MAX = 262_144;
const STDIN_LOW_WATER_BYTES = 65_536;

export interface Output extends Sink {
  taken(cost: number): void;
}

export function createOutput(name: OutputName, post: (message: FromThread) => void): Output {
  const signal = createSignal();
  let untaken = 0;
  return {
    ready: () => untaken < UNTAKEN_COST_MAX,
    listen: signal.listen,
    room: () => Math.max(0, UNTAKEN_COST_MAX - untaken),
    write(chunk) {
      if (chunk.length === 0) return;
      untaken += outputCost(chunk.length);
      // A view would be sent with all that it is a view of.
      const own = chunk.length === chunk.buffer.byteLength ? chunk : chunk.slice();
      post({ say: 'output', output: name, chunk: own });
    },
    drained: () => untaken < UNTAKEN_COST_MAX,
    close: () => undefined,
    taken(cost) {
      untaken -= cost;
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
