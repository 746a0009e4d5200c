/**
 * One decision, pure: which node a pod goes to, or why it can go to none. Filters say where it may run, scores where it
 * should, select breaks ties.
 *
 * Always: looks at nodes in a circle from `start`, so that all are used alike; in a large cluster it stops once enough
 * nodes will do, as kube-scheduler does.
 */
import { nodeAffinity } from './filters/node-affinity.ts';
import { nodeName } from './filters/node-name.ts';
import { nodeSelector } from './filters/node-selector.ts';
import { ports } from './filters/ports.ts';
import { resources } from './filters/resources.ts';
import { runtime } from './filters/runtime.ts';
import { taints } from './filters/taints.ts';
import { unschedulable } from './filters/unschedulable.ts';
import type { Filter, Score, World } from './framework.ts';
import type { NodeInfo, PodInfo } from './node-info.ts';
import { balanced } from './scores/balanced.ts';
import { leastAllocated } from './scores/least-allocated.ts';
import { moduleLocality } from './scores/module-locality.ts';
import { preferredAffinity } from './scores/node-affinity.ts';
import { spread } from './scores/spread.ts';
import { preferUntainted } from './scores/taints.ts';
import { select } from './select.ts';

export interface Profile {
  filters: readonly Filter[];
  scores: readonly Score[];
}

/** The cheap filters and those that refuse most come first. */
export const DEFAULT_PROFILE: Profile = {
  filters: [unschedulable, nodeName, taints, nodeSelector, nodeAffinity, runtime, ports, resources],
  scores: [leastAllocated, balanced, spread, moduleLocality, preferUntainted, preferredAffinity],
};

export type Decision =
  | { fits: true; node: string; evaluated: number; feasible: number }
  | { fits: false; refusals: Refusals; evaluated: number };

export interface Refusals {
  nodes: number;
  /** Reason → number of nodes. */
  reasons: Map<string, number>;
  /** Nodes where evicting others could not help. */
  unresolvable: number;
  /** The filters that refused, for the queue: only changes that may cure them wake the pod. */
  by: Set<Filter>;
}

const SEARCH_ALL_BELOW = 100;
const SEARCH_PERCENT_MIN = 5;

export function decide(
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  world: World,
  { profile, start, random }: { profile: Profile; start: number; random: () => number },
): Decision {
  const refusals: Refusals = { nodes: nodes.length, reasons: new Map(), unresolvable: 0, by: new Set() };
  const wanted = enough(nodes.length);
  const feasible: NodeInfo[] = [];
  let evaluated = 0;
  while (evaluated < nodes.length && feasible.length < wanted) {
    const node = nodes[(start + evaluated++) % nodes.length]!;
    if (passes(pod, node, world, profile.filters, refusals)) feasible.push(node);
  }
  if (feasible.length === 0) return { fits: false, refusals, evaluated };
  const scores = feasible.length === 1 ? new Float64Array(1) : scoreAll(pod, feasible, profile.scores);
  return { fits: true, node: feasible[select(scores, random)]!.name, evaluated, feasible: feasible.length };
}

function passes(pod: PodInfo, node: NodeInfo, world: World, filters: readonly Filter[], refusals: Refusals): boolean {
  for (const filter of filters) {
    const why = filter.check(pod, node, world);
    if (!why) continue;
    refusals.by.add(filter);
    if (filter.unresolvable) refusals.unresolvable++;
    for (const reason of why) refusals.reasons.set(reason, (refusals.reasons.get(reason) ?? 0) + 1);
    return false;
  }
  return true;
}

function scoreAll(pod: PodInfo, nodes: readonly NodeInfo[], scores: readonly Score[]): Float64Array {
  const totals = new Float64Array(nodes.length);
  const raw = new Float64Array(nodes.length);
  for (const score of scores) {
    if (score.applies && !score.applies(pod)) continue;
    for (let i = 0; i < nodes.length; i++) raw[i] = score.score(pod, nodes[i]!);
    score.normalize?.(raw);
    for (let i = 0; i < nodes.length; i++) totals[i]! += raw[i]! * score.weight;
  }
  return totals;
}

/** kube-scheduler's percentageOfNodesToScore, adaptive: 50 % at 100 nodes, falling to 5 %. */
function enough(nodes: number): number {
  if (nodes < SEARCH_ALL_BELOW) return nodes;
  const percent = Math.max(SEARCH_PERCENT_MIN, 50 - Math.floor(nodes / 125));
  return Math.max(SEARCH_ALL_BELOW, Math.floor((nodes * percent) / 100));
}
