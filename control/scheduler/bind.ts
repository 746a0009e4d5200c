/** What the scheduler tells the API: where a pod goes, or why it cannot go anywhere. It changes nothing else. */
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Pod } from '../kinds/pod.ts';
import { conditionOf } from '../machinery/conditions.ts';
import { keyText, timestamp } from '../machinery/meta.ts';
import { PODS } from '../machinery/resources.ts';
import type { Clock } from '../platform/types.ts';

export interface Binder {
  bind(pod: Pod, node: string): Promise<void>;
  /** Event and PodScheduled=False. */
  refuse(pod: Pod, message: string): Promise<void>;
}

export function createBinder({
  client,
  clock,
  record,
  signal,
}: {
  client: Client;
  clock: Clock;
  record: EventRecorder;
  signal: AbortSignal;
}): Binder {
  return {
    async bind(pod, node) {
      const { namespace, name, uid } = pod.metadata;
      const target = { apiVersion: 'v1', kind: 'Node', name: node };
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name, uid }, target };
      await client.create(PODS, binding, { namespace, name, subresource: 'binding', signal });
      record(pod, 'Normal', 'Scheduled', `Successfully assigned ${keyText(pod.metadata)} to ${node}`);
    },
    async refuse(pod, message) {
      record(pod, 'Warning', 'FailedScheduling', message);
      const before = conditionOf(pod.status?.conditions, 'PodScheduled');
      if (before?.status === 'False' && before.reason === 'Unschedulable' && before.message === message) return;
      const condition = {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message,
        lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : timestamp(clock.now()),
      };
      const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
      await client.patch(PODS, pod.metadata, patch, { type: 'strategic', subresource: 'status', signal });
    },
  };
}
