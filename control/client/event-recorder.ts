/**
 * Says what happened to an object, as Kubernetes Events (core/v1), so that `kubectl describe` tells the story.
 *
 * Always: never blocks and never fails its caller; the same thing said again counts up one Event; many similar ones become
 * one "(combined from similar events)"; one object cannot flood the API. Follows client-go's tools/record defaults.
 */

import type { Event } from '../kinds/event.ts';
import type { ObjectReference } from '../kinds/types/reference.ts';
import type { Log } from '../machinery/log.ts';
import { type ApiObject, timestamp } from '../machinery/meta.ts';
import { EVENTS } from '../machinery/resources.ts';
import { isReason } from '../machinery/status.ts';
import type { Clock, Dice } from '../platform/types.ts';
import type { Client } from './client.ts';
import { createCorrelator } from './event-correlator.ts';

/** Events that wait to be sent; more than this are dropped, as a lost Event harms nobody. */
const QUEUE_EVENTS_MAX = 1_000;

export type EventRecorder = (
  about: ApiObject | ObjectReference,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
) => void;

export interface EventRecorderOptions {
  client: Client;
  clock: Clock;
  dice: Dice;
  /** `kubelet`, `replicaset-controller`, `default-scheduler` */
  component: string;
  host?: string;
  log?: Log;
  signal: AbortSignal;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, component, signal } = options;
  const correlate = createCorrelator();
  const queue: (() => Promise<void>)[] = [];
  let sending = false;

  const drain = async () => {
    if (sending) return;
    sending = true;
    for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) {
      await next().catch(error => options.log?.('debug', 'an event could not be written', { error: String(error) }));
    }
    sending = false;
  };

  return (about, type, reason, message) => {
    if (signal.aborted || queue.length >= QUEUE_EVENTS_MAX) return;
    const regarding = referenceTo(about);
    const now = clock.now();
    const seen = correlate({ regarding, type, reason, message, component }, now);
    if (!seen) return;
    queue.push(() => write(options, regarding, { type, reason, ...seen }, now));
    void drain();
  };
}

interface Seen {
  message: string;
  count: number;
  firstSeen: number;
  /** Where the Event of this kind was written before. */
  record: { name?: string };
}

async function write(
  { client, component, host, dice, signal }: EventRecorderOptions,
  regarding: ObjectReference,
  event: Seen & { type: 'Normal' | 'Warning'; reason: string },
  now: number,
): Promise<void> {
  const namespace = regarding.namespace || 'default';
  if (event.record.name !== undefined && event.count > 1) {
    const patch = { count: event.count, lastTimestamp: timestamp(now), message: event.message };
    try {
      await client.patch(EVENTS, { namespace, name: event.record.name }, patch, { type: 'merge', signal });
      return;
    } catch (error) {
      // Events live for an hour; the old one may be gone.
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
  const name = `${regarding.name}.${uniqueSuffix(now, dice)}`;
  const object: Event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: regarding,
    reason: event.reason,
    message: event.message,
    type: event.type,
    count: event.count,
    firstTimestamp: timestamp(event.firstSeen),
    lastTimestamp: timestamp(now),
    source: host === undefined ? { component } : { component, host },
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
  await client.create(EVENTS, object, { namespace, signal });
  event.record.name = name;
}

/** As Kubernetes has it, hexadecimal nanoseconds; the digits below a millisecond come from the dice. */
const uniqueSuffix = (now: number, dice: Dice): string =>
  (BigInt(now) * 1_000_000n + BigInt(Math.floor(dice.random() * 1_000_000))).toString(16);

function referenceTo(about: ApiObject | ObjectReference): ObjectReference {
  if (!('metadata' in about)) return about;
  const { apiVersion, kind, metadata } = about;
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion, kind, namespace, name, uid, resourceVersion };
}
