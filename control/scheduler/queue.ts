/**
 * Pods that wait for a node. *Active*: next in turn, by priority and then by age. *Backing off*: tried a moment ago.
 * *Unschedulable*: no node would do; they wait for a change that may cure it, or five minutes.
 *
 * Always: a pod is in one place only; nothing ticks while nobody waits for a time. A decision is made in one go, so that no
 * cure can come between the look at the cluster and the parking.
 */
import type { Pod } from '../kinds/pod.ts';
import { keyText } from '../machinery/meta.ts';
import type { Clock } from '../platform/types.ts';
import type { ClusterEvent, Filter } from './framework.ts';
import { createHeap } from './heap.ts';

/** Kubernetes waits a second; on a small cluster whose nodes are just coming up, that is long. */
const BACKOFF_INITIAL_MS = 100;
const BACKOFF_MAX_MS = 10_000;
const UNSCHEDULABLE_MAX_MS = 300_000;

export interface QueuedPod {
  key: string;
  pod: Pod;
  attempts: number;
  attemptedAt: number;
  /** Of its arrival: the order among equals. */
  sequence: number;
  place: 'active' | 'backoff' | 'unschedulable' | 'gated' | 'deciding' | 'gone';
  refusedBy: ReadonlySet<Filter>;
  cancel?: () => void;
}

export interface SchedulingQueue {
  /** New, or changed: a change may make it schedulable. */
  add(pod: Pod): void;
  remove(key: string): void;
  /** The next pod in turn; it is `deciding` until `remove`, `park` or `retry`. */
  pop(): QueuedPod | undefined;
  /** No node would do. */
  park(queued: QueuedPod, refusedBy: ReadonlySet<Filter>): void;
  /** It failed for another reason: try again after a while. */
  retry(queued: QueuedPod): void;
  /** Something changed in the cluster. */
  moveOn(event: ClusterEvent): void;
  readonly length: number;
  /** Somebody is in turn. */
  readonly ready: boolean;
}

export function createSchedulingQueue(clock: Clock, wake: () => void): SchedulingQueue {
  const pods = new Map<string, QueuedPod>();
  const places = createPlaces(clock, wake);
  let sequence = 0;

  const enter = (key: string, pod: Pod): QueuedPod => {
    const queued: QueuedPod = {
      key,
      pod,
      attempts: 0,
      attemptedAt: 0,
      sequence: sequence++,
      place: 'gone',
      refusedBy: new Set(),
    };
    pods.set(key, queued);
    return queued;
  };
  const remove = (key: string) => {
    const queued = pods.get(key);
    if (queued) places.leave(queued, 'gone');
    pods.delete(key);
  };

  return {
    get length() {
      return pods.size;
    },
    get ready() {
      return places.ready();
    },
    add(pod) {
      const key = keyText(pod.metadata);
      if (pods.get(key)?.pod.metadata.uid !== pod.metadata.uid) remove(key);
      const queued = pods.get(key) ?? enter(key, pod);
      // Only the spec has a generation: our own words in the status must not wake the pod.
      const changed = queued.pod.metadata.generation !== pod.metadata.generation;
      queued.pod = pod;
      if (pod.spec.schedulingGates?.length) places.leave(queued, 'gated');
      else if (queued.place === 'gone' || queued.place === 'gated') places.activate(queued);
      else if (queued.place === 'unschedulable' && changed) places.activate(queued);
    },
    remove,
    pop() {
      const queued = places.next();
      if (!queued) return undefined;
      queued.attempts++;
      queued.attemptedAt = clock.monotonic();
      return queued;
    },
    park(queued, refusedBy) {
      if (queued.place === 'deciding') places.park(queued, refusedBy);
    },
    retry(queued) {
      if (queued.place === 'deciding') places.backOff(queued);
    },
    moveOn(event) {
      for (const queued of [...places.unschedulable]) {
        if (cures(queued.refusedBy, event)) places.backOff(queued);
      }
    },
  };
}

/** Moves pods between the places; each is left before the next is entered. */
function createPlaces(clock: Clock, wake: () => void) {
  const active = createHeap<QueuedPod>(goesBefore);
  const unschedulable = new Set<QueuedPod>();
  let activePods = 0;

  const leave = (queued: QueuedPod, to: QueuedPod['place']) => {
    queued.cancel?.();
    queued.cancel = undefined;
    unschedulable.delete(queued);
    if (queued.place === 'active') activePods--;
    queued.place = to;
  };
  const activate = (queued: QueuedPod) => {
    leave(queued, 'active');
    activePods++;
    active.push(queued);
    wake();
  };

  return {
    unschedulable,
    leave,
    activate,
    ready: () => activePods > 0,
    next(): QueuedPod | undefined {
      // Those that left meanwhile stay in the heap until their turn.
      let queued = active.pop();
      while (queued && queued.place !== 'active') queued = active.pop();
      if (!queued) return undefined;
      leave(queued, 'deciding');
      return queued;
    },
    backOff(queued: QueuedPod) {
      const wait = Math.min(BACKOFF_MAX_MS, BACKOFF_INITIAL_MS * 2 ** Math.max(0, queued.attempts - 1));
      const left = queued.attemptedAt + wait - clock.monotonic();
      if (left <= 0) {
        activate(queued);
        return;
      }
      leave(queued, 'backoff');
      queued.cancel = clock.after(left, () => activate(queued));
    },
    park(queued: QueuedPod, refusedBy: ReadonlySet<Filter>) {
      leave(queued, 'unschedulable');
      queued.refusedBy = refusedBy;
      unschedulable.add(queued);
      queued.cancel = clock.after(UNSCHEDULABLE_MAX_MS, () => activate(queued), { background: true });
    },
  };
}

/** A refusal by nobody (there was no node at all) is cured by any node. */
const cures = (refusedBy: ReadonlySet<Filter>, event: ClusterEvent): boolean =>
  refusedBy.size === 0 ? event === 'node-added' : refusedBy.values().some(filter => filter.curedBy.includes(event));

const goesBefore = (a: QueuedPod, b: QueuedPod): boolean => {
  const priorityA = a.pod.spec.priority ?? 0;
  const priorityB = b.pod.spec.priority ?? 0;
  return priorityA === priorityB ? a.sequence < b.sequence : priorityA > priorityB;
};
