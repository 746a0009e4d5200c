/**
 * The ConfigMaps, Secrets and RuntimeClasses that this node's pods refer to: each is watched while a pod needs it and copied to disk (0600),
 * so that pods start again after a reboot while the server is away. Called by pod workers.
 *
 * Always: nothing that no pod here refers to is asked for; the copy on disk is used only when the server cannot be reached.
 */
import { join } from 'node:path';
import type { Client } from '../control/client/client.ts';
import { createInformer, type Informer } from '../control/client/informer.ts';
import type { ConfigMap } from '../control/kinds/config-map.ts';
import type { Pod } from '../control/kinds/pod.ts';
import type { RuntimeClass } from '../control/kinds/runtime-class.ts';
import type { Secret } from '../control/kinds/secret.ts';
import type { Log } from '../control/machinery/log.ts';
import type { ApiObject, Resource } from '../control/machinery/meta.ts';
import { CONFIG_MAPS, RUNTIME_CLASSES, SECRETS } from '../control/machinery/resources.ts';
import type { Clock, Dice, Files } from '../control/platform/types.ts';
import { configError } from './config-error.ts';
import type { ObjectLookup } from './environment.ts';
import { containersOf } from './record.ts';

/** How long a start waits for the server before the copy on disk is used. */
const SYNC_WAIT_MS = 2_000;

export interface ObjectCache extends ObjectLookup {
  runtimeClass(name: string): Promise<RuntimeClass | undefined>;
  /** Watches what the pod refers to until released; `changed` hears of every change after the first look. */
  hold(pod: Pod, changed: () => void): () => void;
}

interface Held {
  informer: Informer<ApiObject>;
  listeners: Set<() => void>;
  stop: AbortController;
}

export function createObjectCache(options: {
  client: Client;
  clock: Clock;
  dice: Dice;
  files: Files;
  directory: string;
  log: Log;
  signal: AbortSignal;
}): ObjectCache {
  const { client, clock, dice, files, directory, log, signal } = options;
  const held = new Map<string, Held>();
  const copyPath = (id: string) => join(directory, `${id.replaceAll('/', '_')}.json`);

  const watch = (resource: Resource, namespace: string, name: string, id: string): Held => {
    const stop = new AbortController();
    const informer = createInformer<ApiObject>({
      client,
      resource,
      namespace: resource.namespaced ? namespace : undefined,
      fieldSelector: `metadata.name=${name}`,
      clock,
      dice,
      log,
      signal: AbortSignal.any([signal, stop.signal]),
    });
    const listeners = new Set<() => void>();
    informer.onChange((_, current) => {
      if (current) void keepCopy(id, current);
      for (const listener of listeners) listener();
    });
    return { informer, listeners, stop };
  };

  const keepCopy = async (id: string, object: ApiObject): Promise<void> => {
    try {
      await files.makeDirectory(directory, { mode: 0o700 });
      await files.replace(copyPath(id), Buffer.from(JSON.stringify(object)), { mode: 0o600 });
    } catch (error) {
      log('warn', `could not keep a copy of ${id} on disk`, { error: String(error) });
    }
  };

  const look = async <T extends ApiObject>(
    resource: Resource,
    namespace: string,
    name: string,
  ): Promise<T | undefined> => {
    const id = idOf(resource, namespace, name);
    const found = held.get(id);
    if (!found) throw new Error(`${id} is asked for by a pod that does not hold it`);
    if (await withinTime(found.informer.synced, clock)) return found.informer.store.list()[0] as T | undefined;
    const copy = await files.read(copyPath(id)).catch(() => undefined);
    if (copy) return JSON.parse(Buffer.from(copy).toString('utf8')) as T;
    throw configError(`failed to sync ${resource.kind.toLowerCase()} cache: timed out waiting for the condition`);
  };

  return {
    configMap: (namespace, name) => look<ConfigMap>(CONFIG_MAPS, namespace, name),
    secret: (namespace, name) => look<Secret>(SECRETS, namespace, name),
    runtimeClass: name => look<RuntimeClass>(RUNTIME_CLASSES, '', name),
    hold(pod, changed) {
      const namespace = pod.metadata.namespace ?? '';
      const ids: string[] = [];
      for (const { resource, name } of referredBy(pod)) {
        const id = idOf(resource, resource.namespaced ? namespace : '', name);
        if (ids.includes(id)) continue;
        ids.push(id);
        const entry = held.get(id) ?? watch(resource, namespace, name, id);
        held.set(id, entry);
        entry.listeners.add(changed);
      }
      return () => {
        for (const id of ids.splice(0)) {
          const entry = held.get(id)!;
          entry.listeners.delete(changed);
          if (entry.listeners.size > 0) continue;
          entry.stop.abort();
          held.delete(id);
          void files.remove(copyPath(id)).catch(() => {});
        }
      };
    },
  };
}

const idOf = (resource: Resource, namespace: string, name: string): string =>
  `${resource.resource}/${namespace}/${name}`;

/** Everything of these kinds that the pod names anywhere. */
function referredBy(pod: Pod): { resource: Resource; name: string }[] {
  const found: { resource: Resource; name: string | undefined }[] = [];
  found.push({ resource: RUNTIME_CLASSES, name: pod.spec.runtimeClassName });
  const configMap = (name: string | undefined) => found.push({ resource: CONFIG_MAPS, name });
  const secret = (name: string | undefined) => found.push({ resource: SECRETS, name });
  for (const container of containersOf(pod)) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      configMap(configMapRef?.name);
      secret(secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      configMap(valueFrom?.configMapKeyRef?.name);
      secret(valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of pod.spec.volumes ?? []) {
    configMap(volume.configMap?.name);
    secret(volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      configMap(source.configMap?.name);
      secret(source.secret?.name);
    }
  }
  return found.filter((reference): reference is { resource: Resource; name: string } => Boolean(reference.name));
}

async function withinTime(synced: Promise<void>, clock: Clock): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const cancel = clock.after(SYNC_WAIT_MS, () => late.resolve(false), { background: true });
  const done = synced.then(
    () => true,
    () => false,
  );
  return Promise.race([done, late.promise]).finally(cancel);
}
