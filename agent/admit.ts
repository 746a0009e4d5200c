/**
 * Whether a pod that was bound here fits, in the kubelet's words. The scheduler knows best and has normally asked already;
 * this catches two schedulers, a `nodeName` written by hand, and a node that has shrunk. Pure; called by pods.
 */
import type { Pod } from '../control/kinds/pod.ts';
import type { Container } from '../control/kinds/types/container.ts';
import { milliValue, parseQuantity, wholeValue } from '../control/machinery/quantity.ts';

export interface Rejection {
  reason: string;
  message: string;
}

/** Undefined: it fits beside the `others`. */
export function rejectionOf(
  pod: Pod,
  others: readonly Pod[],
  allocatable: Readonly<Record<string, string>>,
): Rejection | undefined {
  const room = Number(allocatable['pods'] ?? Number.POSITIVE_INFINITY);
  if (others.length >= room) return rejection('pods', 1, others.length, room);
  for (const [resource, amountOf] of MEASURES) {
    const requested = requestOf(pod, resource, amountOf);
    if (requested === 0 || allocatable[resource] === undefined) continue;
    const used = others.reduce((sum, other) => sum + requestOf(other, resource, amountOf), 0);
    const capacity = amountOf(allocatable[resource]);
    if (used + requested > capacity) return rejection(resource, requested, used, capacity);
  }
  return undefined;
}

type Measure = (quantity: string | number) => number;

const MEASURES: readonly (readonly [string, Measure])[] = [
  ['cpu', quantity => milliValue(parseQuantity(quantity))],
  ['memory', quantity => wholeValue(parseQuantity(quantity))],
];

/** Containers run together, init containers one by one before them: the larger of the two counts. */
function requestOf({ spec }: Pod, resource: string, amountOf: Measure): number {
  const of = ({ resources }: Container): number =>
    amountOf(resources?.requests?.[resource] ?? resources?.limits?.[resource] ?? 0);
  const together = spec.containers.reduce((sum, container) => sum + of(container), 0);
  return Math.max(together, ...(spec.initContainers ?? []).map(of));
}

const rejection = (resource: string, requested: number, used: number, capacity: number): Rejection => ({
  reason: `OutOf${resource}`,
  message: `Pod was rejected: Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
});
