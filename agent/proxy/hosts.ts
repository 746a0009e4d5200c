/**
 * Which nodes' pods this box can reach. Pods listen on loopback aliases, so only nodes of the same box count until agents
 * carry traffic for each other; the rest is left out of the rules, and said once.
 *
 * Always: a node of which nothing is known yet counts as reachable; one that was elsewhere is asked for again, less and less
 * often, because a box that was started anew has another id until its agents have said so.
 */
import type { Client } from '../../control/client/client.ts';
import type { Log } from '../../control/machinery/log.ts';
import type { ApiObject } from '../../control/machinery/meta.ts';
import { NODES } from '../../control/machinery/resources.ts';
import type { Clock } from '../../control/platform/types.ts';

const HOST_ID_ANNOTATION = 'skerry.dev/host-id';
const ASK_AGAIN_FIRST_MS = 5_000;
const ASK_AGAIN_MAX_MS = 10 * 60_000;

export interface Hosts {
  reachable(nodeName: string | undefined): boolean;
  /** The nodes that are known to be other boxes. */
  elsewhere(): string[];
}

export function createHosts(options: {
  client: Pick<Client, 'get'>;
  clock: Clock;
  nodeName: string;
  /** Of this box. */
  hostId: string;
  log: Log;
  signal: AbortSignal;
  /** Nodes that were elsewhere when this agent ran before. */
  elsewhere: readonly string[];
  /** A node turned out to be on another box, or on this one after all. */
  changed(nodeName: string): void;
}): Hosts {
  const { client, clock, nodeName, log, signal, changed } = options;
  const asked = new Set<string>([nodeName]);
  const elsewhere = new Set<string>(options.elsewhere);
  const learn = async (name: string, againMs: number): Promise<void> => {
    const node = await client.get<ApiObject>(NODES, { name }, { signal });
    const hostId = node.metadata.annotations?.[HOST_ID_ANNOTATION];
    if (hostId === undefined || hostId === options.hostId) {
      if (elsewhere.delete(name)) changed(name);
      return;
    }
    const again = () => learn(name, Math.min(againMs * 2, ASK_AGAIN_MAX_MS)).catch(() => asked.delete(name));
    const cancel = clock.after(againMs, () => !signal.aborted && void again(), { background: true });
    signal.addEventListener('abort', cancel, { once: true });
    if (elsewhere.has(name)) return;
    elsewhere.add(name);
    log('warn', `node ${name} is another box: its pods cannot be reached from here yet and are left out of Services`);
    changed(name);
  };

  return {
    reachable(name) {
      if (name === undefined) return true;
      if (!asked.has(name)) {
        asked.add(name);
        learn(name, ASK_AGAIN_FIRST_MS).catch(() => asked.delete(name));
      }
      return !elsewhere.has(name);
    },
    elsewhere: () => [...elsewhere],
  };
}
