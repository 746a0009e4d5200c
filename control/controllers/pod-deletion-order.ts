/**
 * Which pods go first when there are too many (kube-controller's ActivePodsWithRanks): those that serve least and would
 * be missed least. Pure.
 */
import { isPodReady } from '../client/pod-state.ts';
import type { Pod } from '../kinds/pod.ts';
import { conditionOf } from '../machinery/conditions.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASES = ['Pending', 'Unknown', 'Running'];

/**
 * `related`: all pods of the same purpose. Where several share a node, all but one of them are missed less; each that goes
 * makes the rest there count for more, so that what is left stays spread (Kubernetes ranks by the count before, and can
 * empty a whole node).
 */
export function inDeletionOrder(pods: readonly Pod[], related: readonly Pod[], now: number): Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec.nodeName;
    if (node) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const ranked = pods.map(pod => ({ pod, rank: rankOf(pod, now) }));
  ranked.sort((a, b) => compareRanks(a.rank, b.rank));
  for (const { pod, rank } of ranked) {
    const node = pod.spec.nodeName ?? '';
    const sharing = perNode.get(node) ?? 0;
    perNode.set(node, sharing - 1);
    rank[NODE_RANK] = -sharing;
  }
  return ranked.sort((a, b) => compareRanks(a.rank, b.rank)).map(({ pod }) => pod);
}

const NODE_RANK = 4;

/** Smaller goes first, from the left. */
function rankOf(pod: Pod, now: number): (number | string)[] {
  const { status, spec, metadata } = pod;
  const ready = isPodReady(pod);
  const readySince = ready ? conditionOf(status?.conditions, 'Ready')?.lastTransitionTime : undefined;
  const restarts = Math.max(0, ...(status?.containerStatuses ?? []).map(container => container.restartCount));
  return [
    spec.nodeName ? 1 : 0,
    PHASES.indexOf(status?.phase ?? 'Pending'),
    ready ? 1 : 0,
    Number(metadata.annotations?.[DELETION_COST] ?? 0) || 0,
    0,
    readySince === undefined ? 0 : ageStep(readySince, now),
    -restarts,
    ageStep(metadata.creationTimestamp, now),
    metadata.uid ?? '',
  ];
}

/** Ages count by their power of two, so that among pods of about one age it is not always the newest that goes. */
const ageStep = (time: string | undefined, now: number): number =>
  Math.floor(Math.log2(Math.max(1, now - Date.parse(time ?? ''))) || 0);

function compareRanks(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i]! < b[i]!) return -1;
    if (a[i]! > b[i]!) return 1;
  }
  return 0;
}
