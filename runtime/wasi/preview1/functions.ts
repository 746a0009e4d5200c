/**
 * `wasi_snapshot_preview1`, all of it: each function takes the flat numbers and answers an error number. Those that may
 * wait are listed in BLOCKING and suspend the guest. Bound to an instance by start.ts.
 */
import type { Guest } from '../../component/guest.ts';
import { GuestExit, Trap } from '../../exit.ts';
import { monotonicNanos, wallMillis } from '../../host/clock.ts';
import { randomBytes } from '../../host/random.ts';
import type { Descriptors } from './descriptors.ts';
import { ERRNO, errnoOf, refuse } from './errno.ts';
import { fdFunctions } from './fd.ts';
import { pathFunctions } from './path.ts';
import { pollOneoff } from './poll.ts';

export type Preview1Function = (...args: never[]) => number | Promise<number>;
export interface Preview1Process {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}
/** Performs, throwing what errno.ts knows. */
type Act = (...args: never[]) => void | Promise<void>;

export const BLOCKING: ReadonlySet<string> = new Set(['fd_read', 'fd_write', 'poll_oneoff']);
const CLOCK = { realtime: 0, monotonic: 1 };
const RANDOM_BYTES_MAX = 16_777_216;
const SIGNAL_EXIT_BASE = 128;

export function preview1Functions(
  guest: Guest,
  process: Preview1Process,
  descriptors: Descriptors,
): Record<string, Preview1Function> {
  const acts: Record<string, Act> = {
    ...vector('args', guest, process.args),
    ...vector(
      'environ',
      guest,
      Object.entries(process.env).map(([name, value]) => `${name}=${value}`),
    ),
    ...clockFunctions(guest),
    ...fdFunctions(guest, descriptors),
    ...pathFunctions(guest, descriptors),
    poll_oneoff: (subscriptions: number, events: number, count: number, out: number) =>
      pollOneoff(guest, descriptors, {
        subscriptions: subscriptions >>> 0,
        events: events >>> 0,
        count,
        out: out >>> 0,
      }),
    proc_exit(code: number) {
      throw new GuestExit(code & 0xff);
    },
    proc_raise(signal: number) {
      throw new GuestExit(SIGNAL_EXIT_BASE + (signal & 0x7f));
    },
    random_get(at: number, length: number) {
      if (length >>> 0 > RANDOM_BYTES_MAX) refuse('EINVAL');
      guest.bytes(at, length).set(randomBytes(length));
    },
    sched_yield: () => undefined,
    // No socket is handed in, so no descriptor is one.
    ...refusing(descriptors, 'sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown'),
  };
  return Object.fromEntries(Object.entries(acts).map(([name, act]) => [name, numbered(act)]));
}

function numbered(act: Act): Preview1Function {
  return (...args) => {
    try {
      const done = act(...args);
      if (!(done instanceof Promise)) return ERRNO.SUCCESS;
      return done.then(() => ERRNO.SUCCESS, failed);
    } catch (error) {
      return failed(error);
    }
  };
}

function failed(error: unknown): number {
  // A pointer that is outside of memory is an error number here, as everywhere else that preview 1 runs.
  if (error instanceof Trap || error instanceof RangeError) return ERRNO.EFAULT;
  return errnoOf(error);
}

/** Arguments and environment: a table of pointers, and the texts one after the other, each ended by a zero. */
function vector(name: 'args' | 'environ', guest: Guest, texts: readonly string[]): Record<string, Act> {
  const encoder = new TextEncoder();
  const encoded = texts.map(text => encoder.encode(`${text.replaceAll('\0', '')}\0`));
  return {
    [`${name}_sizes_get`](count: number, size: number) {
      const view = guest.view();
      view.setUint32(count >>> 0, encoded.length, true);
      view.setUint32(
        size >>> 0,
        encoded.reduce((sum, text) => sum + text.length, 0),
        true,
      );
    },
    [`${name}_get`](pointers: number, buffer: number) {
      const view = guest.view();
      let at = buffer >>> 0;
      for (const [i, text] of encoded.entries()) {
        view.setUint32((pointers >>> 0) + i * 4, at, true);
        guest.bytes(at, text.length).set(text);
        at += text.length;
      }
    },
  };
}

function clockFunctions(guest: Guest): Record<string, Act> {
  return {
    clock_res_get(clock: number, out: number) {
      if (clock > CLOCK.monotonic) refuse('EINVAL');
      guest.view().setBigUint64(out >>> 0, clock === CLOCK.monotonic ? 1n : 1_000_000n, true);
    },
    clock_time_get(clock: number, _precision: bigint, out: number) {
      if (clock > CLOCK.monotonic) refuse('EINVAL');
      guest.view().setBigUint64(out >>> 0, clockNanos(clock), true);
    },
  };
}

export function clockNanos(clock: number): bigint {
  return clock === CLOCK.monotonic ? monotonicNanos() : BigInt(Math.round(wallMillis() * 1000)) * 1000n;
}

function refusing(descriptors: Descriptors, ...names: string[]): Record<string, Act> {
  const act = (fd: number) => {
    descriptors.get(fd);
    refuse('ENOTSOCK');
  };
  return Object.fromEntries(names.map(name => [name, act]));
}
