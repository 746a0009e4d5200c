/**
 * The key space with its past: every key has a chain of versions, newest first, back to the compacted revision.
 *
 * Always: it changes only through apply.ts; a version, once made, never changes but for being cut off from
 * older ones by `trim`. Reads at any revision since the compacted one therefore agree for ever, also half way through a
 * snapshot that is written in slices. Memory belongs to the caller of `put`: values are kept, not copied.
 */

import { createKeyTable, type KeyRecord, versionAt } from './key-table.ts';
import { type KeyValue, type RangeOptions, type RangeResult, StoreError } from './store.ts';

export interface Revisions {
  revision(): number;
  compactedRevision(): number;
  keys(): number;
  /** Keys and values of the present state. */
  bytes(): number;
  get(key: string, revision?: number): KeyValue | undefined;
  range(start: string, end: string, options?: RangeOptions): RangeResult;
  /** Up to `count` keys behind `key`, each with its versions since compaction, newest first, none past `revision`. For snapshots. */
  chainsAfter(key: string, count: number, revision: number): KeyChain[];

  advance(revision: number): void;
  /** Both return what was there before. */
  put(key: string, value: Uint8Array, revision: number): KeyValue | undefined;
  remove(key: string, revision: number): KeyValue | undefined;
  /** Sets a value that was given at `modRevision`, before the present revision; false when the key is gone or has it already. */
  settle(key: string, value: Uint8Array, modRevision: number): boolean;
  compact(revision: number): void;
  /** Frees versions of this key that nobody may read at or after `revision`. */
  trim(key: string, revision: number): void;
  restore(chain: KeyChain): void;
}

export interface KeyChain {
  key: string;
  /** Newest first; `current` is absent where the key was deleted. */
  versions: { revision: number; current: KeyValue | undefined }[];
}

/** Before the first write, as in etcd: 0 means "any" to Kubernetes clients. */
const FIRST_REVISION = 1;

export function createRevisions(): Revisions {
  const table = createKeyTable();
  let revision = FIRST_REVISION;
  let compacted = 0;

  const check = (wanted: number): void => {
    if (wanted > revision) throw new StoreError('future', `revision ${wanted} is past ${revision}`, revision);
    if (wanted < compacted) throw new StoreError('compacted', `revision ${wanted} was compacted`, compacted);
  };

  return {
    revision: () => revision,
    compactedRevision: () => compacted,
    keys: table.keys,
    bytes: table.bytes,
    get(key, wanted) {
      const record = table.find(key);
      if (!wanted) return record?.head.current;
      check(wanted);
      return record && versionAt(record, wanted)?.current;
    },
    range(start, end, options = {}) {
      const wanted = options.revision || revision;
      check(wanted);
      const limit = options.countOnly ? 0 : options.limit || Number.POSITIVE_INFINITY;
      const found = wanted === revision ? table.rangeNow(start, end, limit) : table.rangeAt(start, end, limit, wanted);
      const items = options.keysOnly ? found.items.map(item => ({ ...item, value: NO_BYTES })) : found.items;
      return { items, revision: wanted, more: !options.countOnly && found.count > items.length, count: found.count };
    },
    chainsAfter: (key, count, at) =>
      table
        .after(key)
        .take(count)
        .map(record => chainOf(record, at))
        .toArray(),
    advance(to) {
      revision = Math.max(revision, to);
    },
    put(key, value, at) {
      const createRevision = table.find(key)?.head.current?.createRevision ?? at;
      return table.push(key, at, { key, value, modRevision: at, createRevision });
    },
    remove: (key, at) => table.push(key, at, undefined),
    settle(key, value, modRevision) {
      const head = table.find(key)?.head;
      if (!head?.current || head.revision >= modRevision) return false;
      table.push(key, modRevision, { key, value, modRevision, createRevision: head.current.createRevision });
      return true;
    },
    compact(to) {
      compacted = Math.max(compacted, to);
    },
    trim: table.trim,
    restore({ key, versions }) {
      for (const version of versions.toReversed()) table.push(key, version.revision, version.current);
    },
  };
}

const NO_BYTES = new Uint8Array(0);

function chainOf(record: KeyRecord, revision: number): KeyChain {
  const versions: KeyChain['versions'] = [];
  for (let v = versionAt(record, revision); v; v = v.previous)
    versions.push({ revision: v.revision, current: v.current });
  return { key: record.key, versions };
}
