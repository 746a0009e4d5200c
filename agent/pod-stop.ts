/**
 * Ends a pod's containers: gracefully, then by force. Called by the pod's worker.
 *
 * Always: sidecars end after the others; when this resolves, every record says how its container ended.
 */
import { beforeStop } from './lifecycle.ts';
import { containerEvent, type PodRun, type RunningContainer } from './pod-run.ts';

/**
 * A pod that answers requests keeps answering this long after it was told to end: until then proxies may not have heard
 * that it is no endpoint any more, and would meet a closed port.
 */
const ENDPOINT_SETTLE_MS = 500;
/** How much longer than its grace a sandbox may take before it is killed all the same. */
const STOP_SLACK_MS = 1_000;

export async function stopContainers(run: PodRun, graceMs: number): Promise<void> {
  const all = [...run.running.values()];
  const sidecar = ({ container }: RunningContainer) => run.records.get(container.name)?.kind === 'sidecar';
  for (const { stopProbes } of all) stopProbes.abort();
  for (const { container } of all)
    containerEvent(run, container.name, 'Normal', 'Killing', `Stopping container ${container.name}`);
  const began = run.node.clock.monotonic();
  const passed = () => run.node.clock.monotonic() - began;
  const stop = (one: RunningContainer) =>
    stopOne(run, one, Math.max(0, graceMs - passed()), Math.min(ENDPOINT_SETTLE_MS, graceMs / 2) - passed());
  await Promise.all(all.filter(one => !sidecar(one)).map(stop));
  for (const one of all.filter(sidecar).toReversed()) await stop(one);
}

/** One container, whatever the reason: its hook first, both within its grace. It still answers for `settleMs`. */
export async function stopOne(run: PodRun, running: RunningContainer, graceMs: number, settleMs = 0): Promise<void> {
  const { container, sandbox, ended } = running;
  const began = run.node.clock.monotonic();
  await beforeStop(run, running, graceMs);
  const passed = run.node.clock.monotonic() - began;
  const rest = Math.max(0, graceMs - passed);
  const cancel = run.node.clock.after(rest + STOP_SLACK_MS, () => void sandbox.kill());
  await (rest > 0 ? sandbox.stop(rest, Math.max(0, settleMs - passed)) : sandbox.kill()).catch(error =>
    run.node.log('warn', 'a sandbox did not stop as asked', { container: container.name, error: String(error) }),
  );
  await ended;
  cancel();
}

/** The wait was shortened (`kubectl delete --now` after a plain delete): what still runs then is killed. */
export function killAfter(run: PodRun, graceMs: number): void {
  run.node.clock.after(graceMs, () => {
    for (const { sandbox } of run.running.values()) void sandbox.kill();
  });
}
