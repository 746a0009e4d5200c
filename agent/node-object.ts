/**
 * The Node object of this box: what it is, what it has, how it fares. Pure: facts in, object out. Called by register.
 */
import type { Node } from '../control/kinds/node.ts';
import type { NodeCondition, NodeStatus, NodeSystemInfo } from '../control/kinds/types/node.ts';
import { SKERRY_VERSION, VERSION } from '../control/machinery/version.ts';

export interface HostFacts {
  hostname: string;
  cpus: number;
  memoryBytes: number;
  diskBytes: number;
  /** As Kubernetes names it: `amd64`, `arm64`. */
  architecture: string;
  operatingSystem: string;
  kernelVersion: string;
  osImage: string;
  machineId: string;
  bootId: string;
  /** Equal for agents that share one network: they see each other's pods without a tunnel. */
  hostId: string;
}

/** What may change while the agent runs. */
export interface Health {
  memoryAvailableBytes: number;
  diskAvailableBytes: number;
  diskBytes: number;
  /** Empty: pods can be run. Otherwise why not. */
  notReady: string;
}

const HOST_ID_ANNOTATION = 'skerry.dev/host-id';

/** Kept free for the agent itself: what the kubelet calls the hard eviction threshold. */
const MEMORY_RESERVED_BYTES = 100 * 1024 * 1024;
const DISK_FREE_PART_MIN = 0.1;

const nodeLabels = (name: string, facts: HostFacts, labels: Readonly<Record<string, string>>) => ({
  'kubernetes.io/hostname': name,
  'kubernetes.io/os': facts.operatingSystem,
  'kubernetes.io/arch': facts.architecture,
  'beta.kubernetes.io/os': facts.operatingSystem,
  'beta.kubernetes.io/arch': facts.architecture,
  'skerry.dev/runtime': 'wasm',
  ...labels,
});

export function nodeObject(name: string, facts: HostFacts, labels: Readonly<Record<string, string>>): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: nodeLabels(name, facts, labels), annotations: { [HOST_ID_ANNOTATION]: facts.hostId } },
    spec: { providerID: `skerry://${name}` },
  };
}

const kibibytes = (bytes: number): string => `${Math.floor(bytes / 1024)}Ki`;

/** The part of the status that does not change while the agent runs. */
export function nodeResources(facts: HostFacts, maxPods: number): Pick<NodeStatus, 'capacity' | 'allocatable'> {
  const capacity = {
    cpu: String(facts.cpus),
    memory: kibibytes(facts.memoryBytes),
    'ephemeral-storage': kibibytes(facts.diskBytes),
    pods: String(maxPods),
  };
  const usable = Math.max(facts.memoryBytes / 2, facts.memoryBytes - MEMORY_RESERVED_BYTES);
  const allocatable = {
    ...capacity,
    memory: kibibytes(usable),
    'ephemeral-storage': kibibytes(facts.diskBytes * (1 - DISK_FREE_PART_MIN)),
  };
  return { capacity, allocatable };
}

export const nodeInfo = (facts: HostFacts): NodeSystemInfo => ({
  machineID: facts.machineId,
  systemUUID: facts.machineId,
  bootID: facts.bootId,
  kernelVersion: facts.kernelVersion,
  osImage: facts.osImage,
  containerRuntimeVersion: `skerry-wasm://${SKERRY_VERSION}`,
  kubeletVersion: VERSION,
  kubeProxyVersion: VERSION,
  operatingSystem: facts.operatingSystem,
  architecture: facts.architecture,
});

/** `before` keeps its transition times where nothing has changed. */
export function nodeConditions(health: Health, before: readonly NodeCondition[], now: string): NodeCondition[] {
  const { memoryAvailableBytes, diskAvailableBytes, diskBytes, notReady } = health;
  const lowMemory = memoryAvailableBytes < MEMORY_RESERVED_BYTES;
  const lowDisk = diskBytes > 0 && diskAvailableBytes / diskBytes < DISK_FREE_PART_MIN / 2;
  const pressure = (type: string, under: boolean, reason: string, fine: string, message: string): NodeCondition =>
    under
      ? { type, status: 'True', reason: `KubeletHas${reason}`, message: `kubelet has ${message}` }
      : { type, status: 'False', reason: `KubeletHas${fine}`, message: `kubelet has ${fineText(fine)}` };
  const conditions: NodeCondition[] = [
    pressure('MemoryPressure', lowMemory, 'InsufficientMemory', 'SufficientMemory', 'insufficient memory available'),
    pressure('DiskPressure', lowDisk, 'DiskPressure', 'NoDiskPressure', 'disk pressure'),
    pressure('PIDPressure', false, 'InsufficientPID', 'SufficientPID', 'insufficient PID available'),
    notReady
      ? { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: notReady }
      : { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'skerry agent is posting ready status' },
  ];
  return conditions.map(condition => {
    const known = before.find(({ type }) => type === condition.type);
    const same = known?.status === condition.status && known.lastTransitionTime !== undefined;
    const lastTransitionTime = same ? known.lastTransitionTime : now;
    return { ...condition, lastHeartbeatTime: now, lastTransitionTime };
  });
}

const fineText = (reason: string): string =>
  reason === 'SufficientMemory'
    ? 'sufficient memory available'
    : reason === 'SufficientPID'
      ? 'sufficient PID available'
      : 'no disk pressure';
