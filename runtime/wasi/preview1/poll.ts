/** Preview 1's poll_oneoff: waits for clocks and for descriptors at once. */
import type { Guest } from '../../component/guest.ts';
import { type Alarm, createAlarm, monotonicNanos } from '../../host/clock.ts';
import { FileError } from '../../host/file-stat.ts';
import { anyReady, type Waitable } from '../../streams.ts';
import type { Descriptors } from './descriptors.ts';
import { ERRNO, errnoOf, refuse } from './errno.ts';
import { clockNanos } from './functions.ts';

export interface PollCall {
  subscriptions: number;
  events: number;
  count: number;
  out: number;
}

interface Waiting {
  user: bigint;
  type: number;
  errno: number;
  on: Waitable;
}

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const SUBSCRIPTIONS_MAX = 1_024;
const TYPE = { clock: 0, read: 1, write: 2 };
const ABSOLUTE = 1;
const always: Waitable = { ready: () => true, listen: () => () => undefined };

export function pollOneoff(guest: Guest, descriptors: Descriptors, call: PollCall): void | Promise<void> {
  const { subscriptions, count } = call;
  if (count <= 0 || count > SUBSCRIPTIONS_MAX) return refuse('EINVAL');
  const alarms: Alarm[] = [];
  const waiting = Array.from({ length: count }, (_, i) =>
    readSubscription(guest, descriptors, subscriptions + i * SUBSCRIPTION_BYTES, alarms),
  );
  const finish = () => {
    for (const alarm of alarms) alarm.cancel();
    writeEvents(guest, call, waiting);
  };
  const waitables = waiting.map(({ on }) => on);
  if (waitables.some(on => on.ready())) return finish();
  return anyReady(waitables).then(finish);
}

function readSubscription(guest: Guest, descriptors: Descriptors, at: number, alarms: Alarm[]): Waiting {
  const view = guest.view();
  const user = view.getBigUint64(at, true);
  const type = view.getUint8(at + 8);
  if (type === TYPE.clock) {
    const clock = view.getUint32(at + 16, true);
    if (clock > 1) return { user, type, errno: ERRNO.EINVAL, on: always };
    const timeout = view.getBigUint64(at + 24, true);
    const absolute = (view.getUint16(at + 40, true) & ABSOLUTE) !== 0;
    const left = absolute ? timeout - clockNanos(clock) : timeout;
    const alarm = createAlarm(monotonicNanos() + left);
    alarms.push(alarm);
    return { user, type, errno: ERRNO.SUCCESS, on: alarm };
  }
  if (type !== TYPE.read && type !== TYPE.write) return refuse('EINVAL');
  try {
    const on = descriptorWaitable(descriptors, view.getUint32(at + 16, true), type);
    return { user, type, errno: ERRNO.SUCCESS, on };
  } catch (error) {
    return { user, type, errno: errnoOf(error), on: always };
  }
}

function descriptorWaitable(descriptors: Descriptors, fd: number, type: number): Waitable {
  const found = descriptors.get(fd);
  if (found.is === 'input' && type === TYPE.read) return found.source;
  if (found.is === 'output' && type === TYPE.write) return found.sink;
  if (found.is === 'file') return always;
  throw new FileError('EBADF');
}

function writeEvents(guest: Guest, { events, out }: PollCall, waiting: readonly Waiting[]): void {
  const view = guest.view();
  let count = 0;
  for (const { user, type, errno, on } of waiting) {
    if (!on.ready()) continue;
    const at = events + count++ * EVENT_BYTES;
    guest.bytes(at, EVENT_BYTES).fill(0);
    view.setBigUint64(at, user, true);
    view.setUint16(at + 8, errno, true);
    view.setUint8(at + 10, type);
    // How much there is to read or write is not known ahead: at least something.
    if (type !== TYPE.clock && errno === ERRNO.SUCCESS) view.setBigUint64(at + 16, 1n, true);
  }
  view.setUint32(out, count, true);
}
