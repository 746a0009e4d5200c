/** Says what is true of a pod: to the server, and to the checkpoint on disk. Called by the pod's worker after each change. */
import { equal } from '../control/machinery/equal.ts';
import { timestamp } from '../control/machinery/meta.ts';
import type { PodRun } from './pod-run.ts';
import { podStatus } from './pod-status.ts';

export function publish(run: PodRun): void {
  const { node, records, ip, startTime, sandboxReady, failure, over } = run;
  const now = timestamp(node.clock.now());
  const facts = {
    records,
    podIP: ip,
    hostIP: node.hostIP,
    startTime,
    sandboxReady,
    failure,
    over,
    before: run.status,
    now,
  };
  const status = podStatus(run.pod, facts);
  const changed = !equal(status, run.status);
  run.status = status;
  run.reporter.want(status);
  // Waiting for the disk here would hold up the pod's start; the checkpoint keeps order by itself.
  if (changed) void node.checkpoints.save({ pod: run.pod, status, ip: over ? undefined : ip });
}
