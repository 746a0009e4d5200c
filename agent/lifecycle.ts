/**
 * A container's hooks: after its start and before its stop, a request to it or a wait. Kubernetes' rules: any answer to the
 * request will do; a hook after the start that fails ends the container; one before the stop delays it within its grace.
 */
import type { LifecycleHandler } from '../control/kinds/types/probe.ts';
import { publish } from './pod-report.ts';
import { containerEvent, type PodRun, type RunningContainer } from './pod-run.ts';
import { attemptHttp, portOf } from './probes.ts';

const USER_AGENT = { name: 'User-Agent', value: 'kube-lifecycle/1.32' };

/** Resolves true when the container may go on. The next container of the pod is not started before. */
export async function afterStart(run: PodRun, running: RunningContainer): Promise<boolean> {
  const { container, stopProbes } = running;
  const handler = container.lifecycle?.postStart;
  if (!handler) return true;
  publish(run);
  const signal = AbortSignal.any([run.ending.signal, stopProbes.signal]);
  if (await perform(run, running, handler, signal)) return true;
  containerEvent(run, container.name, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
  containerEvent(run, container.name, 'Normal', 'Killing', 'FailedPostStartHook');
  return false;
}

/** Takes `graceMs` at most. */
export async function beforeStop(run: PodRun, running: RunningContainer, graceMs: number): Promise<void> {
  const handler = running.container.lifecycle?.preStop;
  if (!handler || graceMs <= 0) return;
  const over = new AbortController();
  const cancel = run.node.clock.after(graceMs, () => over.abort());
  const hook = perform(run, running, handler, over.signal);
  const ok = await Promise.race([hook, running.ended.then(() => true)]);
  cancel();
  over.abort();
  if (!ok) containerEvent(run, running.container.name, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
}

/** Whether it went well; a hook that is cut short has done no harm. */
async function perform(
  { ip = '', node }: PodRun,
  { container }: RunningContainer,
  { httpGet, sleep }: LifecycleHandler,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    if (sleep) await node.clock.sleep(sleep.seconds * 1000, signal);
    if (!httpGet) return true;
    const port = portOf(httpGet.port, container);
    if (port === undefined) return false;
    const get = { ...httpGet, httpHeaders: [USER_AGENT, ...(httpGet.httpHeaders ?? [])] };
    await attemptHttp(get, port, { host: node.addresses.hostAlias(ip), podIP: ip, container }, signal);
    return true;
  } catch {
    return signal.aborted;
  }
}
