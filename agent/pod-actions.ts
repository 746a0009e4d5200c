/**
 * What to do next for one pod: its spec and the facts about its containers in, actions out. Pure; pod-worker performs them
 * and asks again. Follows the kubelet's computePodActions.
 *
 * Always: init containers run one by one, in order, before the others; a container that ended starts again only as the
 * restart policy and its back-off say; nothing is started in a pod that is being deleted or has ended.
 */
import type { Pod } from '../control/kinds/pod.ts';
import type { ContainerStateTerminated } from '../control/kinds/types/container-status.ts';
import type { ContainerRecord, Records } from './record.ts';
import { remaining } from './restart.ts';

export type Action =
  | { do: 'start'; container: string }
  /** A restart is due, but not yet: the container waits as CrashLoopBackOff. */
  | { do: 'hold'; container: string; untilMs: number }
  /** Nothing to do before this time. */
  | { do: 'wait'; untilMs: number }
  /** All that had to run has run: stop what is left (sidecars). */
  | { do: 'finish' }
  /** The pod has failed as a whole. */
  | { do: 'fail'; reason: string; message: string }
  /** The pod is being deleted. */
  | { do: 'terminate'; graceSeconds: number };

export const GRACE_SECONDS_DEFAULT = 30;

export interface World {
  records: Records;
  now: number;
  /** When the agent took the pod on, milliseconds. */
  startedAt: number;
  /** The object is gone from the API. */
  gone: boolean;
  /** The pod as a whole has failed or was evicted. */
  failed: boolean;
}

export function planPod(pod: Pod, world: World): Action[] {
  const { records, now } = world;
  if (world.gone || pod.metadata.deletionTimestamp) return [{ do: 'terminate', graceSeconds: graceOf(pod) }];
  if (world.failed) return [{ do: 'finish' }];
  const deadline = pod.spec.activeDeadlineSeconds;
  if (deadline !== undefined && now >= world.startedAt + deadline * 1000 && !hasEnded(pod, records)) {
    const message = 'Pod was active on the node longer than the specified deadline';
    return [{ do: 'fail', reason: 'DeadlineExceeded', message }];
  }
  if (hasEnded(pod, records)) return [{ do: 'finish' }];
  const actions = planContainers(pod, world);
  if (deadline !== undefined) actions.push({ do: 'wait', untilMs: world.startedAt + deadline * 1000 });
  return actions;
}

function planContainers(pod: Pod, { records, now }: World): Action[] {
  const actions: Action[] = [];
  for (const { name } of pod.spec.initContainers ?? []) {
    const record = records.get(name)!;
    actions.push(...planContainer(pod, record, now));
    if (!letsOthersStart(record)) return actions;
  }
  for (const { name } of pod.spec.containers) actions.push(...planContainer(pod, records.get(name)!, now));
  return actions;
}

function planContainer(pod: Pod, record: ContainerRecord, now: number): Action[] {
  const { state, name } = record;
  switch (state.is) {
    case 'running':
      return [];
    case 'waiting': {
      const wait = state.retryAt ?? 0;
      return [wait > now ? { do: 'wait', untilMs: wait } : { do: 'start', container: name }];
    }
    case 'terminated': {
      if (!restarts(pod, record, state.end)) return [];
      const wait = remaining(record.backOff, record.finishedMs ?? now, now);
      return [wait > 0 ? { do: 'hold', container: name, untilMs: now + wait } : { do: 'start', container: name }];
    }
  }
}

const letsOthersStart = ({ kind, state, started }: ContainerRecord): boolean =>
  kind === 'sidecar' ? state.is === 'running' && started : state.is === 'terminated' && state.end.exitCode === 0;

export function restarts(pod: Pod, record: Pick<ContainerRecord, 'kind'>, end: ContainerStateTerminated): boolean {
  if (record.kind === 'sidecar') return true;
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (record.kind === 'init') return end.exitCode !== 0 && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && end.exitCode !== 0);
}

/** Every main container has ended for good, or an init container has. */
function hasEnded(pod: Pod, records: Records): boolean {
  const over = (name: string): boolean => {
    const record = records.get(name)!;
    const end = endOf(record);
    return end !== undefined && !restarts(pod, record, end);
  };
  const failedInit = (pod.spec.initContainers ?? []).some(({ name }) => {
    const end = endOf(records.get(name)!);
    return end !== undefined && end.exitCode !== 0 && over(name);
  });
  return failedInit || pod.spec.containers.every(({ name }) => over(name));
}

const endOf = ({ state }: ContainerRecord): ContainerStateTerminated | undefined =>
  state.is === 'terminated' ? state.end : undefined;

export const graceOf = (pod: Pod): number =>
  pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? GRACE_SECONDS_DEFAULT;
