/**
 * How long to wait before trying again: doubling from `initialMs` to `maxMs`, with jitter so that many who failed together
 * do not come back together.
 */
import type { Dice } from '../platform/types.ts';

export interface BackoffOptions {
  initialMs: number;
  maxMs: number;
  factor?: number;
  /** 0.5: up to half as long again. */
  jitter?: number;
  dice: Pick<Dice, 'random'>;
}

export interface Backoff {
  /** The wait before the next attempt; longer with each call. */
  next(): number;
  reset(): void;
}

export function createBackoff(options: BackoffOptions): Backoff {
  let failures = 0;
  return {
    next: () => waitAfter(failures++, options),
    reset: () => {
      failures = 0;
    },
  };
}

/** One back-off for each key; keys that never failed cost nothing. */
export interface KeyedBackoff {
  next(key: string): number;
  forget(key: string): void;
  failures(key: string): number;
}

export function createKeyedBackoff(options: BackoffOptions): KeyedBackoff {
  const failures = new Map<string, number>();
  return {
    next(key) {
      const before = failures.get(key) ?? 0;
      failures.set(key, before + 1);
      return waitAfter(before, options);
    },
    forget: key => void failures.delete(key),
    failures: key => failures.get(key) ?? 0,
  };
}

function waitAfter(failures: number, { initialMs, maxMs, factor = 2, jitter = 0.5, dice }: BackoffOptions): number {
  const wait = Math.min(maxMs, initialMs * factor ** failures);
  return wait * (1 + jitter * dice.random());
}
