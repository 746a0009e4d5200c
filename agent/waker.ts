/** Lets one loop sleep until something happens, or until a time. What happens while the loop works is not lost. */
import type { Clock } from '../control/platform/types.ts';

/** Timers hold no more than this. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export interface Waker {
  wake(): void;
  /** The loop looks at the world now: what happened before is taken into account. */
  taken(): void;
  /** Resolves at once when something happened since `taken`. Infinity: no time limit. */
  pause(untilMs: number): Promise<void>;
}

export function createWaker(clock: Clock): Waker {
  let awake = false;
  let wakeUp = () => {};
  return {
    wake() {
      awake = true;
      wakeUp();
    },
    taken() {
      awake = false;
    },
    async pause(untilMs) {
      if (awake) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      wakeUp = resolve;
      const waitMs = Math.min(Math.max(0, untilMs - clock.now()), TIMER_MAX_MS);
      const cancel = Number.isFinite(untilMs) ? clock.after(waitMs, resolve, { background: true }) : () => {};
      await promise;
      cancel();
    },
  };
}
