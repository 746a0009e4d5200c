/**
 * Runs one pod: looks at what is wanted and what is, asks pod-actions what to do, does it, reports, and waits for the next
 * change. Called by pods (the front door).
 *
 * Always: one step at a time; the pod's state is written here and in the files this one calls, nowhere else; the worker of a
 * deleted pod ends only when nothing of the pod is left.
 */
import type { Pod } from '../control/kinds/pod.ts';
import type { Rejection } from './admit.ts';
import type { PodCheckpoint } from './checkpoint.ts';
import { startContainer } from './container-start.ts';
import { EVICTED, measureDisk } from './disk-usage.ts';
import { type Action, graceOf, planPod } from './pod-actions.ts';
import { terminate } from './pod-removal.ts';
import { publish } from './pod-report.ts';
import { containerEvent, type NodeContext, type PodRun, podTitle } from './pod-run.ts';
import { setUp } from './pod-setup.ts';
import { stopContainers } from './pod-stop.ts';
import { createRun, update } from './pod-take-on.ts';
import { durationText } from './restart.ts';
import { createWaker } from './waker.ts';

const FIRST_REPORT_MS = 150;
/** A pod that is evicted has had its chance. */
const EVICTION_GRACE_MS = 1_000;
/** Files with service account tokens are looked at this often. */
const TOKEN_REFRESH_MS = 60_000;

export interface PodWorker {
  readonly run: PodRun;
  /** The server has a newer version of the pod. */
  update(pod: Pod): void;
  /** The server has no such pod any more. */
  gone(): void;
  /** The agent is stopping: ends the containers within `graceMs`, keeps the pod. */
  shutDown(graceMs: number): Promise<void>;
  /** Resolves when nothing of the pod is left on this node. */
  readonly done: Promise<void>;
}

export function startPodWorker(
  node: NodeContext,
  pod: Pod,
  { restored, rejected }: { restored?: PodCheckpoint; rejected?: Rejection } = {},
): PodWorker {
  const run = createRun(node, pod, restored);
  run.failure ??= rejected;
  const { wake, pause, taken } = createWaker(node.clock);
  let stopped = false;
  run.wake = wake;
  const release = node.objects.hold(pod, () => objectsChanged(run));
  // A pod that starts at once is reported once, as running; one that takes longer is seen to be on its way.
  const cancelFirst = node.clock.after(FIRST_REPORT_MS, () => !run.status && publish(run), { background: true });
  const loop = async (): Promise<void> => {
    while (!stopped) {
      taken();
      const next = await step(run);
      if (next === 'ended') break;
      publish(run);
      if (!stopped) await pause(next);
    }
  };
  const done = loop()
    .catch(error =>
      node.log('error', 'a pod worker ended unexpectedly', {
        pod: podTitle(pod),
        error: String(error?.stack ?? error),
      }),
    )
    .finally(() => {
      cancelFirst();
      release();
    });
  return {
    run,
    done,
    update: newer => update(run, newer),
    gone() {
      run.gone = true;
      // There is nobody left to tell.
      run.reporter.close();
      run.ending.abort();
      run.wake();
    },
    async shutDown(graceMs) {
      stopped = true;
      run.ending.abort();
      run.wake();
      await stopContainers(run, graceMs);
      publish(run);
      // Nothing listens there now; the checkpoint says whose it is when this node is back.
      node.addresses.release(run.uid);
    },
  };
}

/** Something that the pod refers to is new: what waited for it need not wait any longer. */
function objectsChanged(run: PodRun): void {
  run.volumesStale = true;
  run.setupBackOffMs = 0;
  for (const { state } of run.records.values()) {
    if (state.is === 'waiting' && state.reason === 'CreateContainerConfigError') state.retryAt = 0;
  }
  run.wake();
}

/** One look at the pod. Answers when to look again at the latest, or that it has ended. */
async function step(run: PodRun): Promise<number | 'ended'> {
  const { node, pod, records } = run;
  const world = {
    records,
    now: node.clock.now(),
    startedAt: run.startedAt,
    gone: run.gone,
    failed: run.failure !== undefined,
  };
  const actions = planPod(pod, world);
  const starts = actions.some(({ do: what }) => what === 'start');
  if (starts || (run.volumesStale && run.sandboxReady)) {
    const wait = await setUp(run);
    if (wait !== undefined) return node.clock.now() + wait;
  }
  let next = hasTokens(pod) ? world.now + TOKEN_REFRESH_MS : Number.POSITIVE_INFINITY;
  if (hasTokens(pod)) run.volumesStale = true;
  next = Math.min(next, await measureDisk(run));
  for (const action of actions) {
    const again = await perform(run, action);
    if (again === 'ended') return again;
    next = Math.min(next, again);
  }
  return next;
}

const hasTokens = (pod: Pod): boolean =>
  pod.spec.volumes?.some(volume => volume.projected?.sources?.some(source => source.serviceAccountToken)) === true;

async function perform(run: PodRun, action: Action): Promise<number | 'ended'> {
  switch (action.do) {
    case 'start':
      await startContainer(run, action.container);
      publish(run);
      // What it led to (a retry time, an early end) is seen by planning again at once.
      return 0;
    case 'hold':
      holdRestart(run, action.container, action.untilMs);
      return action.untilMs;
    case 'wait':
      return action.untilMs;
    case 'fail':
      run.failure = { reason: action.reason, message: action.message };
      return 0;
    case 'finish':
      await finish(run);
      return Number.POSITIVE_INFINITY;
    case 'terminate':
      await terminate(run, action.graceSeconds);
      return 'ended';
  }
}

function holdRestart(run: PodRun, name: string, untilMs: number): void {
  const record = run.records.get(name)!;
  if (record.state.is !== 'terminated') return;
  record.last = record.state.end;
  record.restarting = true;
  const title = podTitle(run.pod);
  const message = `back-off ${durationText(record.backOff?.delayMs ?? 0)} restarting failed container=${name} pod=${title}`;
  record.state = { is: 'waiting', reason: 'CrashLoopBackOff', message, retryAt: untilMs };
  containerEvent(run, name, 'Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${title}`);
}

/** Everything that had to run has run, or the pod has failed. The object stays until somebody deletes it. */
async function finish(run: PodRun): Promise<void> {
  if (run.over) return;
  if (run.failure) run.node.events(run.pod, 'Warning', run.failure.reason, run.failure.message);
  await stopContainers(run, run.failure?.reason === EVICTED ? EVICTION_GRACE_MS : graceOf(run.pod) * 1000);
  run.over = true;
  run.node.addresses.release(run.uid);
}
