/**
 * What a node's silence, or its own words, mean: conditions, taints, and pods that no longer count as ready. Pure.
 *
 * Always: a node that is heard again gets everything taken back that silence had put on it.
 */
import { isPodReady } from '../client/pod-state.ts';
import type { Node } from '../kinds/node.ts';
import type { Pod } from '../kinds/pod.ts';
import type { NodeCondition, Taint } from '../kinds/types/node.ts';
import { conditionOf } from '../machinery/conditions.ts';
import { timestamp } from '../machinery/meta.ts';
import { NODES, PODS } from '../machinery/resources.ts';
import type { Action } from './actions.ts';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
/** A condition that is True → the taint that keeps new pods away. */
const PRESSURE_TAINTS: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
};
const OWNED_TAINTS = [NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(PRESSURE_TAINTS)];
const HEARTBEAT_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export interface NodeHealthWorld {
  node: Node;
  pods: readonly Pod[];
  /** Nothing was heard for longer than the grace period. */
  silent: boolean;
  now: number;
}

export function planNodeHealth({ node, pods, silent, now }: NodeHealthWorld): Action[] {
  const ready = conditionOf(node.status?.conditions, 'Ready')?.status;
  const unknown = silent && ready !== 'Unknown' ? [markUnknown(node, now)] : [];
  const state = silent ? 'Unknown' : ready;
  return [
    ...taintActions(node, state, now),
    ...unknown,
    ...(unknown.length > 0 && ready === 'True' ? [sayNotReady(node)] : []),
    ...(silent ? pods.filter(isPodReady).flatMap(pod => markPod(pod, now)) : []),
  ];
}

export const isReady = (node: Node): boolean => conditionOf(node.status?.conditions, 'Ready')?.status === 'True';

function markUnknown(node: Node, now: number): Action {
  const conditions = HEARTBEAT_CONDITIONS.map((type): NodeCondition => {
    const before = conditionOf(node.status?.conditions, type);
    const [reason, message] = before
      ? ['NodeStatusUnknown', 'Kubelet stopped posting node status.']
      : ['NodeStatusNeverUpdated', 'Kubelet never posted node status.'];
    return { ...before, type, status: 'Unknown', reason, message, lastTransitionTime: timestamp(now) };
  });
  const { name, uid } = node.metadata;
  const patch = { metadata: { uid }, status: { conditions } };
  return {
    type: 'patch',
    resource: NODES,
    key: { name },
    patch,
    patchType: 'strategic',
    subresource: 'status',
    absentIsFine: true,
  };
}

const sayNotReady = (node: Node): Action => ({
  type: 'event',
  about: node,
  level: 'Normal',
  reason: 'NodeNotReady',
  message: `Node ${node.metadata.name} status is now: NodeNotReady`,
});

function taintActions(node: Node, ready: string | undefined, now: number): Action[] {
  const before = node.spec.taints ?? [];
  const wanted = wantedTaints(node, ready);
  const kept = before.filter(taint => !OWNED_TAINTS.includes(taint.key) || has(wanted, taint));
  const added = wanted.filter(taint => !has(before, taint));
  if (added.length === 0 && kept.length === before.length) return [];
  const stamped = added.map(taint => ({ ...taint, timeAdded: timestamp(now) }));
  const { name, uid, resourceVersion } = node.metadata;
  // The whole list at once, so only for the version that was looked at.
  const patch = { metadata: { uid, resourceVersion }, spec: { taints: [...kept, ...stamped] } };
  return [{ type: 'patch', resource: NODES, key: { name }, patch, absentIsFine: true }];
}

function wantedTaints(node: Node, ready: string | undefined): Taint[] {
  const key = ready === 'True' ? undefined : ready === 'Unknown' ? UNREACHABLE : NOT_READY;
  const taints: Taint[] = key
    ? [
        { key, effect: 'NoSchedule' },
        { key, effect: 'NoExecute' },
      ]
    : [];
  for (const { type, status } of node.status?.conditions ?? []) {
    const pressure = PRESSURE_TAINTS[type];
    if (pressure && status === 'True') taints.push({ key: pressure, effect: 'NoSchedule' });
  }
  if (node.spec.unschedulable) taints.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  return taints;
}

const has = (taints: readonly Taint[], { key, effect }: Taint): boolean =>
  taints.some(taint => taint.key === key && taint.effect === effect);

/** At once, so that Services stop sending there; the agent says otherwise when it comes back. */
function markPod(pod: Pod, now: number): Action[] {
  const { namespace, name, uid } = pod.metadata;
  const condition = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(now) };
  const patch = { metadata: { uid }, status: { conditions: [condition] } };
  return [
    {
      type: 'patch',
      resource: PODS,
      key: { namespace, name },
      patch,
      patchType: 'strategic',
      subresource: 'status',
      absentIsFine: true,
    },
    { type: 'event', about: pod, level: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' },
  ];
}
