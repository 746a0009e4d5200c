/**
 * Deployment: one replica set for each version of its template, sized so that pods of the old version give way to pods of
 * the new one. One plan is one step; the next is made when its effects have been seen.
 *
 * Always: at most one step changes sizes at a time; every change of a set holds only for the version that was looked at.
 */
import { hasPodEnded } from '../client/pod-state.ts';
import type { Deployment } from '../kinds/deployment.ts';
import type { Pod } from '../kinds/pod.ts';
import type { ReplicaSet } from '../kinds/replica-set.ts';
import { equal } from '../machinery/equal.ts';
import { selectorOf } from '../machinery/labels.ts';
import { DEPLOYMENTS, REPLICA_SETS } from '../machinery/resources.ts';
import type { Action, Patch } from './actions.ts';
import {
  byCreation,
  createSet,
  findNewSet,
  newSetName,
  nextRevision,
  REVISION,
  refreshSet,
  replicasOf,
  revisionOf,
  sameTemplate,
  scaleSet,
} from './deployment-replica-sets.ts';
import { isRolling, maxReplicasOf, newSetSize, type Resize, shrinkOldSets } from './deployment-rolling.ts';
import { resizeAll, wasResized } from './deployment-scale.ts';
import { deploymentStatus, isComplete, untilDeadline } from './deployment-status.ts';
import { claim } from './ownership.ts';

const REVISION_HISTORY_LIMIT = 10;

export interface DeploymentWorld {
  deployment: Deployment;
  /** Of its namespace: owned ones, and those that nobody controls. */
  sets: readonly ReplicaSet[];
  podsOf(set: ReplicaSet): readonly Pod[];
  /** Whoever has the name that a new set would get. */
  setNamed(name: string): ReplicaSet | undefined;
  now: number;
}

export interface Plan {
  actions: Action[];
  againAfterMs?: number;
}

export function planDeployment(world: DeploymentWorld): Plan {
  const { deployment, now } = world;
  const claimed = claim(deployment, selectorOf(deployment.spec.selector), REPLICA_SETS, world.sets);
  if (claimed.actions.length > 0) return { actions: claimed.actions };
  const sets = claimed.owned;
  const newSet = findNewSet(deployment, sets);
  const view: View = { ...world, sets, newSet, old: sets.filter(set => set !== newSet) };
  const steps = deployment.metadata.deletionTimestamp === undefined ? step(view) : [];
  const status = deploymentStatus({ deployment, newSet, sets, now });
  const actions = [...steps, ...statusAction(deployment, status)];
  return { actions, againAfterMs: untilDeadline(deployment, status, now) };
}

interface View extends DeploymentWorld {
  newSet: ReplicaSet | undefined;
  old: readonly ReplicaSet[];
}

function step(view: View): Action[] {
  const { deployment, sets, newSet } = view;
  if (deployment.spec.paused || wasResized(deployment, sets)) {
    const resized = resizes(deployment, resizeAll(deployment, newSet, sets));
    if (resized.length > 0 || deployment.spec.paused) return resized;
  }
  return isRolling(deployment) ? rollingStep(view) : recreateStep(view);
}

function rollingStep(view: View): Action[] {
  const { deployment, sets, newSet, old } = view;
  if (!newSet) return startSet(view);
  const refreshed = refresh(view, newSet);
  if (refreshed.length > 0) return refreshed;
  const wanted = deployment.spec.replicas ?? 1;
  const present = newSet.spec.replicas ?? 1;
  const size = present > wanted ? wanted : newSetSize(deployment, sets, present);
  const grown = resizes(deployment, [{ set: newSet, replicas: size }]);
  if (grown.length > 0) return grown;
  const shrunk = resizes(deployment, shrinkOldSets(deployment, newSet, old));
  return shrunk.length > 0 ? shrunk : cleanUp(view);
}

