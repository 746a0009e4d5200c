/**
 * Takes a pod on, fresh or after a restart of the agent, and takes over newer versions of it. Called by the pod's worker.
 */
import type { Pod } from '../control/kinds/pod.ts';
import { equal } from '../control/machinery/equal.ts';
import { timestamp } from '../control/machinery/meta.ts';
import type { PodCheckpoint } from './checkpoint.ts';
import { graceOf } from './pod-actions.ts';
import { containerEvent, type NodeContext, type PodRun } from './pod-run.ts';
import { killAfter, stopOne } from './pod-stop.ts';
import { containersOf, newRecords, type Records, restoredRecords } from './record.ts';

export function createRun(node: NodeContext, pod: Pod, restored: PodCheckpoint | undefined): PodRun {
  const now = node.clock.now();
  const uid = pod.metadata.uid!;
  const status = restored?.status ?? pod.status;
  const began = status?.startTime ? Date.parse(status.startTime) : now;
  const records: Records = status ? restoredRecords(pod, status, now, timestamp(now)) : newRecords(pod);
  const over = status?.phase === 'Failed' || status?.phase === 'Succeeded';
  const failed = status?.phase === 'Failed' && status.reason !== undefined;
  if (restored?.ip !== undefined && !over && !pod.spec.hostNetwork) node.addresses.restore(uid, restored.ip);
  return {
    node,
    uid,
    pod,
    records,
    running: new Map(),
    imageBackOffs: new Map(),
    ip: over ? status?.podIP : undefined,
    startedAt: began,
    startTime: timestamp(began),
    sandboxReady: false,
    volumesStale: false,
    setupBackOffMs: 0,
    measureDiskAt: 0,
    gone: false,
    failure: failed ? { reason: status.reason!, message: status.message ?? '' } : undefined,
    over,
    status: restored?.status,
    reporter: node.reporter.open(pod),
    ending: new AbortController(),
    wake: () => {},
  };
}

export function update(run: PodRun, newer: Pod): void {
  const before = run.pod;
  run.pod = newer;
  run.reporter.seen(newer);
  if (newer.metadata.deletionTimestamp) {
    const ending = run.ending.signal.aborted;
    run.ending.abort();
    if (ending && graceOf(newer) < graceOf(before)) killAfter(run, graceOf(newer) * 1000);
  }
  replaceChanged(run);
  if (newer.metadata.generation !== before.metadata.generation || newer.metadata.deletionTimestamp) run.wake();
  const { labels, annotations } = before.metadata;
  if (equal(newer.metadata.labels, labels) && equal(newer.metadata.annotations, annotations)) return;
  run.volumesStale = true;
  run.wake();
}

/** A container whose image was changed (`kubectl set image pod/…`) starts again with the new one. */
function replaceChanged(run: PodRun): void {
  for (const { name, image = '' } of containersOf(run.pod)) {
    const record = run.records.get(name);
    if (!record || record.image === image) continue;
    record.image = image;
    const running = run.running.get(name);
    if (!running) continue;
    containerEvent(run, name, 'Normal', 'Killing', `Container ${name} definition changed, will be restarted`);
    void stopOne(run, running, graceOf(run.pod) * 1000);
  }
}
