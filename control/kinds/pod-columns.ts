/**
 * A pod in one line, with the status that kubectl's users know: not the phase, but what the containers say most urgently
 * (Kubernetes' printPod).
 */
import { ageOf } from '../machinery/duration.ts';
import { ageColumn, NONE, nameColumn, text, wide } from './columns.ts';
import type { Pod } from './pod.ts';
import type { Column } from './strategy.ts';
import type { ContainerStatus } from './types/container-status.ts';

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  text('Ready', 'Containers that are ready, and all of them.', pod => summarize(pod).ready),
  text('Status', 'What the pod is doing, in a word.', pod => summarize(pod).status),
  text('Restarts', 'How often containers were started again, and when last.', (pod, now) => restartsText(pod, now)),
  ageColumn,
  wide(text('IP', 'Address of the pod.', pod => pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || NONE)),
  wide(text('Node', 'Node that runs the pod.', pod => pod.spec.nodeName || NONE)),
  wide(text('Nominated Node', 'Node on which room is being made.', pod => pod.status?.nominatedNodeName || NONE)),
  wide(text('Readiness Gates', 'Extra conditions that are true, and all of them.', gatesText)),
];

interface Summary {
  ready: string;
  status: string;
  restarts: number;
  lastRestart: string;
}

function summarize(pod: Pod): Summary {
  const status = pod.status;
  const sidecars = new Set(pod.spec.initContainers?.filter(c => c.restartPolicy === 'Always').map(c => c.name));
  const init = summarizeInit(pod, sidecars);
  let word = init.word ?? gateOrPhase(pod);
  let ready = init.ready;
  let restarts = init.restarts;
  let lastRestart = init.lastRestart;
  if (init.word === undefined || hasCondition(pod, 'Initialized')) {
    const main = summarizeMain(pod, word);
    word = main.word;
    ready += main.ready;
    restarts = init.sidecarRestarts + main.restarts;
    lastRestart = later(main.lastRestart, init.sidecarLastRestart);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status?.reason === 'NodeLost') word = 'Unknown';
    else if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') word = 'Terminating';
  }
  return { ready: `${ready}/${pod.spec.containers.length + sidecars.size}`, status: word, restarts, lastRestart };
}

function gateOrPhase(pod: Pod): string {
  const gated = pod.status?.conditions?.some(c => c.type === 'PodScheduled' && c.reason === 'SchedulingGated');
  return gated ? 'SchedulingGated' : pod.status?.reason || pod.status?.phase || 'Unknown';
}

interface InitSummary {
  /** Absent when all init containers have done their work. */
  word: string | undefined;
  ready: number;
  restarts: number;
  lastRestart: string;
  sidecarRestarts: number;
  sidecarLastRestart: string;
}

function summarizeInit(pod: Pod, sidecars: ReadonlySet<string>): InitSummary {
  const sum: InitSummary = {
    word: undefined,
    ready: 0,
    restarts: 0,
    lastRestart: '',
    sidecarRestarts: 0,
    sidecarLastRestart: '',
  };
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const finished = status.lastState?.terminated?.finishedAt ?? '';
    sum.restarts += status.restartCount;
    if (finished > sum.lastRestart) sum.lastRestart = finished;
    if (sidecars.has(status.name)) {
      sum.sidecarRestarts += status.restartCount;
      if (finished > sum.sidecarLastRestart) sum.sidecarLastRestart = finished;
    }
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecars.has(status.name) && status.started === true) {
      if (status.ready) sum.ready++;
      continue;
    }
    if (terminated !== undefined) sum.word = `Init:${endText(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') sum.word = `Init:${waiting.reason}`;
    else sum.word = `Init:${i}/${pod.spec.initContainers?.length ?? 0}`;
    break;
  }
  return sum;
}

function summarizeMain(
  pod: Pod,
  phase: string,
): { word: string; ready: number; restarts: number; lastRestart: string } {
  const sum = { word: phase, ready: 0, restarts: 0, lastRestart: '' };
  let running = false;
  // The first container has the last word.
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    const finished = status.lastState?.terminated?.finishedAt ?? '';
    sum.restarts += status.restartCount;
    if (finished > sum.lastRestart) sum.lastRestart = finished;
    const { terminated, waiting, running: since } = status.state ?? {};
    if (waiting?.reason) sum.word = waiting.reason;
    else if (terminated !== undefined) sum.word = endText(terminated);
    else if (status.ready && since !== undefined) {
      running = true;
      sum.ready++;
    }
  }
  if (sum.word === 'Completed' && running) sum.word = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  return sum;
}

/** RFC 3339 in UTC sorts as text. */
const later = (a: string, b: string): string => [a, b].sort()[1]!;

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

const endText = (end: Terminated): string =>
  end.reason || (end.signal ? `Signal:${end.signal}` : `ExitCode:${end.exitCode}`);

const hasCondition = (pod: Pod, type: string): boolean =>
  pod.status?.conditions?.some(c => c.type === type && c.status === 'True') === true;

function restartsText(pod: Pod, now: number): string {
  const { restarts, lastRestart } = summarize(pod);
  return restarts > 0 && lastRestart !== '' ? `${restarts} (${ageOf(lastRestart, now)} ago)` : String(restarts);
}

function gatesText(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  return `${gates.filter(gate => hasCondition(pod, gate.conditionType)).length}/${gates.length}`;
}
