/**
 * Keys that wait to be worked on. Queues carry keys, never events: whoever works on a key reads the world again.
 *
 * Always: a key waits at most once and is worked on by at most one worker at a time; a key added while it is being worked
 * on is worked on again afterwards; keys are taken in the order in which they came. Nothing runs while nothing waits.
 */
import type { Clock, Dice } from '../platform/types.ts';
import { createKeyedBackoff } from './backoff.ts';

const RETRY_INITIAL_MS = 10;
const RETRY_MAX_MS = 60_000;

export interface WorkQueueOptions {
  clock: Clock;
  dice: Pick<Dice, 'random'>;
  signal: AbortSignal;
  concurrency?: number;
  retryInitialMs?: number;
  retryMaxMs?: number;
}

export interface WorkQueue {
  add(key: string): void;
  /** The earlier of two times wins. */
  addAfter(key: string, ms: number): void;
  /** Later each time, until `forget`. */
  addRateLimited(key: string): void;
  forget(key: string): void;
  failures(key: string): number;
  /** Keys that wait now; delayed ones are not counted. */
  readonly length: number;
  /**
   * Works until the signal. A rejection puts the key back with back-off and is told to `failed`; success forgets its
   * failures. Resolves when the last piece of work has ended.
   */
  run(work: Work, failed?: (key: string, error: unknown) => void): Promise<void>;
}

export type Work = (key: string, signal: AbortSignal) => Promise<void>;

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock, signal, concurrency = 1 } = options;
  const waiting = new Set<string>();
  const working = new Set<string>();
  const again = new Set<string>();
  const backoff = createKeyedBackoff({
    initialMs: options.retryInitialMs ?? RETRY_INITIAL_MS,
    maxMs: options.retryMaxMs ?? RETRY_MAX_MS,
    dice: options.dice,
  });
  let wake: () => void = () => {};

  const add = (key: string) => {
    if (signal.aborted) return;
    if (working.has(key)) again.add(key);
    else {
      waiting.add(key);
      wake();
    }
  };
  const addAfter = createDelays(clock, signal, add);

  const done = (key: string) => {
    working.delete(key);
    if (again.delete(key)) waiting.add(key);
    wake();
  };

  const attempt = async (key: string, work: Work, failed?: (key: string, error: unknown) => void) => {
    try {
      await work(key, signal);
      backoff.forget(key);
    } catch (error) {
      if (signal.aborted) return;
      failed?.(key, error);
      addAfter(key, backoff.next(key));
    } finally {
      done(key);
    }
  };

  return {
    add,
    addAfter,
    addRateLimited: key => addAfter(key, backoff.next(key)),
    forget: key => backoff.forget(key),
    failures: key => backoff.failures(key),
    get length() {
      return waiting.size;
    },
    run(work, failed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = () => {
        while (!signal.aborted && working.size < concurrency) {
          const [key] = waiting;
          if (key === undefined) break;
          waiting.delete(key);
          working.add(key);
          void attempt(key, work, failed);
        }
        if (signal.aborted && working.size === 0) resolve();
      };
      signal.addEventListener('abort', () => wake(), { once: true });
      wake();
      return promise;
    },
  };
}

/** One timer for each delayed key; all of them end with the signal. */
function createDelays(clock: Clock, signal: AbortSignal, add: (key: string) => void) {
  const delayed = new Map<string, { at: number; cancel: () => void }>();
  const cancelAll = () => {
    for (const { cancel } of delayed.values()) cancel();
  };
  signal.addEventListener('abort', cancelAll, { once: true });
  return (key: string, ms: number): void => {
    if (signal.aborted) return;
    if (ms <= 0) {
      add(key);
      return;
    }
    const at = clock.monotonic() + ms;
    const present = delayed.get(key);
    if (present && present.at <= at) return;
    present?.cancel();
    const cancel = clock.after(ms, () => {
      delayed.delete(key);
      add(key);
    });
    delayed.set(key, { at, cancel });
  };
}
