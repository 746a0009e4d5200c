/**
 * The PodStatus that is true now: facts about the containers in, status out; and the smallest patch from what the server
 * has been told. Pure. Follows the kubelet's generateAPIPodStatus (phase, conditions, reasons and wording).
 *
 * Always: a condition's lastTransitionTime changes only with its status; conditions that others own are never sent.
 */
import type { Pod } from '../control/kinds/pod.ts';
import type { ContainerState, ContainerStatus } from '../control/kinds/types/container-status.ts';
import type { PodCondition, PodStatus } from '../control/kinds/types/pod-status.ts';
import { EVICTED } from './disk-usage.ts';
import { restarts } from './pod-actions.ts';
import type { ContainerRecord, Records } from './record.ts';

export interface Facts {
  records: Records;
  hostIP: string;
  podIP?: string;
  startTime: string;
  /** Network and volumes are there. */
  sandboxReady: boolean;
  /** The pod as a whole has failed: its deadline, an eviction, no room. */
  failure?: { reason: string; message: string };
  /** All that was running has been stopped for good. */
  over: boolean;
  /** What was true last, which the server may not know yet. */
  before?: PodStatus;
  now: string;
}

export function podStatus(pod: Pod, facts: Facts): PodStatus {
  const { records, podIP, hostIP } = facts;
  const statuses = (names: readonly { name: string }[] = []) => names.map(({ name }) => containerStatus(records, name));
  const phase = facts.failure && facts.over ? 'Failed' : phaseOf(pod, facts);
  const status: PodStatus = {
    phase,
    conditions: conditionsOf(pod, facts, phase),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    startTime: facts.startTime,
    containerStatuses: statuses(pod.spec.containers),
  };
  if (pod.spec.initContainers?.length) status.initContainerStatuses = statuses(pod.spec.initContainers);
  if (podIP) Object.assign(status, { podIP, podIPs: [{ ip: podIP }] });
  if (facts.failure) Object.assign(status, facts.failure);
  return status;
}

function phaseOf(pod: Pod, { records, over }: Pick<Facts, 'records' | 'over'>): NonNullable<PodStatus['phase']> {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const inits = (pod.spec.initContainers ?? []).map(({ name }) => records.get(name)!);
  for (const init of inits) {
    if (init.kind === 'sidecar') {
      if (init.state.is === 'waiting' && !init.last) return 'Pending';
      continue;
    }
    const failed = init.state.is === 'terminated' && init.state.end.exitCode !== 0;
    if (failed && policy === 'Never') return 'Failed';
    if (init.state.is !== 'terminated' || failed) return over ? 'Failed' : 'Pending';
  }
  const mains = pod.spec.containers.map(({ name }) => records.get(name)!);
  const neverRan = mains.some(record => record.state.is === 'waiting' && !record.last);
  if (neverRan) return over ? 'Failed' : 'Pending';
  if (mains.some(record => record.state.is === 'running')) return 'Running';
  const codes = mains.map(record => (record.state.is === 'terminated' ? record.state.end.exitCode : 1));
  const coming = mains.some(r => r.state.is !== 'terminated' || restarts(pod, r, r.state.end));
  if (coming && !over) return 'Running';
  return codes.every(code => code === 0) ? 'Succeeded' : 'Failed';
}

function containerStatus(records: Records, name: string): ContainerStatus {
  const record = records.get(name)!;
  const running = record.state.is === 'running';
  const completedInit = record.kind === 'init' && record.state.is === 'terminated' && record.state.end.exitCode === 0;
  const status: ContainerStatus = {
    name,
    state: stateOf(record),
    lastState: record.last ? { terminated: record.last } : {},
    ready: (running && record.started && record.ready) || completedInit,
    started: running && record.started,
    restartCount: record.restartCount,
    image: record.image,
    imageID: record.imageID,
  };
  if (record.containerID) status.containerID = record.containerID;
  return status;
}

function stateOf({ state }: ContainerRecord): ContainerState {
  switch (state.is) {
    case 'waiting':
      return { waiting: state.message ? { reason: state.reason, message: state.message } : { reason: state.reason } };
    case 'running':
      return { running: { startedAt: state.startedAt } };
    case 'terminated':
      return { terminated: state.end };
  }
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;
const TRUE: Verdict = { status: 'True' };

function conditionsOf(pod: Pod, facts: Facts, phase: PodStatus['phase']): PodCondition[] {
  const containers = containersReady(pod, facts, phase);
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: facts.sandboxReady && !facts.over ? TRUE : { status: 'False' },
    Initialized: initialized(pod, facts, phase),
    Ready: containers.status === 'True' ? gatesReady(pod) : containers,
    ContainersReady: containers,
    PodScheduled: TRUE,
  };
  const { failure } = facts;
  if (failure?.reason === EVICTED)
    verdicts['DisruptionTarget'] = { status: 'True', reason: 'TerminationByKubelet', message: failure.message };
  return Object.entries(verdicts).map(([type, verdict]) => {
    const known = facts.before?.conditions ?? pod.status?.conditions;
    const before = known?.find(condition => condition.type === type);
    const same = before?.status === verdict.status && before.lastTransitionTime !== undefined;
    return { type, ...verdict, lastTransitionTime: same ? before.lastTransitionTime : facts.now };
  });
}

function initialized(pod: Pod, { records }: Facts, phase: PodStatus['phase']): Verdict {
  const inits = pod.spec.initContainers ?? [];
  if (phase === 'Succeeded') return inits.length > 0 ? { status: 'True', reason: 'PodCompleted' } : TRUE;
  const missing = inits.filter(({ name }) => {
    const { kind, state, started } = records.get(name)!;
    return kind === 'sidecar' ? !started : state.is !== 'terminated' || state.end.exitCode !== 0;
  });
  if (missing.length === 0) return TRUE;
  const message = `containers with incomplete status: [${missing.map(({ name }) => name).join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

function containersReady(pod: Pod, { records }: Facts, phase: PodStatus['phase']): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const unready = [...sidecars, ...pod.spec.containers].filter(({ name }) => !containerStatus(records, name).ready);
  if (unready.length === 0) return TRUE;
  const message = `containers with unready status: [${unready.map(({ name }) => name).join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotReady', message };
}

function gatesReady(pod: Pod): Verdict {
  const missing: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (!condition) missing.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (condition.status !== 'True')
      missing.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
  }
  if (missing.length === 0) return TRUE;
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: missing.join(', ') };
}
