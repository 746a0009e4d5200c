/**
 * Runs one pod: looks at what is wanted and what is, asks pod-actions what to do, does it, reports, and waits for the next
 * change. Called by pods (the front door).
 *
 * Always: one step at a time; the pod's state is written here and in the files this one calls, nowhere else; the worker of a
 * deleted pod ends only when nothing of the pod is left.
 */

import { createBackoff } from '../control/client/backoff.ts';
import { equal } from '../control/machinery/equal.ts';
import { timestamp } from '../control/machinery/meta.ts';
import { isReason } from '../control/machinery/status.ts';
import type { PodCheckpoint } from './checkpoint.ts';
import { SetupError } from './config-error.ts';
import { startContainer, unknownRuntimeClass } from './container-start.ts';
import { PODS, type Pod } from './objects.ts';
import { type Action, graceOf, planPod } from './pod-actions.ts';
import { containerEvent, factsOf, type NodeContext, type PodRun, podDirectory, podTitle } from './pod-run.ts';
import { podStatus } from './pod-status.ts';
import { killAfter, stopContainers } from './pod-stop.ts';
import { containersOf, newRecords, type Records, restoredRecords } from './record.ts';
import { durationText } from './restart.ts';
import { layOutVolumes } from './volumes/lay-out.ts';

const FIRST_REPORT_MS = 150;
const SETUP_BACK_OFF_FIRST_MS = 500;
const SETUP_BACK_OFF_MAX_MS = 120_000;
/** Until the server has given this node its range of addresses. */
const ADDRESS_RETRY_MS = 50;
/** Files with service account tokens are looked at this often. */
const TOKEN_REFRESH_MS = 60_000;
const DELETE_RETRY_FIRST_MS = 200;
const DELETE_RETRY_MAX_MS = 10_000;

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

export function startPodWorker(node: NodeContext, pod: Pod, restored?: PodCheckpoint): PodWorker {
  const run = createRun(node, pod, restored);
  let wakeUp = () => {};
  let awake = true;
  let stopped = false;
  run.wake = () => {
    awake = true;
    wakeUp();
  };
  const release = node.objects.hold(pod, () => {
    run.volumesStale = true;
    for (const record of run.records.values()) {
      if (record.state.is === 'waiting' && record.state.reason === 'CreateContainerConfigError')
        record.state.retryAt = 0;
    }
    run.setupBackOffMs = 0;
    run.wake();
  });
  const pause = async (untilMs: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wakeUp = resolve;
    const waitMs = Math.min(untilMs - node.clock.now(), 2 ** 31 - 1);
    const cancel = Number.isFinite(waitMs)
      ? node.clock.after(Math.max(0, waitMs), resolve, { background: true })
      : undefined;
    if (!awake) await promise;
    awake = false;
    cancel?.();
  };
  // A pod that starts at once is reported once, as running; one that takes longer is seen to be on its way.
  const cancelFirst = node.clock.after(FIRST_REPORT_MS, () => !run.status && publish(run), { background: true });
  const loop = async (): Promise<void> => {
    while (!stopped) {
      awake = false;
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
      run.ending.abort();
      run.wake();
    },
    async shutDown(graceMs) {
      stopped = true;
      run.ending.abort();
      run.wake();
      await stopContainers(run, graceMs);
      publish(run);
      run.reporter.close();
    },
  };
}

function createRun(node: NodeContext, pod: Pod, restored: PodCheckpoint | undefined): PodRun {
  const now = node.clock.now();
  const uid = pod.metadata.uid!;
  const status = restored?.status ?? pod.status;
  const began = status?.startTime ? Date.parse(status.startTime) : now;
  const records: Records = status ? restoredRecords(pod, status, now, timestamp(now)) : newRecords(pod);
  const failed = status?.phase === 'Failed' && status.reason !== undefined;
  const kept = restored?.ip !== undefined && (pod.spec.hostNetwork || node.addresses.restore(uid, restored.ip));
  return {
    node,
    uid,
    pod,
    records,
    running: new Map(),
    imageBackOffs: new Map(),
    ip: kept ? restored?.ip : undefined,
    startedAt: began,
    startTime: timestamp(began),
    sandboxReady: false,
    volumesStale: false,
    setupBackOffMs: 0,
    gone: false,
    failure: failed ? { reason: status.reason!, message: status.message ?? '' } : undefined,
    over: status?.phase === 'Failed' || status?.phase === 'Succeeded',
    status: restored?.status,
    reporter: node.reporter.open(pod),
    ending: new AbortController(),
    wake: () => {},
  };
}

