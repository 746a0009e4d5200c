/** Services and EndpointSlices as a client serves them, changed by hand: what the proxy's informers need of an API server. */
import type { Client, WatchQuery } from '../../../control/client/client.ts';
import type { ApiObject, Resource, WatchEvent } from '../../../control/machinery/meta.ts';
import { keyText } from '../../../control/machinery/meta.ts';

export interface FakeApi {
  client: Client;
  apply(resource: Resource, object: ApiObject): void;
  remove(resource: Resource, namespace: string, name: string): void;
}

export function createFakeApi(): FakeApi {
  const objects = new Map<string, Map<string, ApiObject>>();
  const watchers = new Map<string, Set<(event: WatchEvent<ApiObject>) => void>>();
  const history: { revision: number; resource: string; event: WatchEvent<ApiObject> }[] = [];
  let revision = 1;
  const collection = ({ resource }: Resource) => {
    const found = objects.get(resource) ?? new Map<string, ApiObject>();
    objects.set(resource, found);
    return found;
  };
  const tell = (resource: Resource, event: WatchEvent<ApiObject>) => {
    history.push({ revision, resource: resource.resource, event });
    for (const watcher of watchers.get(resource.resource) ?? []) watcher(event);
  };

  async function* watch(resource: Resource, { signal, resourceVersion }: WatchQuery) {
    const missed = history.filter(h => h.resource === resource.resource && h.revision > Number(resourceVersion));
    const events = missed.map(({ event }) => event);
    let wake = () => {};
    const watcher = (event: WatchEvent<ApiObject>) => {
      events.push(event);
      wake();
    };
    const all = watchers.get(resource.resource) ?? new Set();
    watchers.set(resource.resource, all.add(watcher));
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      for (let event = events.shift(); event; event = events.shift()) yield event;
      await new Promise<void>(resolve => {
        wake = resolve;
        if (signal.aborted || events.length > 0) resolve();
      });
    }
  }

  const client: Partial<Client> = {
    list: (async (resource: Resource) => ({
      apiVersion: 'v1',
      kind: 'List',
      metadata: { resourceVersion: String(revision) },
      items: [...collection(resource).values()],
    })) as Client['list'],
    watch: watch as unknown as Client['watch'],
    get: (async (resource: Resource, key: { name: string }) => {
      const found = collection(resource).get(keyText(key));
      if (!found) throw new Error('not found');
      return found;
    }) as Client['get'],
  };

  return {
    client: client as Client,
    apply(resource, object) {
      const key = keyText(object.metadata);
      const type = collection(resource).has(key) ? 'MODIFIED' : 'ADDED';
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++revision) } };
      collection(resource).set(key, stored);
      tell(resource, { type, object: stored });
    },
    remove(resource, namespace, name) {
      const key = `${namespace}/${name}`;
      revision++;
      const object = collection(resource).get(key);
      collection(resource).delete(key);
      if (object) tell(resource, { type: 'DELETED', object });
    },
  };
}
