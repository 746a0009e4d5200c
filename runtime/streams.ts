/**
 * Bytes in motion between guests and the host: what may be waited for, read from and written to. Both ends are pulled or
 * bounded, so a fast side can never fill the host's memory on behalf of a slow one. Made by http/, files, stdio and clocks;
 * served to guests by wasi/.
 */
export interface Waitable {
  ready(): boolean;
  /** Calls back once something may have changed; answers how to stop listening. */
  listen(callback: () => void): () => void;
}

export interface Source extends Waitable {
  /** Up to `max` bytes; empty when there are none now, null at the end. Throws StreamFailed. */
  read(max: number): Uint8Array | null;
  close(): void;
}

export interface Sink extends Waitable {
  /** How many bytes `write` takes now. Throws StreamFailed, or StreamClosed when nobody reads any more. */
  room(): number;
  /** The bytes are the sink's from here on. */
  write(bytes: Uint8Array): void;
  /** True when everything written has left. */
  drained(): boolean;
  close(): void;
}

export class StreamClosed extends Error {}
/** `code` is the interface's own name for the failure, where it has one. */
export class StreamFailed extends Error {
  readonly code: string | undefined;
  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

export interface Signal {
  listen(callback: () => void): () => void;
  notify(): void;
}

export function createSignal(): Signal {
  let listeners: Set<() => void> | undefined;
  return {
    listen(callback) {
      listeners ??= new Set();
      listeners.add(callback);
      return () => listeners?.delete(callback);
    },
    notify() {
      if (listeners === undefined || listeners.size === 0) return;
      const called = listeners;
      listeners = undefined;
      for (const callback of called) callback();
    },
  };
}

/** Resolves when the first of them is ready; at once when one is. Leaves no listener behind. */
export async function anyReady(waitables: readonly Waitable[]): Promise<void> {
  while (!waitables.some(waitable => waitable.ready())) {
    await new Promise<void>(resolve => {
      const stops: (() => void)[] = [];
      const done = () => {
        for (const stop of stops) stop();
        resolve();
      };
      for (const waitable of waitables) stops.push(waitable.listen(done));
    });
  }
}

const never = () => () => undefined;

/** Nothing to read: stdin of a guest that was given none, the body of a request without one. */
export const emptySource: Source = { ready: () => true, listen: never, read: () => null, close: () => undefined };

/** A source that is fed by pushing; `wanted` is called when less than `lowWater` bytes are left. */
export interface PushSource extends Source {
  push(bytes: Uint8Array): void;
  end(): void;
  fail(error: StreamFailed): void;
  buffered(): number;
}

export function createPushSource(wanted: () => void, onClose: () => void): PushSource {
  const chunks: Uint8Array[] = [];
  const signal = createSignal();
  let bytes = 0;
  let ended = false;
  let failure: StreamFailed | undefined;
  const take = (max: number): Uint8Array => {
    const first = chunks[0]!;
    const part = first.length <= max ? first : first.subarray(0, max);
    if (first.length <= max) chunks.shift();
    else chunks[0] = first.subarray(max);
    bytes -= part.length;
    return part;
  };
  return {
    ready: () => bytes > 0 || ended || failure !== undefined,
    listen: signal.listen,
    buffered: () => bytes,
    read(max) {
      if (bytes > 0) {
        const part = take(max);
        wanted();
        return part;
      }
      if (failure !== undefined) throw failure;
      if (ended) return null;
      wanted();
      return new Uint8Array(0);
    },
    push(chunk) {
      if (chunk.length === 0) return;
      chunks.push(chunk);
      bytes += chunk.length;
      signal.notify();
    },
    end() {
      ended = true;
      signal.notify();
    },
    fail(error) {
      failure ??= error;
      signal.notify();
    },
    close: onClose,
  };
}
