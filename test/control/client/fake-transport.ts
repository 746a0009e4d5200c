/** A server of one collection, as a Transport, that can cut streams, forget history and count what it is asked. */
import type { Transport } from '../../../control/client/client.ts';
import type { ApiObject } from '../../../control/machinery/meta.ts';

interface Change {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: ApiObject;
}

export interface FakeServer {
  transport: Transport;
  put(name: string, labels?: Record<string, string>): void;
  remove(name: string): void;
  /** Ends every open watch. */
  cut(): void;
  /** Watches from before now get 410. */
  compact(): void;
  bookmark(): void;
  refuse(times: number): void;
  readonly lists: number;
  readonly watches: string[];
}

export function createFakeServer(): FakeServer {
  const objects = new Map<string, ApiObject>();
  const changes: Change[] = [];
  const open = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const encoder = new TextEncoder();
  const watches: string[] = [];
  let version = 0;
  let compacted = 0;
  let lists = 0;
  let refusals = 0;

  const line = (type: string, object: unknown) => encoder.encode(`${JSON.stringify({ type, object })}\n`);
  const change = (type: Change['type'], object: ApiObject) => {
    const copy = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } };
    if (type === 'DELETED') objects.delete(object.metadata.name);
    else objects.set(object.metadata.name, copy);
    changes.push({ version, type, object: copy });
    // In two pieces: lines do not keep to chunks.
    const bytes = line(type, copy);
    for (const stream of open) {
      stream.enqueue(bytes.subarray(0, 7));
      stream.enqueue(bytes.subarray(7));
    }
  };
  const expired = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'Expired',
    code: 410,
    message: 'too old',
  };
  const watch = (from: number) => {
    if (from < compacted) return new Response(line('ERROR', expired));
    let own: ReadableStreamDefaultController<Uint8Array>;
    return new Response(
      new ReadableStream<Uint8Array>({
        start(controller) {
          own = controller;
          for (const past of changes) if (past.version > from) controller.enqueue(line(past.type, past.object));
          open.add(controller);
        },
        cancel: () => void open.delete(own),
      }),
    );
  };
  return {
    get lists() {
      return lists;
    },
    watches,
    transport: async path => {
      if (refusals > 0) {
        refusals--;
        throw new TypeError('connection refused');
      }
      const query = new URL(`http://x${path}`).searchParams;
      if (query.get('watch')) {
        watches.push(query.get('resourceVersion') ?? '');
        return watch(Number(query.get('resourceVersion')));
      }
      lists++;
      const items = [...objects.values()];
      return Response.json({ kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: String(version) }, items });
    },
    put(name, labels) {
      const before = objects.get(name);
      const metadata = { name, namespace: 'default', uid: name, labels };
      change(before ? 'MODIFIED' : 'ADDED', { apiVersion: 'v1', kind: 'Pod', metadata });
    },
    remove: name => change('DELETED', objects.get(name)!),
    cut() {
      for (const stream of open) stream.close();
      open.clear();
    },
    compact() {
      compacted = version;
    },
    bookmark() {
      const object = { kind: 'Pod', apiVersion: 'v1', metadata: { name: '', resourceVersion: String(++version) } };
      for (const stream of open) stream.enqueue(line('BOOKMARK', object));
    },
    refuse(times) {
      refusals = times;
    },
  };
}
