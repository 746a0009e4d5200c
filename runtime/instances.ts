/**
 * A sandbox's instances: one call at a time in each (WASI 0.2 exports are not re-entrant), more of them when calls come
 * together, a fresh one in place of any that trapped. Used by http-world.ts.
 */
export interface InstancePool<I> {
  /** Rejects when no instance can be made, or too many wait. */
  take(): I | Promise<I>;
  giveBack(instance: I): void;
  /** The instance is not fit for another call. */
  discard(instance: I): void;
  count(): number;
  idle(): readonly I[];
}

/** Instances that stay ready after a burst; the others are let go. */
const IDLE_MAX = 16;
const WAITING_MAX = 1_024;

export function createInstancePool<I>(make: () => I, max: number): InstancePool<I> {
  const idle: I[] = [];
  const waiting: { resolve(instance: I): void; reject(error: unknown): void }[] = [];
  let count = 0;
  const makeOne = (): I => {
    const instance = make();
    count++;
    return instance;
  };
  return {
    take() {
      const ready = idle.pop();
      if (ready !== undefined) return ready;
      if (count < max) return makeOne();
      if (waiting.length >= WAITING_MAX) return Promise.reject(new Error('too many requests wait'));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    giveBack(instance) {
      const next = waiting.shift();
      if (next !== undefined) next.resolve(instance);
      else if (idle.length < IDLE_MAX) idle.push(instance);
      else count--;
    },
    discard() {
      count--;
      const next = waiting.shift();
      if (next === undefined) return;
      try {
        next.resolve(makeOne());
      } catch (error) {
        next.reject(error);
      }
    },
    count: () => count,
    idle: () => idle,
  };
}
