/**
 * Runs a started container's probes and writes what they say into its record: startup first, then readiness and liveness.
 * A liveness or startup probe that has failed often enough stops the container; its restart policy does the rest.
 */
import type { Probe } from '../control/kinds/types/probe.ts';
import { GRACE_SECONDS_DEFAULT } from './pod-actions.ts';
import { containerEvent, type PodRun, type RunningContainer } from './pod-run.ts';
import { stopOne } from './pod-stop.ts';
import { type ProbeKind, type ProbeReport, runProbe } from './probes.ts';

export function beginProbes(run: PodRun, running: RunningContainer): void {
  const { container, stopProbes } = running;
  const record = run.records.get(container.name)!;
  record.ready = !container.readinessProbe;
  record.started = !container.startupProbe;
  const beginRest = () => {
    begin(run, running, 'Readiness', container.readinessProbe, stopProbes.signal, ({ ok, settled }) => {
      if (!settled || record.ready === ok) return;
      record.ready = ok;
      run.wake();
    });
    begin(run, running, 'Liveness', container.livenessProbe, stopProbes.signal, ({ ok, settled }) => {
      if (!ok && settled) restart(run, running, container.livenessProbe!, 'liveness');
    });
  };
  if (record.started) {
    beginRest();
    return;
  }
  const startup = new AbortController();
  const signal = AbortSignal.any([stopProbes.signal, startup.signal]);
  begin(run, running, 'Startup', container.startupProbe, signal, ({ ok, settled }) => {
    if (!settled) return;
    startup.abort();
    if (!ok) return restart(run, running, container.startupProbe!, 'startup');
    record.started = true;
    run.wake();
    beginRest();
  });
}

function begin(
  run: PodRun,
  { container }: RunningContainer,
  kind: ProbeKind,
  probe: Probe | undefined,
  signal: AbortSignal,
  heard: (report: ProbeReport) => void,
): void {
  if (!probe) return;
  const { clock, dice, log, addresses } = run.node;
  const podIP = run.ip ?? '';
  const target = { host: addresses.hostAlias(podIP), podIP, container };
  const report = (attempt: ProbeReport) => {
    if (!attempt.ok)
      containerEvent(run, container.name, 'Warning', 'Unhealthy', `${kind} probe failed: ${attempt.output}`);
    heard(attempt);
  };
  runProbe({ kind, probe, target, clock, dice, signal, report }).catch(error =>
    log('error', 'a probe ended unexpectedly', { container: container.name, error: String(error) }),
  );
}

function restart(run: PodRun, running: RunningContainer, probe: Probe, kind: 'liveness' | 'startup'): void {
  const { container, stopProbes } = running;
  const message = `Container ${container.name} failed ${kind} probe, will be restarted`;
  containerEvent(run, container.name, 'Normal', 'Killing', message);
  stopProbes.abort();
  const grace =
    probe.terminationGracePeriodSeconds ?? run.pod.spec.terminationGracePeriodSeconds ?? GRACE_SECONDS_DEFAULT;
  void stopOne(run, running, grace * 1000);
}
