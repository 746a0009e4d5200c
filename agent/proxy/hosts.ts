/**
 * Which nodes' pods this box can reach. Pods listen on loopback aliases, so only nodes of the same box count until agents
 * carry traffic for each other; the rest is left out of the rules, and said once.
 *
 * Always: a node of which nothing is known yet counts as reachable.
 */
import type { Client } from '../../control/client/client.ts';
import type { Log } from '../../control/machinery/log.ts';
import type { ApiObject, Resource } from '../../control/machinery/meta.ts';

const HOST_ID_ANNOTATION = 'skerry.dev/host-id';
const NODES: Resource = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false };

export interface Hosts {
  reachable(nodeName: string | undefined): boolean;
}

export function createHosts(options: {
  client: Pick<Client, 'get'>;
  nodeName: string;
  log: Log;
  signal: AbortSignal;
  /** A node turned out to be on another box. */
  changed(nodeName: string): void;
}): Hosts {
  const { client, nodeName, log, signal, changed } = options;
  const asked = new Set<string>([nodeName]);
  const elsewhere = new Set<string>();
  const hostId = async (name: string) => {
    const node = await client.get<ApiObject>(NODES, { name }, { signal });
    return node.metadata.annotations?.[HOST_ID_ANNOTATION];
  };
  const learn = async (name: string) => {
    const [own, theirs] = await Promise.all([hostId(nodeName), hostId(name)]);
    if (own === undefined || theirs === undefined || own === theirs) return;
    elsewhere.add(name);
    log('warn', `node ${name} is another box: its pods cannot be reached from here yet and are left out of Services`);
    changed(name);
  };

  return {
    reachable(name) {
      if (name === undefined) return true;
      if (!asked.has(name)) {
        asked.add(name);
        learn(name).catch(() => asked.delete(name));
      }
      return !elsewhere.has(name);
    },
  };
}
