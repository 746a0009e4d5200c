/**
 * All keys with their chains of versions: a Map finds a key, sorted trees give the order. Called by revisions.ts only.
 */
import { createKeyOrder } from './key-order.ts';
import { SortedTree } from './sorted-tree.ts';
import type { KeyValue } from './store.ts';

export interface KeyTable {
  find(key: string): KeyRecord | undefined;
  /** Makes this the newest version; `current` is absent for a deletion. Returns what was there before. */
  push(key: string, revision: number, current: KeyValue | undefined): KeyValue | undefined;
  /** Frees what no read at or after `revision` can see. */
  trim(key: string, revision: number): void;
  /** Of the newest versions: how many there are in [start, end), and the first `limit` of them. */
  rangeNow(start: string, end: string, limit: number): { items: KeyValue[]; count: number };
  rangeAt(start: string, end: string, limit: number, revision: number): { items: KeyValue[]; count: number };
  /** Records behind `key`, in order, also of deleted keys. */
  after(key: string): IteratorObject<KeyRecord>;
  keys(): number;
  /** Keys and values of the newest versions. */
  bytes(): number;
}

export interface KeyRecord {
  readonly key: string;
  head: Version;
}

export interface Version {
  readonly revision: number;
  readonly current: KeyValue | undefined;
  previous: Version | undefined;
}

export function versionAt(record: KeyRecord, revision: number): Version | undefined {
  let version: Version | undefined = record.head;
  while (version && version.revision > revision) version = version.previous;
  return version;
}

export function createKeyTable(): KeyTable {
  const order = createKeyOrder();
  const records = new Map<string, KeyRecord>();
  const sorted = new SortedTree<string, KeyRecord>(undefined, order.compare);
  /** The part of `sorted` whose newest version is a deletion. */
  const deleted = new SortedTree<string, KeyRecord>(undefined, order.compare);
  let bytes = 0;

  const recordOf = (key: string, head: Version): KeyRecord => {
    const found = records.get(key);
    if (found) {
      found.head = head;
      return found;
    }
    const record = { key, head };
    order.announce(key);
    records.set(key, record);
    sorted.set(key, record);
    return record;
  };

  const push = (key: string, revision: number, current: KeyValue | undefined): KeyValue | undefined => {
    const previous = records.get(key)?.head;
    const before = previous?.current;
    if (current) bytes += sizeOf(current);
    if (before) bytes -= sizeOf(before);
    const record = recordOf(key, { revision, current, previous });
    if (!current) deleted.set(key, record);
    else if (previous && !before) deleted.delete(key);
    return before;
  };

  const trim = (key: string, revision: number): void => {
    const record = records.get(key);
    if (!record) return;
    if (record.head.revision > revision) {
      cutBelow(record.head, revision);
      return;
    }
    record.head.previous = undefined;
    if (record.head.current) return;
    records.delete(key);
    sorted.delete(key);
    deleted.delete(key);
  };

  const isEmpty = (start: string, end: string): boolean => {
    order.announce(start);
    order.announce(end);
    return order.compare(start, end) >= 0;
  };

  return {
    find: key => records.get(key),
    push,
    trim,
    rangeNow(start, end, limit) {
      const items: KeyValue[] = [];
      if (isEmpty(start, end)) return { items, count: 0 };
      if (limit > 0)
        sorted.forRange(start, end, false, (_, record) => {
          if (record.head.current) items.push(record.head.current);
          return items.length >= limit ? { break: true } : undefined;
        });
      const gone = deleted.size > 0 ? deleted.forRange(start, end, false) : 0;
      return { items, count: sorted.forRange(start, end, false) - gone };
    },
    rangeAt(start, end, limit, revision) {
      const items: KeyValue[] = [];
      let count = 0;
      if (!isEmpty(start, end))
        sorted.forRange(start, end, false, (_, record) => {
          const current = versionAt(record, revision)?.current;
          if (current && count++ < limit) items.push(current);
        });
      return { items, count };
    },
    *after(key) {
      for (const [found, record] of sorted.entries(key)) if (found !== key) yield record;
    },
    keys: () => sorted.size - deleted.size,
    bytes: () => bytes,
  };
}

const sizeOf = (kv: KeyValue): number => kv.key.length + kv.value.length;

/** The newest version at or before `revision` is what a read there sees, so it stays; but a deletion reads like nothing. */
function cutBelow(head: Version, revision: number): void {
  let oldest = head;
  while (oldest.previous && oldest.previous.revision > revision) oldest = oldest.previous;
  if (oldest.previous?.current) oldest.previous.previous = undefined;
  else oldest.previous = undefined;
}