/** Everything old ends before anything new begins. */
function recreateStep(view: View): Action[] {
  const { deployment, newSet, old } = view;
  const ended = resizes(
    deployment,
    old.filter(set => (set.spec.replicas ?? 1) > 0).map(set => ({ set, replicas: 0 })),
  );
  if (ended.length > 0) return ended;
  if (old.some(set => view.podsOf(set).some(pod => !hasPodEnded(pod)))) return [];
  if (!newSet) return startSet(view);
  const refreshed = refresh(view, newSet);
  if (refreshed.length > 0) return refreshed;
  const grown = resizes(deployment, [{ set: newSet, replicas: deployment.spec.replicas ?? 1 }]);
  return grown.length > 0 ? grown : cleanUp(view);
}

function startSet({ deployment, sets, setNamed }: View): Action[] {
  const taken = setNamed(newSetName(deployment));
  if (taken && !sameTemplate(taken.spec.template, deployment.spec.template)) return [countCollision(deployment)];
  const size = newSetSize(deployment, sets, 0);
  const revision = nextRevision(undefined, sets);
  return [createSet(deployment, size, revision, maxReplicasOf(deployment)), ...noteRevision(deployment, revision)];
}

function refresh({ deployment, sets }: View, newSet: ReplicaSet): Action[] {
  const revision = nextRevision(newSet, sets);
  const refreshed = refreshSet(deployment, newSet, revision);
  return [...(refreshed ? [refreshed] : []), ...noteRevision(deployment, revision)];
}

function noteRevision(deployment: Deployment, revision: number): Patch[] {
  if (revisionOf(deployment) === revision) return [];
  return [patchDeployment(deployment, { metadata: { annotations: { [REVISION]: String(revision) } } })];
}

/** Two templates with one hash: the next attempt hashes with a count. */
const countCollision = (deployment: Deployment): Patch => ({
  ...patchDeployment(deployment, { status: { collisionCount: (deployment.status?.collisionCount ?? 0) + 1 } }),
  subresource: 'status',
});

const resizes = (deployment: Deployment, wanted: readonly Resize[]): Patch[] =>
  wanted.flatMap(({ set, replicas }) => scaleSet(deployment, set, replicas, maxReplicasOf(deployment)) ?? []);

/** Old empty sets are kept for `rollout undo`, as many as the Deployment says. */
function cleanUp({ deployment, old, newSet, sets, now }: View): Action[] {
  const status = deploymentStatus({ deployment, newSet, sets, now });
  if (!isComplete(deployment, status) || replicasOf(old) > 0) return [];
  const removable = old.filter(set => (set.status?.replicas ?? 0) === 0 && !set.metadata.deletionTimestamp);
  const surplus = removable.length - (deployment.spec.revisionHistoryLimit ?? REVISION_HISTORY_LIMIT);
  if (surplus <= 0) return [];
  return [...removable]
    .sort((a, b) => revisionOf(a) - revisionOf(b) || byCreation(a, b))
    .slice(0, surplus)
    .map(({ metadata: { namespace, name, uid } }) => ({
      type: 'delete',
      resource: REPLICA_SETS,
      key: { namespace, name },
      uid: uid!,
    }));
}

function statusAction(deployment: Deployment, status: NonNullable<Deployment['status']>): Patch[] {
  const { collisionCount: _, ...written } = status;
  const before = deployment.status ?? {};
  const same = Object.entries(written).every(([name, value]) =>
    equal(value, before[name as keyof typeof before] ?? (typeof value === 'number' ? 0 : undefined)),
  );
  if (same) return [];
  return [{ ...patchDeployment(deployment, { status: written }), subresource: 'status', absentIsFine: true }];
}

/** The uid only: the user may change the spec meanwhile. */
const patchDeployment = (
  { metadata }: Deployment,
  { metadata: changes, status }: { metadata?: object; status?: object },
): Patch => {
  const { namespace, name, uid } = metadata;
  const patch = { metadata: { ...changes, uid }, status };
  return { type: 'patch', resource: DEPLOYMENTS, key: { namespace, name }, patch };
};
