/**
 * How every other part talks to the API: scheduler, controllers, agent, command line. `fetch` is an argument, so the same
 * client works in process (the Hono app's own fetch), over TLS, or against any Kubernetes API.
 *
 * Failures reject with StatusError (control/machinery/status.ts), built from the Status that the server sent.
 */
import type { ApiList, ApiObject, Key, Resource, WatchEvent } from '../machinery/meta.ts';

export interface Client {
  get<T extends ApiObject>(
    resource: Resource,
    key: Key,
    options?: { subresource?: string; signal?: AbortSignal },
  ): Promise<T>;
  list<T extends ApiObject>(resource: Resource, options?: ListOptions): Promise<ApiList<T>>;
  create<T extends ApiObject, R extends ApiObject = T>(
    resource: Resource,
    object: T,
    options?: { namespace?: string; name?: string; subresource?: string; dryRun?: boolean; signal?: AbortSignal },
  ): Promise<R>;
  update<T extends ApiObject>(
    resource: Resource,
    object: T,
    options?: { subresource?: string; signal?: AbortSignal },
  ): Promise<T>;
  patch<T extends ApiObject>(resource: Resource, key: Key, patch: unknown, options: PatchOptions): Promise<T>;
  delete(resource: Resource, key: Key, options?: DeleteOptions): Promise<void>;
  watch<T extends ApiObject>(resource: Resource, options: WatchQuery): AsyncIterable<WatchEvent<T>>;
  /** Any other path: logs, /version, /v2/…; resolves whatever the status code. */
  raw(path: string, init?: RawRequest): Promise<Response>;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  signal?: AbortSignal;
}

export interface WatchQuery {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  timeoutSeconds?: number;
  signal: AbortSignal;
}

export interface PatchOptions {
  type: 'json' | 'merge' | 'strategic' | 'apply';
  subresource?: string;
  fieldManager?: string;
  force?: boolean;
  dryRun?: boolean;
  signal?: AbortSignal;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  preconditions?: { uid?: string; resourceVersion?: string };
  signal?: AbortSignal;
}

export interface RawRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: Uint8Array | string | ReadableStream<Uint8Array>;
  signal?: AbortSignal;
}

/** The transport under a client: a fetch for one server. `path` begins with `/`. */
export type Transport = (path: string, init: RawRequest) => Promise<Response>;