function update(run: PodRun, newer: Pod): void {
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
    void running.sandbox.stop(graceOf(run.pod) * 1000);
  }
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

/** Address and volumes. Answers how long to wait before the next try, or nothing when all is there. */
async function setUp(run: PodRun): Promise<number | undefined> {
  const { node, pod } = run;
  try {
    if (unknownRuntimeClass(pod.spec.runtimeClassName)) {
      const why = `RuntimeHandler "${pod.spec.runtimeClassName}" not supported`;
      throw new SetupError('FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`);
    }
    run.ip ??= pod.spec.hostNetwork ? node.hostIP : node.addresses.take(run.uid);
    if (run.ip === undefined && node.addresses.range === undefined) return ADDRESS_RETRY_MS;
    if (run.ip === undefined) {
      const why = `no address is free in ${node.addresses.range}`;
      throw new SetupError('FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`);
    }
    if (!run.sandboxReady || run.volumesStale) {
      run.volumesStale = false;
      const facts = factsOf(run);
      const directory = podDirectory(run);
      await layOutVolumes({ files: node.files, directory, facts, objects: node.objects, token: node.token });
    }
    run.sandboxReady = true;
    run.setupBackOffMs = 0;
    return undefined;
  } catch (error) {
    const setup = error instanceof SetupError ? error : new SetupError('FailedMount', String(error));
    node.events(pod, 'Warning', setup.reason, setup.message);
    run.setupBackOffMs = Math.min(SETUP_BACK_OFF_MAX_MS, run.setupBackOffMs * 2 || SETUP_BACK_OFF_FIRST_MS);
    // Volumes that are there keep their old content; containers that run are not touched.
    return run.setupBackOffMs;
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
  await stopContainers(run, graceOf(run.pod) * 1000);
  run.over = true;
  run.node.addresses.release(run.uid);
}

function publish(run: PodRun): void {
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
  const changed = JSON.stringify(status) !== JSON.stringify(run.status);
  run.status = status;
  run.reporter.want(status);
  // Waiting for the disk here would hold up the pod's start; the checkpoint keeps order by itself.
  if (changed) void node.checkpoints.save({ pod: run.pod, status, ip: over ? undefined : ip });
}

async function terminate(run: PodRun, graceSeconds: number): Promise<void> {
  const { node, uid } = run;
  await stopContainers(run, run.gone && run.pod.metadata.deletionTimestamp ? 0 : graceSeconds * 1000);
  run.over = true;
  node.addresses.release(uid);
  if (!run.gone) {
    publish(run);
    await run.reporter.settled();
    await removeObject(run);
  }
  run.reporter.close();
  await node.checkpoints.forget(uid);
  const { namespace, name } = run.pod.metadata;
  for (const path of [podDirectory(run), `${node.directory}/logs/${namespace}_${name}_${uid}`]) {
    await node.files
      .remove(path, { recursive: true })
      .catch(error => node.log('warn', 'files of a pod that has ended could not be removed', { error: String(error) }));
  }
}

/** The last word: the server may forget the pod now. Tried until the server answers. */
async function removeObject(run: PodRun): Promise<void> {
  const { node, uid, pod } = run;
  const { namespace, name } = pod.metadata;
  const backoff = createBackoff({ initialMs: DELETE_RETRY_FIRST_MS, maxMs: DELETE_RETRY_MAX_MS, dice: node.dice });
  while (!run.gone) {
    try {
      await node.client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
      return;
    } catch (error) {
      if (isReason(error, 'NotFound', 'Conflict')) return;
      await node.clock.sleep(backoff.next());
    }
  }
}
