/**
 * Asks a container whether it is alive, ready, started: HTTP and TCP. One loop per probe, on the pod's own address.
 * Follows the kubelet's prober: thresholds, periods, wording.
 *
 * Always: a probe never runs twice at once; liveness and readiness wait for the startup probe (the worker starts them then).
 */
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container } from '../control/kinds/types/container.ts';
import type { Probe } from '../control/kinds/types/probe.ts';
import type { Clock, Dice } from '../control/platform/types.ts';

export type ProbeKind = 'Liveness' | 'Readiness' | 'Startup';

export interface ProbeTarget {
  /** The address to connect to; ports by name are found in the container. */
  host: string;
  /** The pod's address, for the Host header. */
  podIP: string;
  container: Container;
}

interface ProbeVerdict {
  ok: boolean;
  /** Shown in the Unhealthy event. */
  output: string;
}

/** After one attempt: how often in a row, and whether the threshold is reached. */
export interface ProbeReport extends ProbeVerdict {
  /** The verdict stands: enough successes, or enough failures, in a row. */
  settled: boolean;
}

const PROBE_TIMEOUT_SECONDS_DEFAULT = 1;
const PROBE_PERIOD_SECONDS_DEFAULT = 10;
const FAILURE_THRESHOLD_DEFAULT = 3;
const BODY_SHOWN_BYTES_MAX = 10 * 1024;
/** A container that was just started is asked soon, not after a whole period: it is ready within milliseconds. */
const FIRST_RETRY_MS = 100;
const FIRST_RETRIES_MAX = 10;

/** Runs until the signal fires; `report` hears of each attempt. */
export async function runProbe(options: {
  kind: ProbeKind;
  probe: Probe;
  target: ProbeTarget;
  clock: Clock;
  dice: Pick<Dice, 'random'>;
  signal: AbortSignal;
  report(report: ProbeReport): void;
}): Promise<void> {
  const { kind, probe, target, clock, dice, signal, report } = options;
  const periodMs = (probe.periodSeconds ?? PROBE_PERIOD_SECONDS_DEFAULT) * 1000;
  let streak = { ok: false, count: 0 };
  let early = kind === 'Liveness' || probe.initialDelaySeconds ? 0 : FIRST_RETRIES_MAX;
  try {
    await clock.sleep((probe.initialDelaySeconds ?? 0) * 1000, signal);
    for (;;) {
      const verdict = await attempt(probe, target, clock, signal);
      if (signal.aborted) return;
      if (!verdict.ok && early-- > 0) {
        // Too early to count against it: Kubernetes would not have asked yet.
        await clock.sleep(Math.min(FIRST_RETRY_MS, periodMs), signal);
        continue;
      }
      early = 0;
      streak = { ok: verdict.ok, count: streak.ok === verdict.ok ? streak.count + 1 : 1 };
      const threshold = verdict.ok
        ? (probe.successThreshold ?? 1)
        : (probe.failureThreshold ?? FAILURE_THRESHOLD_DEFAULT);
      report({ ...verdict, settled: streak.count >= threshold });
      await clock.sleep(periodMs * (0.95 + 0.1 * dice.random()), signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function attempt(probe: Probe, target: ProbeTarget, clock: Clock, signal: AbortSignal): Promise<ProbeVerdict> {
  const timeoutMs = (probe.timeoutSeconds ?? PROBE_TIMEOUT_SECONDS_DEFAULT) * 1000;
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort());
  try {
    const both = AbortSignal.any([signal, late.signal]);
    const port = portOf((probe.httpGet ?? probe.tcpSocket)?.port, target.container);
    if (port === undefined)
      return {
        ok: false,
        output: `port ${JSON.stringify((probe.httpGet ?? probe.tcpSocket)?.port)} not found in the container's ports`,
      };
    return probe.httpGet
      ? await attemptHttp(probe.httpGet, port, target, both)
      : await attemptTcp(probe.tcpSocket?.host ?? target.host, port, both);
  } catch (error) {
    return { ok: false, output: late.signal.aborted ? timedOut(probe, target) : (error as Error).message };
  } finally {
    cancel();
  }
}

const timedOut = ({ httpGet, tcpSocket }: Probe, { podIP }: ProbeTarget): string =>
  httpGet
    ? `Get "${(httpGet.scheme ?? 'HTTP').toLowerCase()}://${podIP}:${httpGet.port}${httpGet.path ?? '/'}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`
    : `dial tcp ${podIP}:${tcpSocket?.port}: i/o timeout`;

export const portOf = (port: number | string | undefined, container: Container): number | undefined => {
  if (typeof port === 'number') return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? (Number(port) || undefined);
};

/** Hooks ask in the same way. */
export function attemptHttp(
  get: NonNullable<Probe['httpGet']>,
  port: number,
  { host, podIP }: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeVerdict> {
  const { promise, resolve, reject } = Promise.withResolvers<ProbeVerdict>();
  const headers: Record<string, string> = { host: `${podIP}:${port}`, 'user-agent': 'kube-probe/1.32', accept: '*/*' };
  for (const { name, value } of get.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  const options = { host: get.host ?? host, port, path: get.path || '/', headers, agent: false as const, signal };
  const ask = get.scheme === 'HTTPS' ? secureRequest({ ...options, rejectUnauthorized: false }) : request(options);
  ask.on('response', response => {
    let seen = 0;
    response.on('data', (chunk: Buffer) => {
      seen += chunk.length;
      if (seen > BODY_SHOWN_BYTES_MAX) response.destroy();
    });
    response.on('error', () => {});
    const code = response.statusCode ?? 0;
    const ok = code >= 200 && code < 400;
    resolve({ ok, output: ok ? '' : `HTTP probe failed with statuscode: ${code}` });
    response.resume();
  });
  ask.on('error', error =>
    reject(new Error(`Get "http://${podIP}:${port}${get.path ?? '/'}": ${reasonOf(error, podIP, port)}`)),
  );
  ask.end();
  return promise;
}

function attemptTcp(host: string, port: number, signal: AbortSignal): Promise<ProbeVerdict> {
  const { promise, resolve, reject } = Promise.withResolvers<ProbeVerdict>();
  const socket = connect({ host, port });
  const stop = () => socket.destroy(new Error('timeout'));
  signal.addEventListener('abort', stop, { once: true });
  socket.once('connect', () => {
    resolve({ ok: true, output: '' });
    socket.destroy();
  });
  socket.once('error', error => reject(new Error(reasonOf(error, host, port))));
  return promise.finally(() => signal.removeEventListener('abort', stop));
}

const reasonOf = (error: Error, host: string, port: number): string => {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ECONNREFUSED' ? `dial tcp ${host}:${port}: connect: connection refused` : error.message;
};
