/**
 * An API server small enough to read, for tests of the agent: keeps objects in memory, serves them to the real client, and
 * can be cut off. Knows nothing of Kinds; patches are merge patches, but conditions are merged by type.
 */
import { createHash } from 'node:crypto';
import { createClient } from '../../control/client/rest.ts';
import type { ApiObject } from '../../control/machinery/meta.ts';

type Stored = ApiObject & { status?: unknown; spec?: unknown };

export function createFakeServer() {
  const objects = new Map<string, Stored>();
  const watchers = new Set<(type: string, path: string, object: Stored) => void>();
  const blobs = new Map<string, { type: string; bytes: Uint8Array }>();
  let revision = 1;
  let reachable = true;
  const cutters = new Set<() => void>();

  const put = (path: string, object: Stored, type?: string): Stored => {
    const known = objects.has(path);
    object.metadata.resourceVersion = String(++revision);
    objects.set(path, object);
    for (const watcher of watchers) watcher(type ?? (known ? 'MODIFIED' : 'ADDED'), path, object);
    return object;
  };
  const drop = (path: string) => {
    const object = objects.get(path);
    if (!object) return;
    objects.delete(path);
    object.metadata.resourceVersion = String(++revision);
    for (const watcher of watchers) watcher('DELETED', path, object);
  };

  const transport = async (
    text: string,
    init: { method?: string; body?: unknown; signal?: AbortSignal },
  ): Promise<Response> => {
    if (!reachable) throw new Error('connect ECONNREFUSED');
    const url = new URL(text, 'http://fake');
    const path = url.pathname;
    const method = init.method ?? 'GET';
    if (path.startsWith('/v2/')) {
      const blob = blobs.get(path);
      return blob ? new Response(Buffer.from(blob.bytes)) : new Response('{}', { status: 404 });
    }
    const body = init.body === undefined ? undefined : JSON.parse(String(init.body));
    if (method === 'GET') return get(path, url.searchParams, init.signal);
    if (method === 'POST') {
      const at = `${path}/${body.metadata.name}`;
      if (objects.has(at)) return failure(409, 'AlreadyExists');
      body.metadata.uid ??= `uid-${body.metadata.name}-${revision}`;
      return Response.json(put(at, body));
    }
    const at = path.replace(/\/status$/, '');
    const current = objects.get(at);
    if (!current) return failure(404, 'NotFound');
    if (method === 'DELETE') {
      if (body?.preconditions?.uid && body.preconditions.uid !== current.metadata.uid) return failure(409, 'Conflict');
      drop(at);
      return Response.json(current);
    }
    if (body.metadata?.uid && body.metadata.uid !== current.metadata.uid) return failure(409, 'Conflict');
    return Response.json(put(at, merge(current, body) as Stored));
  };

  const get = (path: string, query: URLSearchParams, signal: AbortSignal | undefined): Response => {
    const one = objects.get(path);
    if (one) return Response.json(one);
    if (!/s$/.test(path)) return failure(404, 'NotFound');
    const [field, value] = query.get('fieldSelector')?.split('=') ?? [];
    const resource = path.slice(path.lastIndexOf('/') + 1);
    const selects = (at: string, object: Stored): boolean => {
      const inside = at.includes(`/${resource}/`) && (path.includes('/namespaces/') ? at.startsWith(`${path}/`) : true);
      const found =
        field === 'metadata.name' ? object.metadata.name : (object.spec as { nodeName?: string } | undefined)?.nodeName;
      return inside && (!field || found === value);
    };
    if (query.get('watch') !== 'true') {
      const items = [...objects].filter(([at, object]) => selects(at, object)).map(([, object]) => object);
      return Response.json({ kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: String(revision) }, items });
    }
    let close = () => {};
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        const send = (type: string, object: Stored) =>
          controller.enqueue(Buffer.from(`${JSON.stringify({ type, object })}\n`));
        const since = Number(query.get('resourceVersion'));
        for (const [at, object] of objects)
          if (Number(object.metadata.resourceVersion) > since && selects(at, object)) send('ADDED', object);
        const watcher = (type: string, at: string, object: Stored) => selects(at, object) && send(type, object);
        watchers.add(watcher);
        close = () => {
          watchers.delete(watcher);
          cutters.delete(close);
          try {
            controller.close();
          } catch {
            // The client has gone already.
          }
        };
        cutters.add(close);
        signal?.addEventListener('abort', close);
      },
      cancel: () => close(),
    });
    return new Response(stream);
  };

  return {
    objects,
    client: createClient({ transport, userAgent: 'test' }),
    put,
    drop,
    reachable(value: boolean) {
      reachable = value;
      if (!value) for (const cut of [...cutters]) cut();
    },
    /** Puts a module into the registry as a wasm artifact. */
    pushModule(repository: string, tag: string, bytes: Uint8Array): string {
      const layer = { mediaType: 'application/wasm', digest: digestOf(bytes), size: bytes.length };
      const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [layer] }));
      const digest = digestOf(manifest);
      const type = 'application/vnd.oci.image.manifest.v1+json';
      blobs.set(`/v2/${repository}/blobs/${layer.digest}`, { type: 'application/octet-stream', bytes });
      for (const name of [tag, digest]) blobs.set(`/v2/${repository}/manifests/${name}`, { type, bytes: manifest });
      return digest;
    },
    blobs,
    events: () =>
      [...objects].filter(([at]) => at.includes('/events/')).map(([, object]) => object as unknown as FakeEvent),
  };
}

interface FakeEvent {
  reason: string;
  message: string;
  type: string;
}

export type FakeServer = ReturnType<typeof createFakeServer>;

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function merge(current: unknown, patch: unknown, field = ''): unknown {
  if (field === 'conditions' && Array.isArray(patch) && Array.isArray(current)) {
    const changed = new Map(patch.map(condition => [condition.type, condition]));
    const kept = current.map(condition => merge(condition, changed.get(condition.type) ?? {}));
    return [...kept, ...patch.filter(({ type }) => !current.some(condition => condition.type === type))];
  }
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...(current as Record<string, unknown>) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value, name);
  }
  return merged;
}

const failure = (code: number, reason: string): Response =>
  Response.json(
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: reason, reason, code },
    { status: code },
  );
