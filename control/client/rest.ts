/**
 * The client over a transport: builds paths, speaks JSON, turns Status bodies into StatusErrors. No retries here; those
 * who call have queues with back-off.
 *
 * Called by every composition root once per identity; the result is handed to informers, scheduler, controllers, agent.
 */
import type { ApiList, ApiObject, Key, Resource } from '../machinery/meta.ts';
import { pathOf } from '../machinery/resource.ts';
import type { Client, DeleteOptions, ListOptions, PatchOptions, RawRequest, Transport, WatchQuery } from './client.ts';
import { errorFrom } from './errors.ts';
import { watchEvents } from './watch-stream.ts';

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const satisfies Record<PatchOptions['type'], string>;

export function createClient({ transport, userAgent }: { transport: Transport; userAgent: string }): Client {
  const raw = (path: string, init: RawRequest = {}): Promise<Response> =>
    transport(path, { ...init, headers: { 'user-agent': userAgent, ...init.headers } });

  const request = async (path: string, init: RawRequest): Promise<Response> => {
    const response = await raw(path, { ...init, headers: { accept: 'application/json', ...init.headers } });
    if (!response.ok) throw await errorFrom(response);
    return response;
  };

  const json = async <T>(path: string, init: RawRequest): Promise<T> => (await (await request(path, init)).json()) as T;

  const send = <T>(method: string, path: string, body: unknown, signal?: AbortSignal, type = 'application/json') =>
    json<T>(path, { method, body: JSON.stringify(body), headers: { 'content-type': type }, signal });

  return {
    raw,
    get: <T extends ApiObject>(
      resource: Resource,
      key: Key,
      options: { subresource?: string; signal?: AbortSignal } = {},
    ) => json<T>(pathOf(resource, key, options.subresource), { signal: options.signal }),
    list: <T extends ApiObject>(resource: Resource, options: ListOptions = {}) =>
      json<ApiList<T>>(pathOf(resource, { namespace: options.namespace }) + queryText(listQuery(options)), {
        signal: options.signal,
      }),
    create: (resource, object, options = {}) => {
      const namespace = resource.namespaced ? (options.namespace ?? object.metadata.namespace) : undefined;
      const path = options.name
        ? pathOf(resource, { namespace, name: options.name }, options.subresource)
        : pathOf(resource, { namespace });
      return send('POST', path + queryText({ dryRun: options.dryRun ? 'All' : undefined }), object, options.signal);
    },
    update: (resource, object, options = {}) =>
      send('PUT', pathOf(resource, object.metadata, options.subresource), object, options.signal),
    patch: (resource, key, patch, options) => {
      const query = {
        fieldManager: options.fieldManager,
        force: options.force,
        dryRun: options.dryRun ? 'All' : undefined,
      };
      const path = pathOf(resource, key, options.subresource) + queryText(query);
      return send('PATCH', path, patch, options.signal, PATCH_TYPES[options.type]);
    },
    delete: async (resource, key, { signal, ...options }: DeleteOptions = {}) => {
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...options };
      await send('DELETE', pathOf(resource, key), body, signal);
    },
    watch: <T extends ApiObject>(resource: Resource, options: WatchQuery) => {
      const path = pathOf(resource, { namespace: options.namespace }) + queryText(watchQuery(options));
      return watchEvents<T>(() => request(path, { signal: options.signal }), options.signal);
    },
  };
}

const listQuery = ({ labelSelector, fieldSelector, limit, continue: from, resourceVersion }: ListOptions) => ({
  labelSelector,
  fieldSelector,
  limit,
  continue: from,
  resourceVersion,
});

const watchQuery = ({ labelSelector, fieldSelector, resourceVersion, timeoutSeconds }: WatchQuery) => ({
  watch: true,
  allowWatchBookmarks: true,
  labelSelector,
  fieldSelector,
  resourceVersion,
  timeoutSeconds,
});

function queryText(query: Record<string, string | number | boolean | undefined>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '' && value !== false)
      parts.push(`${name}=${encodeURIComponent(String(value))}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
