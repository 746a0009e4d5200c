/**
 * Watches over nodes: one that has not renewed its Lease for the grace period is Unknown, its pods are no longer ready,
 * and those whose toleration has run out are evicted.
 *
 * Always: time is counted by our own clock from when we last saw a renewal, so that clocks need not agree; after our own
 * start, or after we were stopped for a while, every node gets a full grace period; before a node is called Unknown, its
 * Lease is read from the API itself.
 */
import type { Lease } from '../kinds/lease.ts';
import type { Node } from '../kinds/node.ts';
import { conditionOf } from '../machinery/conditions.ts';
import { LEASES } from '../machinery/resources.ts';
import { isReason } from '../machinery/status.ts';
import type { Context, Controller } from './controller.ts';
import { planEvictions } from './node-eviction.ts';
import { isReady, planNodeHealth } from './node-health.ts';

const LEASE_NAMESPACE = 'kube-node-lease';

export function nodeLifecycleController(context: Context, graceMs: number): Controller {
  const { clock, informers } = context;
  return {
    name: 'node-controller',
    concurrency: 4,
    setUp({ queue, perform }) {
      const nodes = informers.nodes();
      const pods = informers.pods();
      const leases = informers.part<Lease>(LEASES, { namespace: LEASE_NAMESPACE });
      const heard = createHearing(context, graceMs);
      nodes.onChange((old, node) => {
        const name = (node ?? old!).metadata.name;
        if (!node) heard.forget(name);
        else {
          if (beatAgain(old, node)) heard.note(name);
          if (!old || isReady(old) !== isReady(node))
            for (const { metadata } of nodes.store.list()) queue.add(metadata.name);
          queue.add(name);
        }
      });
      leases.onChange((old, lease) => {
        if (!lease || (old && old.spec.renewTime === lease.spec.renewTime)) return;
        heard.note(lease.metadata.name);
        const node = nodes.store.get(lease.metadata.name);
        if (node && !isReady(node)) queue.add(lease.metadata.name);
      });
      pods.onChange((old, pod) => {
        const node = pod?.spec.nodeName;
        if (node && node !== old?.spec.nodeName && nodes.store.get(node)?.spec.taints) queue.add(node);
      });
      return {
        synced: [nodes.synced, pods.synced, leases.synced],
        reconcile: async name => {
          const node = nodes.store.get(name);
          if (!node) return;
          let silentMs = heard.silence(name);
          if (
            silentMs >= graceMs &&
            isHeard(node) &&
            (await renewedSince(context, heard, name, leases.store.get({ namespace: LEASE_NAMESPACE, name })))
          ) {
            heard.note(name);
            silentMs = 0;
          }
          const now = clock.now();
          const own = pods.store.byIndex('node', name);
          const silent = silentMs >= graceMs;
          await perform(planNodeHealth({ node, pods: own, silent, now }));
          if (!silent) queue.addAfter(name, heard.expectIn(name, graceMs - silentMs));
          const anyNodeReady = nodes.store.list().some(isReady);
          const evictions = planEvictions({ node, pods: own, now, notBefore: heard.notBefore(), anyNodeReady });
          await perform(evictions.actions);
          if (evictions.againAfterMs !== undefined) queue.addAfter(name, evictions.againAfterMs);
        },
      };
    },
  };
}

const isHeard = (node: Node): boolean => conditionOf(node.status?.conditions, 'Ready')?.status !== 'Unknown';

/** The agent has written its status; our own "Unknown" is not its word. */
const beatAgain = (old: Node | undefined, node: Node): boolean => {
  const beat = conditionOf(node.status?.conditions, 'Ready');
  const before = conditionOf(old?.status?.conditions, 'Ready');
  return !old || (beat?.status !== 'Unknown' && beat?.lastHeartbeatTime !== before?.lastHeartbeatTime);
};

/** Asks the API itself: a watch may lag behind. */
async function renewedSince(
  { client, signal }: Context,
  heard: Hearing,
  name: string,
  known: Lease | undefined,
): Promise<boolean> {
  try {
    const live = await client.get<Lease>(LEASES, { namespace: LEASE_NAMESPACE, name }, { signal });
    return live.spec.renewTime !== known?.spec.renewTime;
  } catch (error) {
    if (isReason(error, 'NotFound')) return false;
    // We cannot see: that says nothing about the node.
    heard.begin();
    throw error;
  }
}

type Hearing = ReturnType<typeof createHearing>;

/** When each node was last heard of, by our clock. */
function createHearing({ clock, log }: Context, graceMs: number) {
  const heardAt = new Map<string, number>();
  const expectedAt = new Map<string, number>();
  let beganAt = clock.monotonic();
  let notBefore = clock.now() + graceMs;

  /** As after a start: nobody has been silent yet. */
  const begin = () => {
    beganAt = clock.monotonic();
    notBefore = clock.now() + graceMs;
    expectedAt.clear();
  };
  return {
    begin,
    note: (name: string) => void heardAt.set(name, clock.monotonic()),
    notBefore: () => notBefore,
    silence(name: string): number {
      const due = expectedAt.get(name);
      expectedAt.delete(name);
      // A timer that comes late by so much means that this process stood still, and renewals could not reach it.
      if (due !== undefined && clock.monotonic() - due > Math.max(1_000, graceMs / 2)) {
        log('warn', 'node-controller: was stopped for a while; every node gets a new grace period');
        begin();
      }
      return clock.monotonic() - Math.max(beganAt, heardAt.get(name) ?? 0);
    },
    expectIn(name: string, ms: number): number {
      expectedAt.set(name, Math.min(expectedAt.get(name) ?? Number.POSITIVE_INFINITY, clock.monotonic() + ms));
      return ms;
    },
    forget(name: string) {
      heardAt.delete(name);
      expectedAt.delete(name);
    },
  };
}
