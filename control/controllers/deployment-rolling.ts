/**
 * How far a rolling update may go in one step: never fewer available pods than replicas − maxUnavailable, never more pods
 * than replicas + maxSurge. Pure arithmetic on replica sets, after kube-controller's rolling.go.
 */
import type { Deployment } from '../kinds/deployment.ts';
import type { ReplicaSet } from '../kinds/replica-set.ts';
import { byCreation, replicasOf } from './deployment-replica-sets.ts';

export interface Bounds {
  maxSurge: number;
  maxUnavailable: number;
}

/** A set and the size it shall have. */
export interface Resize {
  set: ReplicaSet;
  replicas: number;
}

export const isRolling = ({ spec }: Deployment): boolean => spec.strategy?.type !== 'Recreate';

export function boundsOf({ spec }: Deployment): Bounds {
  const replicas = spec.replicas ?? 1;
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy?.rollingUpdate ?? {};
  const surge = amount(maxSurge, replicas, Math.ceil);
  const unavailable = Math.min(amount(maxUnavailable, replicas, Math.floor), replicas);
  // Both may round to nothing; then nothing could ever move.
  return surge === 0 && unavailable === 0
    ? { maxSurge: 0, maxUnavailable: 1 }
    : { maxSurge: surge, maxUnavailable: unavailable };
}

const amount = (value: number | string, total: number, round: (n: number) => number): number =>
  typeof value === 'number' ? value : round((Number.parseInt(value, 10) * total) / 100) || 0;

export const maxReplicasOf = (deployment: Deployment): number =>
  (deployment.spec.replicas ?? 1) + (isRolling(deployment) ? boundsOf(deployment).maxSurge : 0);

/** The size that the new set may grow to now. `present`: its size, 0 when it is not there yet. */
export function newSetSize(deployment: Deployment, sets: readonly ReplicaSet[], present: number): number {
  const wanted = deployment.spec.replicas ?? 1;
  if (!isRolling(deployment)) return wanted;
  const room = maxReplicasOf(deployment) - replicasOf(sets);
  return room <= 0 ? present : present + Math.min(room, wanted - present);
}

/** How the old sets shrink: broken pods first, for they serve nobody; then as far as availability allows. */
export function shrinkOldSets(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): Resize[] {
  const wanted = deployment.spec.replicas ?? 1;
  const minAvailable = wanted - boundsOf(deployment).maxUnavailable;
  const newSize = newSet.spec.replicas ?? 1;
  const newUnavailable = newSize - availableOf(newSet);
  let mayGo = replicasOf(old) + newSize - minAvailable - newUnavailable;
  if (replicasOf(old) === 0 || mayGo <= 0) return [];

  const sizes = new Map([...old].sort(byCreation).map(set => [set, set.spec.replicas ?? 1]));
  for (const [set, size] of sizes) {
    const unhealthy = Math.max(0, size - availableOf(set));
    const going = Math.min(mayGo, unhealthy);
    sizes.set(set, size - going);
    mayGo -= going;
  }
  const available = [...old, newSet].reduce((sum, set) => sum + availableOf(set), 0);
  let spare = available - minAvailable;
  for (const [set, size] of sizes) {
    if (spare <= 0) break;
    const going = Math.min(spare, size);
    sizes.set(set, size - going);
    spare -= going;
  }
  return [...sizes]
    .filter(([set, size]) => size !== (set.spec.replicas ?? 1))
    .map(([set, replicas]) => ({ set, replicas }));
}

const availableOf = (set: ReplicaSet): number => Math.min(set.status?.availableReplicas ?? 0, set.spec.replicas ?? 1);
