/**
 * From the status the server was told last to the one that is true: a strategic merge patch with only what changed, or
 * nothing. Pure. The uid is a precondition: a patch meant for this pod never lands on its successor of the same name.
 */
import type { PodCondition, PodStatus } from '../control/kinds/types/pod-status.ts';
import { equal } from '../control/machinery/equal.ts';

export interface StatusPatch {
  metadata: { uid?: string };
  status: Record<string, unknown>;
}

const FIELDS = [
  'phase',
  'reason',
  'message',
  'hostIP',
  'hostIPs',
  'podIP',
  'podIPs',
  'startTime',
  'initContainerStatuses',
  'containerStatuses',
] as const satisfies readonly (keyof PodStatus)[];

export function statusPatch(uid: string | undefined, sent: PodStatus, wanted: PodStatus): StatusPatch | undefined {
  const changed: Record<string, unknown> = {};
  for (const field of FIELDS) {
    if (!equal(sent[field], wanted[field])) changed[field] = wanted[field] ?? null;
  }
  const conditions = (wanted.conditions ?? []).flatMap(condition => {
    const before = sent.conditions?.find(({ type }) => type === condition.type);
    return before && sameCondition(before, condition) ? [] : [namingWhatWent(before, condition)];
  });
  if (conditions.length > 0) changed.conditions = conditions;
  return Object.keys(changed).length === 0 ? undefined : { metadata: { uid }, status: changed };
}

const sameCondition = (before: PodCondition, wanted: PodCondition): boolean =>
  before.status === wanted.status &&
  (before.reason ?? '') === (wanted.reason ?? '') &&
  (before.message ?? '') === (wanted.message ?? '');

/** A merge keeps what a patch does not name, so what has gone away is sent as null. */
const namingWhatWent = (before: PodCondition | undefined, wanted: PodCondition): Record<string, unknown> => ({
  ...wanted,
  ...(before?.reason && !wanted.reason ? { reason: null } : {}),
  ...(before?.message && !wanted.message ? { message: null } : {}),
});
