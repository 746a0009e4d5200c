/**
 * The state of one pod on this node, and what all pods of the node share. A PodRun is written only by its own worker
 * (pod-worker and the files it calls: container-start, container-probes, pod-stop); others read it for logs and statistics.
 */
import type { Client } from '../control/client/client.ts';
import type { EventRecorder } from '../control/client/event-recorder.ts';
import type { Pod } from '../control/kinds/pod.ts';
import type { Container } from '../control/kinds/types/container.ts';
import type { PodStatus } from '../control/kinds/types/pod-status.ts';
import type { Log } from '../control/machinery/log.ts';
import { timestamp } from '../control/machinery/meta.ts';
import type { Clock, Dice, Files } from '../control/platform/types.ts';
import type { Engine, LoadedModule, Network, Runtime, Sandbox } from '../runtime/sandbox.ts';
import type { Addresses } from './addresses.ts';
import type { Checkpoints } from './checkpoint.ts';
import type { PodFacts } from './downward-api.ts';
import type { Images, PulledImage } from './images.ts';
import type { ContainerLog, PodLogs } from './logs.ts';
import type { ObjectCache } from './object-cache.ts';
import { containersOf, type Records } from './record.ts';
import type { BackOff } from './restart.ts';
import type { PodReporter, StatusReporter } from './status-reporter.ts';
import type { TokenSource } from './volumes/projected.ts';

/** What the pods of a node share. */
export interface NodeContext {
  client: Client;
  clock: Clock;
  dice: Dice;
  files: Files;
  log: Log;
  events: EventRecorder;
  runtime: Runtime;
  images: Images;
  objects: ObjectCache;
  logs: PodLogs;
  addresses: Addresses;
  checkpoints: Checkpoints;
  reporter: StatusReporter;
  token: TokenSource;
  network: PodNetwork;
  nodeName: string;
  hostIP: string;
  /** The agent's state directory. */
  directory: string;
  allocatable: Readonly<Record<string, string>>;
}

/** What the service proxy offers to pods; agent/proxy implements it. */
export interface PodNetwork {
  network(pod: { namespace: string; name: string; ip: string; uid: string }): Network;
  serviceEnv(namespace: string): Record<string, string>;
}

export interface PodRun {
  readonly node: NodeContext;
  readonly uid: string;
  /** As the server said it last. */
  pod: Pod;
  records: Records;
  readonly running: Map<string, RunningContainer>;
  readonly imageBackOffs: Map<string, BackOff>;
  ip?: string;
  readonly startedAt: number;
  startTime: string;
  /** Address and volumes are there. */
  sandboxReady: boolean;
  volumesStale: boolean;
  setupBackOffMs: number;
  /** By the pod's RuntimeClass; absent: whatever runs the module. */
  engine?: Engine;
  measureDiskAt: number;
  /** The object is gone from the API. */
  gone: boolean;
  failure?: { reason: string; message: string };
  over: boolean;
  status?: PodStatus;
  reporter: PodReporter;
  /** Fires when the pod is to end: pulls and starts under way are given up. */
  readonly ending: AbortController;
  /** Asks the worker to look again. */
  wake(): void;
}

/** A container whose sandbox was started. */
export interface RunningContainer {
  container: Container;
  sandbox: Sandbox;
  module: LoadedModule;
  image: PulledImage;
  log: ContainerLog;
  /** Ends its probes. */
  stopProbes: AbortController;
  /** Where the guest may have left its last words. */
  messagePath?: string;
  startedAt: string;
  /** Resolves when its record says how it ended. */
  ended: Promise<void>;
}

export const podDirectory = (run: Pick<PodRun, 'node' | 'uid'>): string => `${run.node.directory}/pods/${run.uid}`;

export const logDirectory = (run: Pick<PodRun, 'node' | 'pod' | 'uid'>, container: string): string => {
  const { namespace, name } = run.pod.metadata;
  return `${run.node.directory}/logs/${namespace}_${name}_${run.uid}/${container}`;
};

export const factsOf = ({ pod, ip, node }: PodRun): PodFacts => ({
  pod,
  podIP: ip,
  hostIP: node.hostIP,
  nodeName: node.nodeName,
  allocatable: node.allocatable,
});

export const containerOf = (run: PodRun, name: string): Container =>
  containersOf(run.pod).find(container => container.name === name)!;

export const nowText = (run: PodRun): string => timestamp(run.node.clock.now());

export const podTitle = ({ metadata }: Pod): string => `${metadata.name}_${metadata.namespace}(${metadata.uid})`;

/** An Event about one container of the pod. */
export function containerEvent(
  run: PodRun,
  name: string,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  const { apiVersion, kind, metadata, spec } = run.pod;
  const list = spec.initContainers?.some(container => container.name === name) ? 'initContainers' : 'containers';
  const { namespace, resourceVersion } = metadata;
  const fieldPath = `spec.${list}{${name}}`;
  const about = { apiVersion, kind, namespace, name: metadata.name, uid: run.uid, resourceVersion, fieldPath };
  run.node.events(about, type, reason, message);
}
