/**
 * The key space with its past: every key has a chain of versions, newest first, back to the compacted revision. A Map finds
 * a key, sorted trees give the order.
 *
 * Always: chains and trees change only through apply.ts; a version, once made, never changes but for being cut off from
 * older ones by `trim`. Reads at any revision since the compacted one therefore agree for ever, also half way through a
 * snapshot that is written in slices. Memory belongs to the caller of `put`: values are kept, not copied.
 */

import { createKeyOrder } from './key-order.ts';
import { SortedTree } from './sorted-tree.ts';
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

interface Version {
  readonly revision: number;
  readonly current: KeyValue | undefined;
  previous: Version | undefined;
}

interface KeyRecord {
  readonly key: string;
  head: Version;
}

/** Before the first write, as in etcd: 0 means "any" to Kubernetes clients. */
const FIRST_REVISION = 1;

export function createRevisions(): Revisions {
  const order = createKeyOrder();
  const records = new Map<string, KeyRecord>();
  const sorted = new SortedTree<string, KeyRecord>(undefined, order.compare);
  /** The part of `sorted` whose newest version is a deletion. */
  const deleted = new SortedTree<string, KeyRecord>(undefined, order.compare);
  let revision = FIRST_REVISION;
  let compacted = 0;
  let bytes = 0;

  const check = (wanted: number): void => {
    if (wanted > revision) throw new StoreError('future', `revision ${wanted} is past ${revision}`, revision);
    if (wanted < compacted) throw new StoreError('compacted', `revision ${wanted} was compacted`, compacted);
  };

  const push = (key: string, at: number, current: KeyValue | undefined): KeyValue | undefined => {
    const record = records.get(key);
    const before = record?.head.current;
    if (current) bytes += sizeOf(current);
    if (before) bytes -= sizeOf(before);
    const head: Version = { revision: at, current, previous: record?.head };
    if (record) record.head = head;
    else {
      const fresh = { key, head };
      order.announce(key);
      records.set(key, fresh);
      sorted.set(key, fresh);
    }
    if (!current) deleted.set(key, records.get(key)!);
    else if (record && !before) deleted.delete(key);
    return before;
  };

  const forget = (key: string): void => {
    records.delete(key);
    sorted.delete(key);
    deleted.delete(key);
  };

  return {
    revision: () => revision,
    compactedRevision: () => compacted,
    keys: () => sorted.size - deleted.size,
    bytes: () => bytes,

    get(key, wanted) {
      if (wanted === undefined || wanted === 0) return records.get(key)?.head.current;
      check(wanted);
      const record = records.get(key);
      return record && versionAt(record, wanted)?.current;
    },

    range(start, end, options = {}) {
      order.announce(start);
      order.announce(end);
      const wanted = options.revision || revision;
      check(wanted);
      if (order.compare(start, end) >= 0) return { items: [], revision: wanted, more: false, count: 0 };
      const limit = options.countOnly ? 0 : options.limit || Number.POSITIVE_INFINITY;
      const { items, count } =
        wanted === revision
          ? rangeNow(sorted, deleted, start, end, limit)
          : rangeThen(sorted, start, end, limit, wanted);
      return {
        items: options.keysOnly ? items.map(item => ({ ...item, value: NO_BYTES })) : items,
        revision: wanted,
        more: !options.countOnly && count > items.length,
        count,
      };
    },

    chainsAfter(key, count, at) {
      const chains: KeyChain[] = [];
      sorted.forRange(key, END_OF_KEYS, false, (found, record) => {
        if (found === key) return undefined;
        const versions = [];
        for (let v = versionAt(record, at); v; v = v.previous)
          versions.push({ revision: v.revision, current: v.current });
        chains.push({ key: found, versions });
        return chains.length >= count ? { break: true } : undefined;
      });
      return chains;
    },

    advance(to) {
      revision = Math.max(revision, to);
    },

    put(key, value, at) {
      const createRevision = records.get(key)?.head.current?.createRevision ?? at;
      return push(key, at, { key, value, modRevision: at, createRevision });
    },

    remove: (key, at) => push(key, at, undefined),

    settle(key, value, modRevision) {
      const head = records.get(key)?.head;
      if (!head?.current || head.revision >= modRevision) return false;
      push(key, modRevision, { key, value, modRevision, createRevision: head.current.createRevision });
      return true;
    },

    compact(to) {
      compacted = Math.max(compacted, to);
    },

    trim(key, to) {
      const record = records.get(key);
      if (!record) return;
      if (record.head.revision <= to) {
        record.head.previous = undefined;
        if (!record.head.current) forget(key);
        return;
      }
      let oldest = record.head;
      while (oldest.previous && oldest.previous.revision > to) oldest = oldest.previous;
      // The newest version at or before `to` is still what a read at `to` sees; a deletion there reads like nothing.
      if (oldest.previous?.current) oldest.previous.previous = undefined;
      else oldest.previous = undefined;
    },

    restore({ key, versions }) {
      for (const version of versions.toReversed()) push(key, version.revision, version.current);
    },
  };
}

const NO_BYTES = new Uint8Array(0);
/** Above every key: U+10FFFF in UTF-16, which the exact order puts last too. */
const END_OF_KEYS = '\u{10ffff}\u{10ffff}';

const sizeOf = (kv: KeyValue): number => kv.key.length + kv.value.length;

function versionAt(record: KeyRecord, revision: number): Version | undefined {
  let version: Version | undefined = record.head;
  while (version && version.revision > revision) version = version.previous;
  return version;
}

type Tree = SortedTree<string, KeyRecord>;

function rangeNow(sorted: Tree, deleted: Tree, start: string, end: string, limit: number) {
  const items: KeyValue[] = [];
  if (limit > 0)
    sorted.forRange(start, end, false, (_, record) => {
      if (record.head.current) items.push(record.head.current);
      return items.length >= limit ? { break: true } : undefined;
    });
  const count = sorted.forRange(start, end, false) - (deleted.size > 0 ? deleted.forRange(start, end, false) : 0);
  return { items, count };
}

function rangeThen(sorted: Tree, start: string, end: string, limit: number, revision: number) {
  const items: KeyValue[] = [];
  let count = 0;
  sorted.forRange(start, end, false, (_, record) => {
    const current = versionAt(record, revision)?.current;
    if (!current) return;
    if (count++ < limit) items.push(current);
  });
  return { items, count };
}
