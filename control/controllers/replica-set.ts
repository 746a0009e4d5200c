/**
 * ReplicaSet: as many active pods from its template as it says. `planReplicaSet` is pure; the controller around it waits
 * until its own last steps have come back through the informer, so that it never counts an old world.
 */
import { hasPodEnded, isPodActive, isPodAvailable, isPodReady } from '../client/pod-state.ts';
import type { Pod } from '../kinds/pod.ts';
import type { ReplicaSet } from '../kinds/replica-set.ts';
import type { ReplicaSetCondition } from '../kinds/types/workload.ts';
import { equal } from '../machinery/equal.ts';
import { matchesLabels, selectorOf } from '../machinery/labels.ts';
import { timestamp } from '../machinery/meta.ts';
import { PODS, REPLICA_SETS } from '../machinery/resources.ts';
import type { Action, Create, Delete, Patch } from './actions.ts';
import { claim, ownerReferenceTo } from './ownership.ts';
import { inDeletionOrder } from './pod-deletion-order.ts';

/** At most this many pods are made or unmade in one go. */
const BURST_PODS = 500;

export interface ReplicaSetWorld {
  set: ReplicaSet;
  /** Of its namespace; those of others are left alone. */
  pods: readonly Pod[];
  /** Pods of all sets with the same owner. */
  related: readonly Pod[];
  now: number;
  /** Why the last creation or deletion failed. */
  failure?: { reason: 'FailedCreate' | 'FailedDelete'; message: string };
}

export interface ReplicaSetPlan {
  claims: Patch[];
  creations: Create[];
  deletions: Delete[];
  status: Action[];
  /** Look again then: a pod will have been ready long enough. */
  againAfterMs?: number;
}

export function planReplicaSet(world: ReplicaSetWorld): ReplicaSetPlan {
  const { set, now } = world;
  const selector = selectorOf(set.spec.selector);
  const { owned, actions } = claim(
    set,
    selector,
    PODS,
    world.pods.filter(pod => !hasPodEnded(pod)),
  );
  const active = owned.filter(isPodActive);
  const wanted = set.spec.replicas ?? 1;
  const steady = set.metadata.deletionTimestamp !== undefined;
  const missing = steady ? 0 : Math.min(BURST_PODS, Math.max(0, wanted - active.length));
  const surplus = steady ? 0 : Math.min(BURST_PODS, Math.max(0, active.length - wanted));
  const leaving = surplus > 0 ? inDeletionOrder(active, world.related, now).slice(0, surplus) : [];
  return {
    claims: actions,
    creations: Array.from({ length: missing }, () => createPod(set)),
    deletions: leaving.map(pod => deletePod(set, pod)),
    status: planStatus(world, active),
    againAfterMs: nextAvailability(set, active, now),
  };
}

function createPod(set: ReplicaSet): Create {
  const { metadata, spec } = set.spec.template;
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: metadata?.labels,
      annotations: metadata?.annotations,
      finalizers: metadata?.finalizers,
      ownerReferences: [ownerReferenceTo(set)],
    },
    spec,
  };
  return {
    type: 'create',
    resource: PODS,
    object: pod,
    tells: {
      about: set,
      done: { reason: 'SuccessfulCreate', message: 'Created pod: {name}' },
      failed: { reason: 'FailedCreate', message: 'Error creating: {error}' },
    },
  };
}

const deletePod = (set: ReplicaSet, { metadata }: Pod): Delete => ({
  type: 'delete',
  resource: PODS,
  key: { namespace: metadata.namespace, name: metadata.name },
  uid: metadata.uid!,
  tells: {
    about: set,
    done: { reason: 'SuccessfulDelete', message: 'Deleted pod: {name}' },
    failed: { reason: 'FailedDelete', message: 'Error deleting: {error}' },
  },
});

function planStatus({ set, now, failure }: ReplicaSetWorld, active: readonly Pod[]): Action[] {
  const minReady = set.spec.minReadySeconds ?? 0;
  const labels = selectorOf({ matchLabels: set.spec.template.metadata?.labels });
  const counts = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter(pod => matchesLabels(labels, pod.metadata.labels)).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter(pod => isPodAvailable(pod, minReady, now)).length,
    observedGeneration: set.metadata.generation ?? 0,
  };
  const conditions = planConditions(set.status?.conditions ?? [], failure, now);
  const same = Object.entries(counts).every(
    ([name, count]) => count === (set.status?.[name as keyof typeof counts] ?? 0),
  );
  if (same && equal(conditions, set.status?.conditions ?? [])) return [];
  const { namespace, name, uid } = set.metadata;
  const key = { namespace, name };
  const status = { ...counts, conditions: conditions.length > 0 || set.status?.conditions ? conditions : undefined };
  const patch = { metadata: { uid }, status };
  return [{ type: 'patch', resource: REPLICA_SETS, key, patch, subresource: 'status', absentIsFine: true }];
}

function planConditions(
  before: readonly ReplicaSetCondition[],
  failure: ReplicaSetWorld['failure'],
  now: number,
): ReplicaSetCondition[] {
  const others = before.filter(({ type }) => type !== 'ReplicaFailure');
  if (!failure) return others;
  const known = before.find(({ type, reason }) => type === 'ReplicaFailure' && reason === failure.reason);
  const lastTransitionTime = known?.lastTransitionTime ?? timestamp(now);
  return [...others, { type: 'ReplicaFailure', status: 'True', ...failure, lastTransitionTime }];
}

/** Milliseconds until the next ready pod counts as available. */
function nextAvailability(set: ReplicaSet, active: readonly Pod[], now: number): number | undefined {
  const minReady = set.spec.minReadySeconds ?? 0;
  if (minReady === 0) return undefined;
  let soonest: number | undefined;
  for (const pod of active) {
    if (!isPodReady(pod) || isPodAvailable(pod, minReady, now)) continue;
    const since = Date.parse(pod.status!.conditions!.find(({ type }) => type === 'Ready')!.lastTransitionTime ?? '');
    const wait = since + minReady * 1000 - now;
    if (soonest === undefined || wait < soonest) soonest = wait;
  }
  return soonest;
}
