/**
 * The scheduler's front door: pods without a node → queue → decision over the snapshot → binding through the API.
 *
 * Always: decides one pod at a time, so each decision sees the ones before; binds many at once, because a binding only
 * waits for the API; a binding that failed is taken back and tried again. Called by control/main.
 */
import type { Client } from '../client/client.ts';
import { createEventRecorder } from '../client/event-recorder.ts';
import { createInformer } from '../client/informer.ts';
import { hasPodEnded } from '../client/pod-state.ts';
import type { Node } from '../kinds/node.ts';
import type { Pod } from '../kinds/pod.ts';
import type { RuntimeClass } from '../kinds/runtime-class.ts';
import { equal } from '../machinery/equal.ts';
import type { Log } from '../machinery/log.ts';
import { keyText } from '../machinery/meta.ts';
import { NODES, PODS, RUNTIME_CLASSES } from '../machinery/resources.ts';
import { isReason } from '../machinery/status.ts';
import type { Clock, Dice } from '../platform/types.ts';
import { createBinder } from './bind.ts';
import { DEFAULT_PROFILE, decide, type Profile } from './decide.ts';
import type { World } from './framework.ts';
import { createPodInfo } from './node-info.ts';
import { createSchedulingQueue, type QueuedPod, type SchedulingQueue } from './queue.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';
import { refusalText } from './words.ts';

const DEFAULT_SCHEDULER = 'default-scheduler';
const BINDINGS_IN_FLIGHT_MAX = 64;
/** Decisions in a row before others in this process get their turn. */
const DECISIONS_PER_TURN = 32;

export interface SchedulerOptions {
  client: Client;
  clock: Clock;
  dice: Dice;
  log: Log;
  signal: AbortSignal;
  /** By schedulerName; the default has one profile. */
  profiles?: Readonly<Record<string, Profile>>;
}

/** Runs until the signal; resolves when the last binding has ended. */
export async function startScheduler(options: SchedulerOptions): Promise<void> {
  const { client, clock, dice, log, signal } = options;
  const profiles = options.profiles ?? { [DEFAULT_SCHEDULER]: DEFAULT_PROFILE };
  const bell = createBell(signal);
  const snapshot = createSnapshot();
  const queue = createSchedulingQueue(clock, bell.ring);
  const record = createEventRecorder({ client, clock, dice, component: DEFAULT_SCHEDULER, log, signal });
  const binder = createBinder({ client, clock, record, signal });
  const world = watchCluster(options, profiles, snapshot, queue);
  if (!(await synced(world.synced))) return;

  const inFlight = new Set<Promise<void>>();
  let start = 0;
  const bind = async (queued: QueuedPod, node: string) => {
    try {
      await binder.bind(queued.pod, node);
      queue.remove(queued.key);
    } catch (error) {
      snapshot.forget(queued.key);
      queue.moveOn('pod-deleted');
      queue.retry(queued);
      if (!signal.aborted && !isReason(error, 'NotFound', 'Conflict'))
        log('warn', `could not bind ${queued.key} to ${node}`, { error: String(error) });
    }
  };
  const refuse = async (queued: QueuedPod, message: string) => {
    await binder.refuse(queued.pod, message).catch(error => {
      if (!signal.aborted && !isReason(error, 'NotFound', 'Conflict'))
        log('warn', `could not say why ${queued.key} waits`, { error: String(error) });
    });
  };
  /** Decides one pod; what remains to be told to the API goes on by itself. */
  const step = (queued: QueuedPod): Promise<void> => {
    const pod = createPodInfo(queued.pod);
    const nodes = snapshot.nodes();
    const profile = profiles[queued.pod.spec.schedulerName || DEFAULT_SCHEDULER]!;
    const decision = decide(pod, nodes, world, { profile, start, random: dice.random });
    start = nodes.length === 0 ? 0 : (start + decision.evaluated) % nodes.length;
    if (decision.fits) {
      snapshot.assume(pod, decision.node);
      return bind(queued, decision.node);
    }
    queue.park(queued, decision.refusals.by);
    return refuse(queued, refusalText(decision.refusals));
  };

  const attempt = async (queued: QueuedPod): Promise<void> => {
    try {
      await step(queued);
    } catch (error) {
      log('error', `deciding on ${queued.key} failed`, { error: error instanceof Error ? error.stack : String(error) });
      queue.retry(queued);
    }
  };

  while (!signal.aborted) {
    for (let turn = 0; turn < DECISIONS_PER_TURN && inFlight.size < BINDINGS_IN_FLIGHT_MAX; turn++) {
      const queued = queue.pop();
      if (!queued) break;
      const telling: Promise<void> = attempt(queued).finally(() => inFlight.delete(telling));
      inFlight.add(telling);
    }
    if (inFlight.size >= BINDINGS_IN_FLIGHT_MAX || queue.ready) await Promise.race(inFlight);
    else await bell.rung();
  }
  await Promise.all(inFlight);
}

/** Feeds snapshot and queue with what the API says. */
function watchCluster(
  options: SchedulerOptions,
  profiles: Readonly<Record<string, Profile>>,
  snapshot: Snapshot,
  queue: SchedulingQueue,
): World & { synced: Promise<unknown>[] } {
  const nodes = createInformer<Node>({ ...options, resource: NODES });
  const pods = createInformer<Pod>({ ...options, resource: PODS });
  const classes = createInformer<RuntimeClass>({ ...options, resource: RUNTIME_CLASSES });
  const ours = (pod: Pod) => Object.hasOwn(profiles, pod.spec.schedulerName || DEFAULT_SCHEDULER);

  nodes.onChange((old, node) => {
    if (!node) snapshot.removeNode(old!.metadata.name);
    else if (!old || schedulingChanged(old, node)) {
      snapshot.setNode(node);
      queue.moveOn(old ? 'node-updated' : 'node-added');
    }
  });
  pods.onChange((old, pod) => {
    const key = keyText((pod ?? old!).metadata);
    if (pod && !pod.spec.nodeName && !hasPodEnded(pod) && !pod.metadata.deletionTimestamp) {
      if (ours(pod) && !snapshot.isAssumed(key)) queue.add(pod);
      return;
    }
    queue.remove(key);
    if (pod) snapshot.setPod(pod);
    else snapshot.removePod(key);
    const freed = old?.spec.nodeName && (!pod || (hasPodEnded(pod) && !hasPodEnded(old)));
    if (freed) queue.moveOn('pod-deleted');
  });
  classes.onChange(() => queue.moveOn('runtime-class-changed'));
  return {
    runtimeClass: name => classes.store.get(name),
    synced: [nodes.synced, pods.synced, classes.synced],
  };
}

/** Heartbeats change a node every few seconds; none of that matters here. */
const schedulingChanged = (old: Node, node: Node): boolean =>
  !equal(old.spec, node.spec) ||
  !equal(old.metadata.labels, node.metadata.labels) ||
  !equal(old.status?.allocatable, node.status?.allocatable) ||
  !equal(old.status?.images, node.status?.images) ||
  !equal(old.status?.runtimeHandlers, node.status?.runtimeHandlers);

const synced = (all: Promise<unknown>[]): Promise<boolean> =>
  Promise.all(all).then(
    () => true,
    () => false,
  );

/** Wakes the one who waits; rung early, it does not make the next one wait. */
function createBell(signal: AbortSignal): { ring: () => void; rung(): Promise<void> } {
  let bell = Promise.withResolvers<void>();
  const ring = () => bell.resolve();
  signal.addEventListener('abort', ring, { once: true });
  return {
    ring,
    async rung() {
      await bell.promise;
      bell = Promise.withResolvers<void>();
    },
  };
}
