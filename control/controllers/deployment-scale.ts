/**
 * The Deployment changed its size in the middle of a rollout: all its sets grow or shrink in proportion, so that the
 * rollout neither jumps ahead nor falls back. Pure, after kube-controller's deployment `scale`.
 */
import type { Deployment } from '../kinds/deployment.ts';
import type { ReplicaSet } from '../kinds/replica-set.ts';
import { byCreation, DESIRED_REPLICAS, MAX_REPLICAS, replicasOf } from './deployment-replica-sets.ts';
import { isRolling, maxReplicasOf, type Resize } from './deployment-rolling.ts';

/** Some set was last sized for another size of the Deployment. */
export const wasResized = ({ spec }: Deployment, sets: readonly ReplicaSet[]): boolean =>
  sets.some(set => {
    const noted = Number(set.metadata.annotations?.[DESIRED_REPLICAS] ?? Number.NaN);
    return (set.spec.replicas ?? 1) > 0 && !Number.isNaN(noted) && noted !== (spec.replicas ?? 1);
  });

export function resizeAll(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  sets: readonly ReplicaSet[],
): Resize[] {
  const wanted = deployment.spec.replicas ?? 1;
  const active = sets.filter(set => (set.spec.replicas ?? 1) > 0);
  const only =
    active.length === 0 ? (newSet ?? [...sets].sort(byCreation).at(-1)) : active.length === 1 ? active[0] : undefined;
  if (only) return [{ set: only, replicas: wanted }];
  if (newSet && isSaturated(deployment, newSet))
    return active.filter(set => set !== newSet).map(set => ({ set, replicas: 0 }));
  return isRolling(deployment) ? inProportion(deployment, active) : [];
}

const isSaturated = ({ spec }: Deployment, set: ReplicaSet): boolean =>
  set.spec.replicas === (spec.replicas ?? 1) &&
  Number(set.metadata.annotations?.[DESIRED_REPLICAS]) === (spec.replicas ?? 1) &&
  set.status?.availableReplicas === (spec.replicas ?? 1);

function inProportion(deployment: Deployment, active: readonly ReplicaSet[]): Resize[] {
  const wanted = deployment.spec.replicas ?? 1;
  const allowed = wanted > 0 ? maxReplicasOf(deployment) : 0;
  const change = allowed - replicasOf(active);
  // The largest take the rounding; among equals the newest grow and the oldest shrink.
  const sorted = [...active].sort(
    (a, b) => (b.spec.replicas ?? 1) - (a.spec.replicas ?? 1) || (change > 0 ? byCreation(b, a) : byCreation(a, b)),
  );
  let added = 0;
  const resizes = sorted.map(set => {
    const share = change === 0 ? 0 : portion(deployment, set, allowed, change, added);
    added += share;
    return { set, replicas: (set.spec.replicas ?? 1) + share };
  });
  if (resizes[0]) resizes[0].replicas = Math.max(0, resizes[0].replicas + change - added);
  return resizes;
}

/** This set's part of the change, not beyond what is left of it. */
function portion(deployment: Deployment, set: ReplicaSet, allowed: number, change: number, added: number): number {
  const size = set.spec.replicas ?? 1;
  const noted = Number(set.metadata.annotations?.[MAX_REPLICAS]);
  const before = noted > 0 ? noted : (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  const share = (deployment.spec.replicas ?? 1) === 0 ? -size : Math.round((size * allowed) / before) - size;
  const left = change - added;
  return change > 0 ? Math.min(share, left) : Math.max(share, left);
}
