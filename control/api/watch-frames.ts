/**
 * Watch events as bytes, in the form the client asked for, and only those that its selectors let through: an object that
 * begins to match is ADDED, one that stops is DELETED (with its old state at the new revision).
 *
 * Always: plain JSON frames are shared by all watchers; other forms (Table, metadata, CBOR) are made per watcher.
 */
import { encodeCbor } from '../codec/cbor-encode.ts';
import type { Kind } from '../kinds/strategy.ts';
import { type ApiObject, apiVersionOf } from '../machinery/meta.ts';
import type { StatusError } from '../machinery/status.ts';
import type { KeyValue, StoreEvent } from '../store/store.ts';
import type { Representation } from './accept.ts';
import type { Api } from './api.ts';
import type { Bytes } from './objects.ts';
import type { Selection } from './selection.ts';
import { metadataOnly, tableOf } from './tables.ts';

export interface Frames {
  added(kv: KeyValue): Bytes;
  changes(events: readonly StoreEvent[]): Bytes[];
  /** `initialEnd` marks the end of the initial events. */
  bookmark(revision: number, initialEnd: boolean): Bytes;
  error(error: StatusError): Bytes;
}

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';
const encoder = new TextEncoder();

export function createFrames(
  api: Api,
  kind: Kind,
  wanted: Representation,
  includeObject: string | null,
  { matches }: Selection,
): Frames {
  let columns = true;

  /** Any form but plain JSON. */
  function shaped(type: string, object: Readonly<ApiObject>): Bytes {
    if (wanted.shape === 'table') {
      const metadata = { resourceVersion: object.metadata.resourceVersion };
      const options = { metadata, includeObject, version: wanted.version, now: api.clock.now(), columns };
      columns = false;
      return bytesOf({ type, object: tableOf(kind, type === 'BOOKMARK' ? [] : [object], options) });
    }
    return bytesOf({ type, object: wanted.shape === 'metadata' ? metadataOnly(object, wanted.version) : object });
  }

  const bytesOf = (event: unknown): Bytes =>
    wanted.format === 'cbor' ? encodeCbor(event) : encoder.encode(`${JSON.stringify(event)}\n`);

  function frame(type: string, kv: KeyValue, revision: number): Bytes {
    if (wanted.shape === 'object' && wanted.format === 'json') return api.objects.frame(type, kv, revision);
    const object = api.objects.peek(kv);
    if (revision === kv.modRevision) return shaped(type, object);
    return shaped(type, { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
  }

  const isMeant = (kv: KeyValue): boolean => !matches || matches(api.objects.peek(kv));

  function changed(event: StoreEvent): Bytes | undefined {
    if (event.type === 'delete') {
      return isMeant(event.previous) ? frame('DELETED', event.previous, event.revision) : undefined;
    }
    const { current, previous, revision } = event;
    const before = previous !== undefined && isMeant(previous);
    if (isMeant(current)) return frame(before ? 'MODIFIED' : 'ADDED', current, revision);
    return before ? frame('DELETED', previous, revision) : undefined;
  }

  return {
    added: kv => frame('ADDED', kv, kv.modRevision),
    changes: events => events.map(changed).filter(bytes => bytes !== undefined),
    bookmark: (revision, initialEnd) => {
      const annotations = initialEnd ? { [INITIAL_EVENTS_END]: 'true' } : undefined;
      const metadata = { resourceVersion: String(revision), creationTimestamp: null, annotations };
      const object = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } as unknown as ApiObject;
      return wanted.shape === 'table' ? shaped('BOOKMARK', object) : bytesOf({ type: 'BOOKMARK', object });
    },
    error: ({ status }) => bytesOf({ type: 'ERROR', object: status }),
  };
}
