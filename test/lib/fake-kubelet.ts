/** Agents that run nothing: their nodes are ready, renew their leases, and every pod bound to them is Running at once. */
import type { Client } from '../../control/client/client.ts';
import { createInformer } from '../../control/client/informer.ts';
import { microTime } from '../../control/client/leader-election.ts';
import type { Node } from '../../control/kinds/node.ts';
import type { Pod } from '../../control/kinds/pod.ts';
import type { NodeCondition } from '../../control/kinds/types/node.ts';
import { conditionOf } from '../../control/machinery/conditions.ts';
import { keyText, timestamp } from '../../control/machinery/meta.ts';
import { LEASES, NODES, PODS } from '../../control/machinery/resources.ts';
import { isReason } from '../../control/machinery/status.ts';
import type { Platform } from '../../control/platform/types.ts';

export interface FakeKubelet {
  /** Falls silent, as after kill -9. */
  kill(): void;
  /** Sends a heartbeat as agents do. */
  beat(): Promise<void>;
}

export async function startFakeKubelet(
  client: Client,
  { clock, dice }: Platform,
  name: string,
  signal: AbortSignal,
  options: { labels?: Record<string, string>; beatMs?: number } = {},
): Promise<FakeKubelet> {
  const death = new AbortController();
  const until = AbortSignal.any([signal, death.signal]);
  const quantities = { cpu: '8', memory: '16Gi', pods: '110' };
  const ready = (): NodeCondition => ({
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'ready',
    lastHeartbeatTime: timestamp(clock.now()),
    lastTransitionTime: timestamp(clock.now()),
  });
  const node: Node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...options.labels } },
    spec: {},
    status: { capacity: quantities, allocatable: quantities, conditions: [ready()] },
  };
  await client.create(NODES, node);
  await client.patch(NODES, { name }, { status: node.status }, { type: 'strategic', subresource: 'status' });
  const key = { namespace: 'kube-node-lease', name };
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: key, spec: { holderIdentity: name } };
  await client.create(LEASES, lease);

  const beat = async () => {
    if (until.aborted) return;
    const spec = { renewTime: microTime(clock.now()) };
    await client.patch(LEASES, key, { spec }, { type: 'merge' });
    const live = await client.get<Node>(NODES, { name });
    if (conditionOf(live.status?.conditions, 'Ready')?.status === 'True') return;
    const status = { conditions: [ready()] };
    await client.patch(NODES, { name }, { status }, { type: 'strategic', subresource: 'status' });
  };
  const fieldSelector = `spec.nodeName=${name}`;
  const pods = createInformer<Pod>({ client, resource: PODS, fieldSelector, clock, dice, signal: until });
  let addresses = 1;
  pods.onChange((_, pod) => {
    if (!pod || until.aborted) return;
    void run(pod).catch(error => {
      if (!isReason(error, 'NotFound', 'Conflict') && !until.aborted) console.error(keyText(pod.metadata), error);
    });
  });
  const run = async (pod: Pod) => {
    const podKey = { namespace: pod.metadata.namespace, name: pod.metadata.name };
    if (pod.metadata.deletionTimestamp) {
      await client.delete(PODS, podKey, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
    } else if (pod.status?.phase !== 'Running') {
      const podIP = `10.244.${name.length}.${addresses++}`;
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: timestamp(clock.now()) }];
      const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
      await client.patch(PODS, podKey, { status }, { type: 'strategic', subresource: 'status' });
    }
  };
  if (options.beatMs) {
    void (async () => {
      while (!until.aborted) {
        await beat().catch(() => {});
        await clock.sleep(options.beatMs!, until).catch(() => {});
      }
    })();
  }
  return { kill: () => death.abort(), beat };
}
