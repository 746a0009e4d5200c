/**
 * The cluster as the scheduler believes it to be: every node with the pods on it, kept up to date change by change. Pods
 * that were just given a node are *assumed* there until the API says the same, so that the next decision counts them.
 *
 * Always: a pod is counted on exactly one node; what the API says of a pod's node beats what was assumed.
 */
import { hasPodEnded } from '../client/pod-state.ts';
import type { Node } from '../kinds/node.ts';
import type { Pod } from '../kinds/pod.ts';
import { keyText } from '../machinery/meta.ts';
import { addPod, createNodeInfo, createPodInfo, type NodeInfo, type PodInfo, removePod } from './node-info.ts';

export interface Snapshot {
  /** Nodes that exist, in the order in which they came. */
  nodes(): readonly NodeInfo[];
  setNode(node: Node): void;
  removeNode(name: string): void;
  setPod(pod: Pod): void;
  removePod(key: string): void;
  assume(info: PodInfo, node: string): void;
  /** The assumption was wrong: the binding failed. */
  forget(key: string): void;
  isAssumed(key: string): boolean;
}

export function createSnapshot(): Snapshot {
  const nodes = new Map<string, NodeInfo>();
  /** Where each pod is counted, also on nodes that are not there (yet). */
  const placed = new Map<string, { info: PodInfo; node: string }>();
  const assumed = new Set<string>();
  let list: readonly NodeInfo[] | undefined;

  const place = (info: PodInfo, node: string) => {
    displace(info.key);
    placed.set(info.key, { info, node });
    const target = nodes.get(node);
    if (target) addPod(target, info);
  };
  const displace = (key: string) => {
    const before = placed.get(key);
    if (!before) return;
    placed.delete(key);
    const node = nodes.get(before.node);
    if (node) removePod(node, key);
  };

  return {
    nodes: () => (list ??= [...nodes.values()]),
    setNode(node) {
      const name = node.metadata.name;
      const before = nodes.get(name);
      const pods = before ? before.pods.values() : podsOf(placed.values(), name);
      nodes.set(name, createNodeInfo(node, pods));
      list = undefined;
    },
    removeNode(name) {
      nodes.delete(name);
      list = undefined;
    },
    setPod(pod) {
      const key = keyText(pod.metadata);
      if (!pod.spec.nodeName && assumed.has(key)) return;
      assumed.delete(key);
      if (!pod.spec.nodeName || hasPodEnded(pod)) displace(key);
      else place(createPodInfo(pod), pod.spec.nodeName);
    },
    removePod(key) {
      assumed.delete(key);
      displace(key);
    },
    assume(info, node) {
      assumed.add(info.key);
      place(info, node);
    },
    forget(key) {
      if (assumed.delete(key)) displace(key);
    },
    isAssumed: key => assumed.has(key),
  };
}

function* podsOf(placed: Iterable<{ info: PodInfo; node: string }>, name: string): Iterable<PodInfo> {
  for (const { info, node } of placed) if (node === name) yield info;
}
