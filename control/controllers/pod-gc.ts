/**
 * Removes pods that nobody else can end: those on nodes that no longer exist, those that were deleted before they ever got
 * a node, and those still ending on a node that its operator has declared out of service.
 *
 * Always: a node's absence counts only after a while and after the API has confirmed it.
 */
import type { Client } from '../client/client.ts';
import { hasPodEnded } from '../client/pod-state.ts';
import type { Node } from '../kinds/node.ts';
import type { Pod } from '../kinds/pod.ts';
import { keyText, timestamp } from '../machinery/meta.ts';
import { NODES, PODS } from '../machinery/resources.ts';
import { isReason } from '../machinery/status.ts';
import type { Action } from './actions.ts';
import type { Context, Controller } from './controller.ts';

const QUARANTINE_MS = 40_000;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

export type WhyRemoved = 'node gone' | 'never scheduled' | 'out of service' | undefined;

export function whyRemoved(pod: Pod, node: Node | undefined): WhyRemoved {
  if (pod.spec.nodeName && !node) return 'node gone';
  if (!pod.metadata.deletionTimestamp) return undefined;
  if (!pod.spec.nodeName) return 'never scheduled';
  return node?.spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) ? 'out of service' : undefined;
}

export function planPodRemoval(pod: Pod, why: WhyRemoved, now: number): Action[] {
  if (!why) return [];
  const { namespace, name, uid } = pod.metadata;
  const key = { namespace, name };
  const actions: Action[] = [];
  if (!hasPodEnded(pod) && pod.spec.nodeName) {
    const message = 'PodGC: node no longer exists';
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByPodGC',
      message,
      lastTransitionTime: timestamp(now),
    };
    const patch = { metadata: { uid }, status: { phase: 'Failed', conditions: [condition] } };
    actions.push({
      type: 'patch',
      resource: PODS,
      key,
      patch,
      patchType: 'strategic',
      subresource: 'status',
      absentIsFine: true,
    });
  }
  actions.push({ type: 'delete', resource: PODS, key, uid: uid!, options: { gracePeriodSeconds: 0 } });
  return actions;
}

export function podGarbageCollector({ client, clock, informers }: Context): Controller {
  return {
    name: 'pod-garbage-collector',
    setUp({ queue, perform, signal }) {
      const pods = informers.pods();
      const nodes = informers.nodes();
      pods.onChange((_, pod) => {
        const why = pod && whyRemoved(pod, nodes.store.get(pod.spec.nodeName ?? ''));
        if (why) queue.addAfter(keyText(pod!.metadata), why === 'node gone' ? QUARANTINE_MS : 0);
      });
      nodes.onChange((old, node) => {
        if (node && node.spec.taints === old?.spec.taints) return;
        for (const pod of pods.store.byIndex('node', (node ?? old!).metadata.name))
          if (whyRemoved(pod, node)) queue.addAfter(keyText(pod.metadata), node ? 0 : QUARANTINE_MS);
      });
      return {
        synced: [pods.synced, nodes.synced],
        reconcile: async key => {
          const pod = pods.store.get(key);
          if (!pod) return;
          const why = whyRemoved(pod, nodes.store.get(pod.spec.nodeName ?? ''));
          if (why === 'node gone' && (await nodeExists(client, pod.spec.nodeName!, signal))) return;
          await perform(planPodRemoval(pod, why, clock.now()));
        },
      };
    },
  };
}

const nodeExists = (client: Client, name: string, signal: AbortSignal): Promise<boolean> =>
  client.get(NODES, { name }, { signal }).then(
    () => true,
    error => {
      if (isReason(error, 'NotFound')) return false;
      throw error;
    },
  );
