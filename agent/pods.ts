/**
 * The front door of what runs here: one worker for each pod that the server has bound to this node. Called by main.
 *
 * Always: pods keep running while the server cannot be reached; a pod is ended only when the server says that it is deleted,
 * or no longer has it; after a restart of the agent, pods start again from the checkpoints, without the server.
 */
import { createInformer } from '../control/client/informer.ts';
import type { Pod } from '../control/kinds/pod.ts';
import { PODS } from '../control/machinery/resources.ts';
import { rejectionOf } from './admit.ts';
import type { PodCheckpoint } from './checkpoint.ts';
import type { NodeContext } from './pod-run.ts';
import { type PodWorker, startPodWorker } from './pod-worker.ts';

export interface Pods {
  /** Resolves when the server's list was taken over for the first time. */
  readonly synced: Promise<void>;
  find(namespace: string, name: string): PodWorker | undefined;
  list(): PodWorker[];
  /** Digests of modules that pods here use. */
  modulesInUse(): Set<string>;
  /** Ends all containers within `graceMs`; the pods stay this node's. */
  shutDown(graceMs: number): Promise<void>;
}

export async function startPods(node: NodeContext, signal: AbortSignal): Promise<Pods> {
  const workers = new Map<string, PodWorker>();
  let stopping = false;
  const begin = (pod: Pod, restored?: PodCheckpoint) => {
    const uid = pod.metadata.uid!;
    const fresh = !restored && !pod.status?.startTime && !pod.metadata.deletionTimestamp;
    const others = [...workers.values()].filter(({ run }) => !run.over).map(({ run }) => run.pod);
    const rejected = fresh ? rejectionOf(pod, others, node.allocatable) : undefined;
    const worker = startPodWorker(node, pod, { restored, rejected });
    workers.set(uid, worker);
    void worker.done.then(() => workers.delete(uid));
  };
  for (const restored of await node.checkpoints.load()) begin(restored.pod, restored);
  const informer = createInformer<Pod>({
    client: node.client,
    resource: PODS,
    fieldSelector: `spec.nodeName=${node.nodeName}`,
    clock: node.clock,
    dice: node.dice,
    log: node.log,
    signal,
  });
  const present = (pod: Pod) => {
    const worker = workers.get(pod.metadata.uid!);
    if (worker) worker.update(pod);
    else begin(pod);
  };
  informer.onChange((old, current) => {
    if (stopping) return;
    // The same name, another pod: its predecessor is gone.
    if (old && old.metadata.uid !== current?.metadata.uid) workers.get(old.metadata.uid!)?.gone();
    if (current) present(current);
  });
  // What the checkpoints had and the server has not was deleted while this agent was away.
  const synced = informer.synced.then(() => {
    const known = new Set(informer.store.list().map(({ metadata }) => metadata.uid));
    for (const [uid, worker] of workers) if (!known.has(uid)) worker.gone();
  });
  synced.catch(() => {});
  return {
    synced,
    find: (namespace, name) => newest([...workers.values()], namespace, name),
    list: () => [...workers.values()],
    modulesInUse: () =>
      new Set([...workers.values()].flatMap(({ run }) => [...run.running.values()].map(({ image }) => image.digest))),
    async shutDown(graceMs) {
      stopping = true;
      await Promise.all([...workers.values()].map(worker => worker.shutDown(graceMs)));
      await node.checkpoints.settled();
    },
  };
}

/** While a pod ends, its successor may have its name already. */
const newest = (workers: readonly PodWorker[], namespace: string, name: string): PodWorker | undefined =>
  workers.findLast(({ run }) => run.pod.metadata.namespace === namespace && run.pod.metadata.name === name);
