/**
 * Pods and nodes as the scheduler counts them: amounts as plain numbers, computed once when an object arrives, so that a
 * decision over thousands of nodes parses nothing.
 *
 * Called by snapshot; read by filters and scores, which never change it.
 */
import type { Node } from '../kinds/node.ts';
import type { Pod } from '../kinds/pod.ts';
import type { Container } from '../kinds/types/container.ts';
import { controllerOf, keyText } from '../machinery/meta.ts';
import { milliValue, parseQuantity, wholeValue } from '../machinery/quantity.ts';

/** `cpu` in thousandths, the others in whole units (bytes). Keys beyond cpu and memory are counted when somebody names them. */
type Amounts = Map<string, number>;

export interface HostPort {
  ip: string;
  port: number;
  protocol: string;
}

export interface PodInfo {
  readonly key: string;
  readonly pod: Pod;
  readonly requests: Amounts;
  /** As `requests`, with a small amount for containers that ask for nothing: scores would see them as weightless. */
  readonly weightCpu: number;
  readonly weightMemory: number;
  readonly ports: readonly HostPort[];
  /** Pods of one owner spread over nodes. */
  readonly owner: string;
}

export interface NodeInfo {
  readonly name: string;
  readonly node: Node;
  readonly allocatable: Amounts;
  readonly images: ReadonlySet<string>;
  readonly pods: Map<string, PodInfo>;
  readonly requested: Amounts;
  weightCpu: number;
  weightMemory: number;
  readonly owners: Map<string, number>;
}

const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024;
const QUANTITIES_REMEMBERED_MAX = 4_096;

export function createPodInfo(pod: Pod): PodInfo {
  const requests = podRequests(pod);
  const empty = pod.spec.containers.length;
  return {
    key: keyText(pod.metadata),
    pod,
    requests,
    weightCpu: requests.get('cpu') || DEFAULT_MILLI_CPU * empty,
    weightMemory: requests.get('memory') || DEFAULT_MEMORY_BYTES * empty,
    ports: pod.spec.containers.flatMap(hostPorts),
    owner: controllerOf(pod)?.uid ?? '',
  };
}

export function createNodeInfo(node: Node, pods: Iterable<PodInfo> = []): NodeInfo {
  const info: NodeInfo = {
    name: node.metadata.name,
    node,
    allocatable: amountsOf(node.status?.allocatable ?? node.status?.capacity),
    images: new Set(node.status?.images?.flatMap(image => image.names ?? [])),
    pods: new Map(),
    requested: new Map(),
    weightCpu: 0,
    weightMemory: 0,
    owners: new Map(),
  };
  for (const pod of pods) addPod(info, pod);
  return info;
}

export function addPod(info: NodeInfo, pod: PodInfo): void {
  info.pods.set(pod.key, pod);
  count(info, pod, 1);
}

export function removePod(info: NodeInfo, key: string): void {
  const pod = info.pods.get(key);
  if (!pod) return;
  info.pods.delete(key);
  count(info, pod, -1);
}

function count(info: NodeInfo, pod: PodInfo, sign: 1 | -1): void {
  for (const [name, amount] of pod.requests) info.requested.set(name, (info.requested.get(name) ?? 0) + sign * amount);
  info.weightCpu += sign * pod.weightCpu;
  info.weightMemory += sign * pod.weightMemory;
  if (pod.owner) info.owners.set(pod.owner, (info.owners.get(pod.owner) ?? 0) + sign);
}

/** The sum of what runs together, or the largest init container with the sidecars before it, whichever is more. */
function podRequests(pod: Pod): Amounts {
  const sum: Amounts = new Map();
  for (const container of pod.spec.containers) addAmounts(sum, containerRequests(container));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of pod.spec.initContainers ?? []) {
    const requests = containerRequests(container);
    if (container.restartPolicy === 'Always') addAmounts(sidecars, requests);
    else {
      addAmounts(requests, sidecars);
      raiseAmounts(peak, requests);
    }
  }
  addAmounts(sum, sidecars);
  raiseAmounts(sum, peak);
  addAmounts(sum, amountsOf(pod.spec.overhead));
  return sum;
}

const containerRequests = ({ resources }: Container): Amounts =>
  amountsOf(resources?.limits || resources?.requests ? { ...resources.limits, ...resources.requests } : undefined);

function amountsOf(list: Record<string, string> | undefined): Amounts {
  const amounts: Amounts = new Map();
  for (const name in list) amounts.set(name, amountOf(name, list[name]!));
  return amounts;
}

const remembered = new Map<string, number>();

/** The same few texts come again and again; parsing them is exact and slow. */
function amountOf(name: string, text: string): number {
  const key = name === 'cpu' ? `cpu ${text}` : text;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const quantity = parseQuantity(text);
  const amount = name === 'cpu' ? milliValue(quantity) : wholeValue(quantity);
  if (remembered.size >= QUANTITIES_REMEMBERED_MAX) remembered.clear();
  remembered.set(key, amount);
  return amount;
}

function addAmounts(to: Amounts, from: Amounts): void {
  for (const [name, amount] of from) to.set(name, (to.get(name) ?? 0) + amount);
}

function raiseAmounts(to: Amounts, from: Amounts): void {
  for (const [name, amount] of from) to.set(name, Math.max(to.get(name) ?? 0, amount));
}

const hostPorts = (container: Container): HostPort[] =>
  (container.ports ?? [])
    .filter(port => port.hostPort)
    .map(port => ({ ip: port.hostIP || '0.0.0.0', port: port.hostPort!, protocol: port.protocol ?? 'TCP' }));
