/**
 * What a Deployment says of itself: counts, and whether it is available and moves on. `kubectl rollout status` and
 * `kubectl wait` read nothing else. Pure.
 */
import type { Deployment } from '../kinds/deployment.ts';
import type { ReplicaSet } from '../kinds/replica-set.ts';
import type { DeploymentCondition } from '../kinds/types/workload.ts';
import { conditionOf } from '../machinery/conditions.ts';
import { timestamp } from '../machinery/meta.ts';
import { replicasOf } from './deployment-replica-sets.ts';
import { boundsOf, isRolling } from './deployment-rolling.ts';

type Status = NonNullable<Deployment['status']>;

export interface StatusWorld {
  deployment: Deployment;
  newSet: ReplicaSet | undefined;
  sets: readonly ReplicaSet[];
  now: number;
}

const sum = (sets: readonly ReplicaSet[], field: 'replicas' | 'readyReplicas' | 'availableReplicas'): number =>
  sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);

export function deploymentStatus(world: StatusWorld): Status {
  const { deployment, newSet, sets } = world;
  const availableReplicas = sum(sets, 'availableReplicas');
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(sets, 'replicas'),
    updatedReplicas: newSet ? sum([newSet], 'replicas') : 0,
    readyReplicas: sum(sets, 'readyReplicas'),
    availableReplicas,
    unavailableReplicas: Math.max(0, replicasOf(sets) - availableReplicas),
    collisionCount: deployment.status?.collisionCount,
  };
  return { ...counts, conditions: conditionsOf(world, counts) };
}

function conditionsOf(world: StatusWorld, counts: Status): DeploymentCondition[] {
  const { deployment, sets } = world;
  const before = deployment.status?.conditions ?? [];
  const failed = sets.map(set => conditionOf(set.status?.conditions, 'ReplicaFailure')).find(Boolean);
  const next = [available(deployment, counts), progressing(world, counts), failed];
  const known = ['Available', 'Progressing', 'ReplicaFailure'];
  return [
    ...before.filter(condition => !known.includes(condition.type)),
    ...next.flatMap(condition =>
      condition ? [settle(condition, conditionOf(before, condition.type), world.now)] : [],
    ),
  ];
}

const available = (deployment: Deployment, { availableReplicas = 0 }: Status): DeploymentCondition => {
  const wanted = deployment.spec.replicas ?? 1;
  const slack = isRolling(deployment) ? boundsOf(deployment).maxUnavailable : 0;
  return availableReplicas >= wanted - slack
    ? say('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : say('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.');
};

function progressing(world: StatusWorld, counts: Status): DeploymentCondition | undefined {
  const { deployment, newSet } = world;
  const before = conditionOf(deployment.status?.conditions, 'Progressing');
  if (!hasDeadline(deployment)) return undefined;
  if (deployment.spec.paused) return say('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  const what = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const success = `${what} has successfully progressed.`;
  // A rollout that has ended stays so when pods come and go; a new template names a new set.
  const done = before?.reason === 'NewReplicaSetAvailable' && before.message === success;
  if (done && counts.replicas === counts.updatedReplicas) return before;
  if (isComplete(deployment, counts)) return say('Progressing', 'True', 'NewReplicaSetAvailable', success);
  if (hasMoved(deployment.status ?? {}, counts) || isNewGeneration(deployment))
    return {
      ...say('Progressing', 'True', 'ReplicaSetUpdated', `${what} is progressing.`),
      lastUpdateTime: timestamp(world.now),
    };
  if (before?.reason === 'DeploymentPaused')
    return say('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  if (before && hasTimedOut(deployment, before, world.now))
    return say('Progressing', 'False', 'ProgressDeadlineExceeded', `${what} has timed out progressing.`);
  return (
    before ??
    say('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${newSet?.metadata.name ?? ''}"`)
  );
}

export function isComplete({ spec, metadata, status: _ }: Deployment, counts: Status): boolean {
  const wanted = spec.replicas ?? 1;
  const { updatedReplicas, replicas, availableReplicas, observedGeneration = 0 } = counts;
  const all = updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
  return all && observedGeneration >= (metadata.generation ?? 0);
}

const isNewGeneration = ({ metadata, status }: Deployment): boolean =>
  (status?.observedGeneration ?? 0) < (metadata.generation ?? 0);

const hasMoved = (old: Status, now: Status): boolean =>
  (now.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
  (now.replicas ?? 0) - (now.updatedReplicas ?? 0) < (old.replicas ?? 0) - (old.updatedReplicas ?? 0) ||
  (now.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
  (now.availableReplicas ?? 0) > (old.availableReplicas ?? 0);

/** kubectl and Kubernetes take the largest int32 as "none". */
const NO_DEADLINE_SECONDS = 2_147_483_647;
const DEADLINE_SECONDS = 600;
const deadlineSeconds = ({ spec }: Deployment): number => spec.progressDeadlineSeconds ?? DEADLINE_SECONDS;
const hasDeadline = (deployment: Deployment): boolean => deadlineSeconds(deployment) !== NO_DEADLINE_SECONDS;

const hasTimedOut = (deployment: Deployment, { reason, lastUpdateTime }: DeploymentCondition, now: number): boolean =>
  reason === 'ProgressDeadlineExceeded' || now >= Date.parse(lastUpdateTime ?? '') + deadlineSeconds(deployment) * 1000;

/** Milliseconds until the deadline must be looked at, while a rollout is under way. */
export function untilDeadline(deployment: Deployment, status: Status, now: number): number | undefined {
  const condition = conditionOf(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || deployment.spec.paused || condition?.status !== 'True') return undefined;
  if (condition.reason === 'NewReplicaSetAvailable') return undefined;
  return Math.max(0, Date.parse(condition.lastUpdateTime ?? '') + deadlineSeconds(deployment) * 1000 - now);
}

const say = (
  type: string,
  status: DeploymentCondition['status'],
  reason: string,
  message: string,
): DeploymentCondition => ({
  type,
  status,
  reason,
  message,
});

/** The transition time changes only with the status; nothing changes when nothing is new. */
function settle(next: DeploymentCondition, before: DeploymentCondition | undefined, now: number): DeploymentCondition {
  const fresh = timestamp(now);
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : fresh;
  const same = before?.status === next.status && before.reason === next.reason && before.message === next.message;
  const lastUpdateTime = next.lastUpdateTime ?? (same ? before.lastUpdateTime : fresh);
  const { type, status, reason, message } = next;
  return { type, status, lastUpdateTime, lastTransitionTime, reason, message };
}
