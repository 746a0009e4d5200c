/**
 * What the agent knows of one container of one pod: the fact that pod-actions plans from and pod-status reports. Written
 * only by the pod's own worker.
 */
import type { Pod } from '../control/kinds/pod.ts';
import type { Container } from '../control/kinds/types/container.ts';
import type { ContainerStateTerminated, ContainerStatus } from '../control/kinds/types/container-status.ts';
import type { PodStatus } from '../control/kinds/types/pod-status.ts';
import type { BackOff } from './restart.ts';

export interface ContainerRecord {
  readonly name: string;
  readonly kind: ContainerKind;
  state: RecordState;
  /** How the run before this one ended. */
  last?: ContainerStateTerminated;
  restartCount: number;
  image: string;
  imageID: string;
  containerID?: string;
  /** The startup probe has passed, or there is none. */
  started: boolean;
  /** The readiness probe's last word, or true when there is none. */
  ready: boolean;
  backOff?: BackOff;
  /** When the newest run ended, milliseconds: from here the back-off counts. */
  finishedMs?: number;
  /** It waits for its back-off: the next start is a restart. */
  restarting?: boolean;
}

/** `sidecar`: an init container with `restartPolicy: Always`; it keeps running beside the others. */
type ContainerKind = 'init' | 'sidecar' | 'main';

export type RecordState =
  /** Not running. `retryAt`: not to be tried before (milliseconds); absent, at once. */
  | { is: 'waiting'; reason: string; message?: string; retryAt?: number }
  | { is: 'running'; startedAt: string }
  | { is: 'terminated'; end: ContainerStateTerminated };

export type Records = Map<string, ContainerRecord>;

const kindOf = (pod: Pod, name: string): ContainerKind => {
  const init = pod.spec.initContainers?.find(container => container.name === name);
  if (!init) return 'main';
  return init.restartPolicy === 'Always' ? 'sidecar' : 'init';
};

/** All containers in the order in which they start. */
export const containersOf = (pod: Pod): Container[] => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];

export const newRecords = (pod: Pod): Records => {
  const reason = pod.spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating';
  return new Map(
    containersOf(pod).map(({ name, image }) => [
      name,
      {
        name,
        kind: kindOf(pod, name),
        state: { is: 'waiting', reason },
        restartCount: 0,
        image: image ?? '',
        imageID: '',
        started: false,
        ready: false,
      },
    ]),
  );
};

/**
 * After a restart of the agent: what had ended stays ended; what was running is lost, as the kubelet reports containers
 * that its runtime no longer knows.
 */
export function restoredRecords(pod: Pod, status: PodStatus | undefined, nowMs: number, now: string): Records {
  const records = newRecords(pod);
  for (const seen of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const record = records.get(seen.name);
    if (record) restore(record, seen, nowMs, now);
  }
  return records;
}

function restore(record: ContainerRecord, seen: ContainerStatus, nowMs: number, now: string): void {
  const { waiting, running, terminated } = seen.state ?? {};
  record.restartCount = seen.restartCount;
  record.last = seen.lastState?.terminated;
  record.image = seen.image;
  record.imageID = seen.imageID;
  record.containerID = seen.containerID;
  if (terminated) {
    record.finishedMs = Date.parse(terminated.finishedAt ?? now);
    record.state = { is: 'terminated', end: terminated };
  } else if (waiting?.reason === 'CrashLoopBackOff') {
    record.restarting = true;
  } else if (running) {
    const end: ContainerStateTerminated = {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container ended with the agent that ran it',
      startedAt: running.startedAt,
      finishedAt: now,
      containerID: seen.containerID,
    };
    record.finishedMs = nowMs;
    record.state = { is: 'terminated', end };
  }
}
