/**
 * The loop that every controller is: informers put keys on a queue, a worker takes a key, looks at the world, plans, and
 * performs. What each controller adds is which changes queue which keys, and its plan.
 *
 * Always: begins only once its informers know the world; one key is in one pair of hands; a failed key comes back later.
 */
import type { Client } from '../client/client.ts';
import { createEventRecorder, type EventRecorder } from '../client/event-recorder.ts';
import { createWorkQueue, type Work } from '../client/work-queue.ts';
import type { Log } from '../machinery/log.ts';
import { isReason } from '../machinery/status.ts';
import type { Clock, Dice } from '../platform/types.ts';
import { type Action, isNamespaceEnding, perform } from './actions.ts';
import type { Informers } from './informers.ts';

/** What every controller is given. */
export interface Context {
  client: Client;
  clock: Clock;
  dice: Dice;
  log: Log;
  signal: AbortSignal;
  informers: Informers;
}

export interface ControllerParts {
  queue: { add(key: string): void; addAfter(key: string, ms: number): void };
  record: EventRecorder;
  /** Does all of a plan with this controller's name on its events. */
  perform(actions: readonly Action[]): ReturnType<typeof perform>;
  signal: AbortSignal;
}

export interface Controller {
  /** The component in its Events: `replicaset-controller`. */
  name: string;
  concurrency?: number;
  /** Subscribes to informers; returns what must be synced first, and the work. */
  setUp(parts: ControllerParts): { synced: readonly Promise<void>[]; reconcile: Work };
}

/** Runs until the signal. */
export async function runController(controller: Controller, context: Context): Promise<void> {
  const { client, clock, dice, log, signal } = context;
  const record = createEventRecorder({ client, clock, dice, component: controller.name, log, signal });
  const queue = createWorkQueue({ clock, dice, signal, concurrency: controller.concurrency ?? 1 });
  const { synced, reconcile } = controller.setUp({
    queue,
    record,
    perform: actions => perform(actions, { client, record, signal }),
    signal,
  });
  const ready = await Promise.all(synced).then(
    () => true,
    () => false,
  );
  if (!ready) return;
  await queue.run(reconcile, (key, error) => {
    // Somebody else was faster: nothing to tell, the next look will see it.
    const expected = isReason(error, 'Conflict', 'AlreadyExists', 'NotFound') || isNamespaceEnding(error);
    log(expected ? 'debug' : 'warn', `${controller.name}: ${key} failed and is tried again`, {
      error: error instanceof Error ? (expected ? error.message : error.stack) : String(error),
    });
  });
}
