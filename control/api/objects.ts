/**
 * Between the store's bytes and API objects: where an object is kept, how it is read, and the JSON of one revision, made
 * once for all who watch it.
 *
 * Always: stored bytes carry no resourceVersion, the revision is it; `peek` hands out shared objects that nobody may change,
 * `read` hands out a fresh one.
 */
import { decodeStored, encodeStored, storedToJson } from '../codec/stored.ts';
import type { Kind } from '../kinds/strategy.ts';
import type { ApiObject, Key } from '../machinery/meta.ts';
import type { KeyValue } from '../store/store.ts';

/** Recent objects stay decoded: what was just written is read by watchers, the scheduler's bindings and status patches. */
const RECENT_OBJECTS_MAX = 2_048;

export type Bytes = Uint8Array<ArrayBuffer>;

type Located = Pick<Kind, 'group' | 'resource' | 'namespaced'>;

export interface Objects {
  encode(object: ApiObject): Uint8Array;
  /** A fresh object that belongs to the caller. */
  read(kv: KeyValue): ApiObject;
  /** A shared object: not to be changed. */
  peek(kv: KeyValue): Readonly<ApiObject>;
  /** JSON text with the revision in its place, kept for the next who asks. */
  json(kv: KeyValue): Bytes;
  /** The same as `peek` and `json` for those who pass over many objects: what is at hand is used, nothing is kept. */
  glance(kv: KeyValue): Readonly<ApiObject>;
  text(kv: KeyValue): Bytes;
  /** The line of a watch stream. For a deletion, `revision` is that of the event. */
  frame(type: string, kv: KeyValue, revision: number): Bytes;
  /** Spares the next reader of this revision the decoding; the object must not change any more. */
  remember(key: string, revision: number, object: ApiObject): void;
}

interface Recent {
  object?: Readonly<ApiObject>;
  json?: Bytes;
  frames?: Map<string, Bytes>;
}

export const objectKey = (kind: Located, key: Key): string =>
  kind.namespaced ? `${prefixOf(kind)}${key.namespace}/${key.name}` : `${prefixOf(kind)}${key.name}`;

const prefixOf = (kind: Located): string => `/registry/${kind.group || 'core'}/${kind.resource}/`;

/** [start, end) of a collection. */
export const objectRange = (kind: Located, namespace: string | undefined): [string, string] => {
  const prefix = kind.namespaced && namespace ? `${prefixOf(kind)}${namespace}/` : prefixOf(kind);
  return [prefix, `${prefix.slice(0, -1)}0`];
};

const encoder = new TextEncoder();
const FRAME_END = encoder.encode('}\n');

export function concat(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

export const claimKey = (claim: string): string => `/claims/${claim}`;

export function createObjects(): Objects {
  const recent = createRecent<Recent>(RECENT_OBJECTS_MAX, () => ({}));
  const entryOf = (key: string, revision: number): Recent => recent.entry(`${revision} ${key}`);

  const peek = (kv: KeyValue): Readonly<ApiObject> => {
    const entry = entryOf(kv.key, kv.modRevision);
    entry.object ??= decodeStored(kv.value, kv.modRevision);
    return entry.object;
  };
  const json = (kv: KeyValue): Bytes => {
    const entry = entryOf(kv.key, kv.modRevision);
    entry.json ??= storedToJson(kv.value, kv.modRevision);
    return entry.json;
  };
  return {
    encode: encodeStored,
    read: kv => decodeStored(kv.value, kv.modRevision),
    peek,
    json,
    glance: kv => recent.known(`${kv.modRevision} ${kv.key}`)?.object ?? decodeStored(kv.value, kv.modRevision),
    text: kv => recent.known(`${kv.modRevision} ${kv.key}`)?.json ?? storedToJson(kv.value, kv.modRevision),
    frame: (type, kv, revision) => {
      const entry = entryOf(kv.key, revision);
      entry.frames ??= new Map();
      let frame = entry.frames.get(type);
      if (!frame) {
        const text = revision === kv.modRevision ? json(kv) : storedToJson(kv.value, revision);
        frame = concat([encoder.encode(`{"type":"${type}","object":`), text, FRAME_END]);
        entry.frames.set(type, frame);
      }
      return frame;
    },
    remember: (key, revision, object) => {
      entryOf(key, revision).object ??= object;
    },
  };
}

/** Two generations: when the young one is full it becomes the old one, and what nobody asked for since is dropped. */
function createRecent<V>(limit: number, make: () => V) {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  const known = (key: string): V | undefined => young.get(key) ?? old.get(key);
  return {
    known,
    entry: (key: string): V => {
      const found = young.get(key);
      if (found !== undefined) return found;
      const value = old.get(key) ?? make();
      if (young.size >= limit / 2) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
      return value;
    },
  };
}
