/** Time for guests and for timeouts. The only file of the runtime that reads clocks or sets timers. */
import { createSignal, type Waitable } from '../streams.ts';

export const monotonicNanos = (): bigint => process.hrtime.bigint();
export const monotonicMillis = (): number => performance.now();
export const wallMillis = (): number => Date.now();
/** Threads' timers must not keep a process alive that has nothing else to do. */
export const every = (ms: number, call: () => void): (() => void) => {
  const timer = setInterval(call, ms);
  timer.unref();
  return () => clearInterval(timer);
};
export const after = (ms: number, call: () => void): (() => void) => {
  const timer = setTimeout(call, Math.min(ms, TIMER_MS_MAX));
  return () => clearTimeout(timer);
};
/** Once the callbacks that are due have run. One turn serves all that ask in the meantime: setImmediate is not free. */
export const soon = (call: () => void): void => {
  if (due.length === 0) setImmediate(runDue);
  due.push(call);
};
/** `Thu, 01 Jan 1970 00:00:00 GMT`, as HTTP's Date header has it. */
export const httpDate = (): string => new Date().toUTCString();

let due: (() => void)[] = [];

function runDue(): void {
  const calls = due;
  due = [];
  for (const call of calls) call();
}

/** setTimeout's own limit; a longer wait is taken in steps. */
const TIMER_MS_MAX = 2_147_483_647;

export interface Alarm extends Waitable {
  cancel(): void;
}

/** Ready once the monotonic clock has reached `at`. */
export function createAlarm(at: bigint): Alarm {
  const signal = createSignal();
  let stop: (() => void) | undefined;
  const left = () => at - monotonicNanos();
  const arm = () => {
    // Rounded up: a timer that fires early would only be set again.
    const ms = Math.min(Number(left() / 1_000_000n) + 1, TIMER_MS_MAX);
    stop = after(ms, () => {
      stop = undefined;
      if (left() > 0n) arm();
      else signal.notify();
    });
  };
  return {
    ready: () => left() <= 0n,
    listen(callback) {
      const unlisten = signal.listen(callback);
      if (stop === undefined) arm();
      return unlisten;
    },
    cancel: () => stop?.(),
  };
}
