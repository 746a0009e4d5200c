/** Waiting for a cluster or a rollout, by looking at the API; the caller sets the deadline. */
import type { Client } from '../../client/client.ts';
import type { Deployment } from '../../kinds/deployment.ts';
import type { Node } from '../../kinds/node.ts';
import type { Pod } from '../../kinds/pod.ts';
import type { Key } from '../../machinery/meta.ts';
import { DEPLOYMENTS, NODES, PODS } from '../../machinery/resources.ts';
import type { Clock } from '../../platform/types.ts';
import { CommandError } from '../command.ts';

const POLL_MS = 25;

/** Polls `look` until it answers something; `describe` says what was missing when time is up. */
export const waitFor = async <T>(
  look: () => Promise<T | undefined>,
  options: { clock: Clock; waitMs: number; describe: () => string | Promise<string>; signal: AbortSignal },
): Promise<T> => {
  const deadline = options.clock.monotonic() + options.waitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (options.clock.monotonic() > deadline)
      throw new CommandError(`${await options.describe()} (waited ${options.waitMs / 1000} s)`);
    await options.clock.sleep(POLL_MS, options.signal);
  }
};

/** All nodes of the list are Ready; answers their names. */
export const readyNodes = async (client: Client, wanted: readonly string[]): Promise<string[] | undefined> => {
  const { items } = await client.list<Node>(NODES);
  const ready = items.filter(isReady).map(n => n.metadata.name);
  return wanted.every(name => ready.includes(name)) ? [...wanted] : undefined;
};

/** As `kubectl rollout status` decides it. */
export const rolledOut = async (client: Client, key: Key): Promise<Deployment | undefined> => {
  const d = await client.get<Deployment>(DEPLOYMENTS, key);
  const wanted = d.spec.replicas ?? 1;
  const done =
    (d.status?.observedGeneration ?? 0) >= (d.metadata.generation ?? 0) &&
    (d.status?.updatedReplicas ?? 0) === wanted &&
    (d.status?.replicas ?? 0) === wanted &&
    (d.status?.availableReplicas ?? 0) === wanted;
  return done ? d : undefined;
};

/** What keeps the pods of a selector from being ready, a line for each, in the words of their status. */
export const whyNotReady = async (client: Client, namespace: string, labelSelector: string): Promise<string> => {
  const { items } = await client.list<Pod>(PODS, { namespace, labelSelector });
  return items.map(p => `\n  ${p.metadata.name}: ${p.status?.phase ?? 'Pending'}${reasonOf(p)}`).join('');
};

function reasonOf({ status }: Pod): string {
  const waiting = status?.containerStatuses?.map(c => c.state?.waiting).find(state => state !== undefined);
  if (waiting !== undefined) return `, ${waiting.reason}${waiting.message ? `: ${waiting.message}` : ''}`;
  const unmet = status?.conditions?.find(c => c.status !== 'True');
  return unmet === undefined ? '' : `, not ${unmet.type}${unmet.message ? `: ${unmet.message}` : ''}`;
}

function isReady(n: Node): boolean {
  return n.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True') === true;
}
