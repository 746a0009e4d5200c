/**
 * Deletes what nobody owns any more. Follows every resource that the API serves; what other controllers follow anyway is
 * taken from their informers.
 *
 * Always: an owner counts as gone only when the API itself has said so; silence of a watch deletes nothing.
 */
import { type DiscoveredResource, discoverResources } from '../client/discovery.ts';
import { listWatch } from '../client/list-watch.ts';
import { type ApiObject, keyText, type OwnerReference } from '../machinery/meta.ts';
import { isReason } from '../machinery/status.ts';
import type { Context, Controller, ControllerParts } from './controller.ts';
import { createGraph, FOREGROUND, type Graph, planGarbage, type Thing, thingOf } from './garbage.ts';

/** They own nothing and nothing owns them. */
const IGNORED = ['events'];
const DISCOVERY_RETRY_MS = 1_000;

export function garbageCollector(context: Context): Controller {
  return {
    name: 'generic-garbage-collector',
    concurrency: 8,
    setUp(parts) {
      const graph = createGraph();
      const resources = new Map<string, DiscoveredResource>();
      const synced = followAll(context, parts, graph, resources);
      return {
        synced: [synced],
        reconcile: async uid => {
          const thing = graph.get(uid);
          if (!thing) return;
          const states = await ownerStates(context, graph, resources, thing);
          const dependents = graph.dependentsOf(uid);
          await parts.perform(planGarbage({ thing, dependents, owner: ({ uid: owner }) => states.get(owner)! }));
        },
      };
    },
  };
}

async function followAll(
  context: Context,
  parts: ControllerParts,
  graph: Graph,
  resources: Map<string, DiscoveredResource>,
): Promise<void> {
  const { client, clock, log, signal } = context;
  let found: DiscoveredResource[] | undefined;
  while (!found) {
    try {
      found = await discoverResources(client, signal);
    } catch (error) {
      signal.throwIfAborted();
      log('debug', 'garbage-collector: the API does not say yet what it serves', { error: String(error) });
      await clock.sleep(DISCOVERY_RETRY_MS, signal);
    }
  }
  const needed = ['list', 'watch', 'delete'];
  const followed = found.filter(
    ({ verbs, resource }) => needed.every(verb => verbs.includes(verb)) && !IGNORED.includes(resource),
  );
  for (const resource of found) resources.set(`${resource.group}/${resource.kind}`, resource);
  await Promise.all(followed.map(resource => follow(context, parts, graph, resource)));
}

/** Resolves when the first list is in the graph. */
async function follow(
  context: Context,
  parts: ControllerParts,
  graph: Graph,
  resource: DiscoveredResource,
): Promise<void> {
  const see = (object: ApiObject) => {
    const thing = thingOf(resource, object);
    const before = graph.get(thing.uid);
    graph.set(thing);
    queueFor(parts, graph, before, thing);
  };
  const lose = (uid: string) => {
    const thing = graph.get(uid);
    if (!thing) return;
    const dependents = graph.dependentsOf(uid);
    graph.remove(uid);
    for (const dependent of dependents) parts.queue.add(dependent.uid);
    for (const owner of thing.owners) if (isForeground(graph.get(owner.uid))) parts.queue.add(owner.uid);
  };
  if (context.informers.has(resource)) {
    const informer = context.informers.of(resource);
    informer.onChange((old, object) => {
      if (old && old.metadata.uid !== object?.metadata.uid) lose(old.metadata.uid!);
      if (object) see(object);
    });
    return informer.synced;
  }
  const listed = Promise.withResolvers<void>();
  const uids = new Map<string, string>();
  const note = (object: ApiObject) => {
    const key = keyText(object.metadata);
    const uid = object.metadata.uid ?? '';
    const before = uids.get(key);
    if (before !== undefined && before !== uid) lose(before);
    uids.set(key, uid);
    see(object);
  };
  const forget = (key: string) => {
    lose(uids.get(key) ?? '');
    uids.delete(key);
  };
  void listWatch(
    { ...context, resource },
    {
      replace(items) {
        const present = new Set(items.map(({ metadata }) => keyText(metadata)));
        for (const key of [...uids.keys()]) if (!present.has(key)) forget(key);
        items.forEach(note);
        listed.resolve();
      },
      change: (type, object) => (type === 'DELETED' ? forget(keyText(object.metadata)) : note(object)),
    },
  ).finally(() => listed.resolve());
  return listed.promise;
}

const isForeground = (thing: Thing | undefined): boolean =>
  thing?.deleting === true && thing.finalizers.includes(FOREGROUND);

/** Something changed about an object: who must be looked at? */
function queueFor({ queue }: ControllerParts, graph: Graph, before: Thing | undefined, thing: Thing): void {
  const sameOwners =
    before?.owners.length === thing.owners.length && before.owners.every((o, i) => o.uid === thing.owners[i]!.uid);
  if (thing.owners.length > 0 && !sameOwners) queue.add(thing.uid);
  if (!thing.deleting) return;
  queue.add(thing.uid);
  if (!before?.deleting) for (const dependent of graph.dependentsOf(thing.uid)) queue.add(dependent.uid);
  for (const owner of before?.owners ?? []) if (isForeground(graph.get(owner.uid))) queue.add(owner.uid);
}

async function ownerStates(
  context: Context,
  graph: Graph,
  resources: ReadonlyMap<string, DiscoveredResource>,
  thing: Thing,
): Promise<Map<string, 'present' | 'leaving' | 'gone'>> {
  const states = new Map<string, 'present' | 'leaving' | 'gone'>();
  if (thing.deleting) return states;
  for (const reference of thing.owners) {
    const known = graph.get(reference.uid);
    // An owner in another namespace is no owner.
    const reachable = known && (known.key.namespace === undefined || known.key.namespace === thing.key.namespace);
    if (reachable) states.set(reference.uid, isForeground(known) ? 'leaving' : 'present');
    else states.set(reference.uid, (await isGone(context, resources, thing, reference)) ? 'gone' : 'present');
  }
  return states;
}

async function isGone(
  { client, signal }: Context,
  resources: ReadonlyMap<string, DiscoveredResource>,
  thing: Thing,
  { apiVersion, kind, name, uid }: OwnerReference,
): Promise<boolean> {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
  const resource = resources.get(`${group}/${kind}`);
  // A kind that nobody serves: its objects may come back with it.
  if (!resource) return false;
  const key = resource.namespaced ? { namespace: thing.key.namespace, name } : { name };
  if (resource.namespaced && !thing.key.namespace) return false;
  try {
    const live = await client.get(resource, key, { signal });
    return live.metadata.uid !== uid;
  } catch (error) {
    if (isReason(error, 'NotFound')) return true;
    throw error;
  }
}
