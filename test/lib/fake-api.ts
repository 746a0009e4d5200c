/**
 * A tiny API in memory, as a Client, for controllers under a virtual clock: watches arrive late by a random time, and a
 * write can be the last thing that its writer lives to do (`onWrite`). Knows uid, resourceVersion, generation, merge
 * patches and preconditions; no schemas, no finalizers.
 */
import type { Client } from '../../control/client/client.ts';
import { equal } from '../../control/machinery/equal.ts';
import { applyMergePatch } from '../../control/machinery/merge-patch.ts';
import type { ApiObject, Key, Resource, WatchEvent } from '../../control/machinery/meta.ts';
import { timestamp } from '../../control/machinery/meta.ts';
import { alreadyExists, conflict, notFound, OBJECT_MODIFIED } from '../../control/machinery/status.ts';
import type { Clock } from '../../control/platform/types.ts';
import type { Random } from './random.ts';

export interface FakeApi {
  client: Client;
  all<T extends ApiObject>(resource: Resource): T[];
  /** Called after each write has happened and before its writer hears of it; may throw. */
  onWrite: (verb: 'create' | 'patch' | 'delete', resource: Resource, object: ApiObject) => void;
}

interface Watcher {
  prefix: string;
  events: WatchEvent<ApiObject>[];
  wake: () => void;
  /** When the last event on its way arrives. */
  until: number;
}

const WATCH_LAG_MS = 50;

export function createFakeApi(clock: Clock, random: Random): FakeApi {
  const objects = new Map<string, ApiObject>();
  const history: { version: number; path: string; event: WatchEvent<ApiObject> }[] = [];
  const watchers = new Set<Watcher>();
  let version = 0;
  const prefixOf = ({ group, resource }: Resource) => `${group}/${resource}/`;
  const pathOf = (resource: Resource, { namespace = '', name }: Key) => `${prefixOf(resource)}${namespace}/${name}`;

  const write = (path: string, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: ApiObject): ApiObject => {
    const stamped = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } };
    if (type === 'DELETED') objects.delete(path);
    else objects.set(path, stamped);
    const event = { type, object: stamped } as WatchEvent<ApiObject>;
    history.push({ version, path, event });
    for (const watcher of watchers) {
      if (!path.startsWith(watcher.prefix)) continue;
      // In order, each some time after the one before.
      watcher.until = Math.max(watcher.until, clock.monotonic() + random.below(WATCH_LAG_MS));
      clock.after(watcher.until - clock.monotonic(), () => {
        watcher.events.push(event);
        watcher.wake();
      });
    }
    return stamped;
  };
  const find = (resource: Resource, key: Key) => {
    const found = objects.get(pathOf(resource, key));
    if (!found) throw notFound(resource, key.name);
    return found;
  };
  const check = (
    resource: Resource,
    current: ApiObject,
    wanted: { uid?: string; resourceVersion?: string } | undefined,
  ) => {
    for (const field of ['uid', 'resourceVersion'] as const)
      if (wanted?.[field] !== undefined && wanted[field] !== current.metadata[field])
        throw conflict(resource, current.metadata.name, OBJECT_MODIFIED);
  };

  const client = {
    get: async (resource: Resource, key: Key) => find(resource, key),
    list: async (resource: Resource) => {
      const items = [...objects].filter(([path]) => path.startsWith(prefixOf(resource))).map(([, object]) => object);
      return { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: String(version) }, items };
    },
    create: async (resource: Resource, object: ApiObject) => {
      const name = object.metadata.name || `${object.metadata.generateName}${random.below(1e9).toString(36)}`;
      const path = pathOf(resource, { namespace: object.metadata.namespace, name });
      if (objects.has(path)) throw alreadyExists(resource, name);
      const metadata = {
        ...object.metadata,
        name,
        uid: `uid-${version + 1}`,
        generation: 1,
        creationTimestamp: timestamp(clock.now()),
      };
      const created = write(path, 'ADDED', structuredClone({ ...object, metadata }));
      api.onWrite('create', resource, created);
      return created;
    },
    patch: async (resource: Resource, key: Key, patch: Partial<ApiObject>) => {
      const current = find(resource, key) as ApiObject & { spec?: unknown };
      check(resource, current, patch.metadata);
      const next = applyMergePatch(current, structuredClone(patch)) as typeof current;
      if (!equal(next.spec, current.spec))
        next.metadata = { ...next.metadata, generation: (current.metadata.generation ?? 0) + 1 };
      if (equal(next, current)) return current;
      const written = write(pathOf(resource, key), 'MODIFIED', next);
      api.onWrite('patch', resource, written);
      return written;
    },
    update: async (resource: Resource, object: ApiObject) => {
      check(resource, find(resource, object.metadata), object.metadata);
      const written = write(pathOf(resource, object.metadata), 'MODIFIED', structuredClone(object));
      api.onWrite('patch', resource, written);
      return written;
    },
    delete: async (resource: Resource, key: Key, options?: { preconditions?: { uid?: string } }) => {
      const current = find(resource, key);
      check(resource, current, options?.preconditions);
      api.onWrite('delete', resource, write(pathOf(resource, key), 'DELETED', current));
    },
    watch: async function* (
      resource: Resource,
      { resourceVersion, signal }: { resourceVersion?: string; signal: AbortSignal },
    ) {
      const prefix = prefixOf(resource);
      const past = history.filter(entry => entry.version > Number(resourceVersion) && entry.path.startsWith(prefix));
      const watcher: Watcher = { prefix, events: past.map(({ event }) => event), wake: () => {}, until: 0 };
      watchers.add(watcher);
      signal.addEventListener('abort', () => watcher.wake(), { once: true });
      try {
        while (!signal.aborted) {
          const event = watcher.events.shift();
          if (event) yield event;
          else await new Promise<void>(resolve => (watcher.wake = resolve));
        }
      } finally {
        watchers.delete(watcher);
      }
    },
  } as unknown as Client;
  const api: FakeApi = {
    client,
    all: <T extends ApiObject>(resource: Resource) =>
      [...objects].filter(([path]) => path.startsWith(prefixOf(resource))).map(([, object]) => object as T),
    onWrite: () => {},
  };
  return api;
}
