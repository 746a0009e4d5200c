/**
 * Which pods must leave a node because of its NoExecute taints, and when. Pure.
 *
 * Always: no clock starts before `notBefore` (this controller may itself have been away); while no node at all is ready,
 * the fault is taken to be ours, and silence evicts nobody.
 */
import { tolerates } from '../client/tolerations.ts';
import type { Node } from '../kinds/node.ts';
import type { Pod } from '../kinds/pod.ts';
import type { Taint } from '../kinds/types/node.ts';
import { keyText } from '../machinery/meta.ts';
import { PODS } from '../machinery/resources.ts';
import type { Action } from './actions.ts';
import { NOT_READY, UNREACHABLE } from './node-health.ts';

export interface EvictionWorld {
  node: Node;
  pods: readonly Pod[];
  now: number;
  /** Wall clock: toleration times count from here at the earliest. */
  notBefore: number;
  anyNodeReady: boolean;
}

export interface EvictionPlan {
  actions: Action[];
  againAfterMs?: number;
}

export function planEvictions({ node, pods, now, notBefore, anyNodeReady }: EvictionWorld): EvictionPlan {
  const taints = (node.spec.taints ?? []).filter(
    ({ key, effect }) => effect === 'NoExecute' && (anyNodeReady || (key !== NOT_READY && key !== UNREACHABLE)),
  );
  const plan: EvictionPlan = { actions: [] };
  if (taints.length === 0) return plan;
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp) continue;
    const deadline = evictionTime(pod, taints, notBefore);
    if (deadline === undefined) continue;
    if (deadline <= now) plan.actions.push(...evict(pod));
    else plan.againAfterMs = Math.min(plan.againAfterMs ?? Number.POSITIVE_INFINITY, deadline - now);
  }
  return plan;
}

/** Undefined: it may stay for ever. */
function evictionTime(pod: Pod, taints: readonly Taint[], notBefore: number): number | undefined {
  let earliest: number | undefined;
  for (const taint of taints) {
    const matching = pod.spec.tolerations?.filter(toleration => tolerates(toleration, taint)) ?? [];
    const seconds = matching.length === 0 ? [0] : matching.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    if (seconds.length === 0) continue;
    const start = Math.max(notBefore, Date.parse(taint.timeAdded ?? '') || 0);
    const time = start + Math.max(0, Math.min(...seconds)) * 1000;
    if (earliest === undefined || time < earliest) earliest = time;
  }
  return earliest;
}

function evict(pod: Pod): Action[] {
  const { namespace, name, uid } = pod.metadata;
  const message = `Marking for deletion Pod ${keyText(pod.metadata)}`;
  return [
    { type: 'event', about: pod, level: 'Normal', reason: 'TaintManagerEviction', message },
    { type: 'delete', resource: PODS, key: { namespace, name }, uid: uid! },
  ];
}
