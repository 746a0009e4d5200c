/** What loops ask about a pod's state: ready, available, active, ended. Called by scheduler and controllers. Pure. */
import type { Pod } from '../kinds/pod.ts';
import { conditionOf } from '../machinery/conditions.ts';

export const isPodReady = (pod: Pod): boolean => conditionOf(pod.status?.conditions, 'Ready')?.status === 'True';

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True') return false;
  return minReadySeconds === 0 || Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000 <= now;
}

/** Neither ended nor about to. */
export const isPodActive = (pod: Pod): boolean => !hasPodEnded(pod) && pod.metadata.deletionTimestamp === undefined;

export const hasPodEnded = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
