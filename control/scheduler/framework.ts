/**
 * What filters and scores are: data with a pure function each. The scheduler runs lists of them and asks nothing about
 * which is which. A new plugin is a file and a line in decide.ts.
 */
import type { RuntimeClass } from '../kinds/runtime-class.ts';
import type { NodeInfo, PodInfo } from './node-info.ts';

/** What filters may ask about beyond pod and node. */
export interface World {
  runtimeClass(name: string): RuntimeClass | undefined;
}

/** Something in the cluster changed in a way that may make room. */
export type ClusterEvent = 'node-added' | 'node-updated' | 'pod-deleted' | 'pod-updated' | 'runtime-class-changed';

export interface Filter {
  name: string;
  /** Evicting other pods cannot cure its refusals. */
  unresolvable?: boolean;
  /** Which changes may cure a refusal. */
  curedBy: readonly ClusterEvent[];
  /** Why the pod cannot run there, in Kubernetes' words; nothing when it can. */
  check(pod: PodInfo, node: NodeInfo, world: World): readonly string[] | undefined;
}

export interface Score {
  name: string;
  weight: number;
  /** Whether it has anything to say about this pod; absent: always. */
  applies?(pod: PodInfo): boolean;
  /** 0…100, unless `normalize` maps it there. */
  score(pod: PodInfo, node: NodeInfo): number;
  /** Maps raw scores, in place, to 0…100. */
  normalize?(scores: Float64Array): void;
}

export const SCORE_MAX = 100;

/** The largest becomes 100, the others in proportion; `reverse`: the smallest is the best. */
export function normalizeByMax(scores: Float64Array, reverse: boolean): void {
  let max = 0;
  for (const score of scores) max = Math.max(max, score);
  for (let i = 0; i < scores.length; i++) {
    const part = max === 0 ? 0 : (scores[i]! * SCORE_MAX) / max;
    scores[i] = reverse ? SCORE_MAX - part : part;
  }
}
