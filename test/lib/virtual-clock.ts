/** A clock that moves only when told: timers fire in order, and between them everything that is ready runs. */
import type { Clock } from '../../control/platform/types.ts';

export interface VirtualClock extends Clock {
  /** Moves on by `ms`, firing what is due on the way. */
  advance(ms: number): Promise<void>;
  /** Lets everything run that waits for no timer. */
  settle(): Promise<void>;
  /** Timers that are set. */
  readonly pending: number;
}

export function createVirtualClock(start = Date.parse('2026-01-01T00:00:00Z')): VirtualClock {
  let now = start;
  let sequence = 0;
  const timers = new Map<number, { at: number; fire: () => void }>();
  const after = (ms: number, fire: () => void) => {
    const id = sequence++;
    timers.set(id, { at: now + Math.max(0, ms), fire });
    return () => void timers.delete(id);
  };
  const settle = async () => {
    // Streams and promises hand over to each other several times.
    for (let i = 0; i < 4; i++) await new Promise<void>(resolve => setImmediate(resolve));
  };
  return {
    now: () => now,
    monotonic: () => now - start,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const stop = () => {
          cancel();
          reject(signal!.reason);
        };
        const cancel = after(ms, () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        });
        signal?.addEventListener('abort', stop, { once: true });
      }),
    endOfTurn: fire => void setImmediate(fire),
    settle,
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
        if (!due) break;
        const [id, { at, fire }] = due;
        timers.delete(id);
        now = Math.max(now, at);
        fire();
        await settle();
      }
      now = end;
    },
    get pending() {
      return timers.size;
    },
  };
}
