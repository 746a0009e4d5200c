/**
 * The events since the compacted revision, oldest first: what a watch replays, and what compaction walks through.
 * One entry per revision. Changed by apply.ts only.
 */
import type { StoreEvent } from './store.ts';

export interface History {
  append(entry: HistoryEntry): void;
  /** Puts an entry where its revision belongs, which recovery needs for settled values; `append` is for the newest. */
  insert(entry: HistoryEntry): void;
  /** Entries with a larger revision. */
  since(revision: number): HistoryEntry[];
  /** Removes the entries up to `revision` and returns them. */
  dropThrough(revision: number): HistoryEntry[];
  oldest(): HistoryEntry | undefined;
  events(): number;
  /** Bytes of values that only history still holds. */
  bytes(): number;
  /** The newest revision that has to go so that at most so many events and bytes stay, and none that is older than `time`; 0: none. */
  excess(limits: HistoryLimits): number;
}

interface HistoryEntry {
  revision: number;
  time: number;
  events: readonly StoreEvent[];
}

interface HistoryLimits {
  events: number;
  bytes: number;
  time: number;
}

const VACATED_MIN = 1024;

export function createHistory(): History {
  let entries: HistoryEntry[] = [];
  /** Entries before this index are gone; the array is cut now and then, not at each drop. */
  let first = 0;
  let events = 0;
  let bytes = 0;

  /** Index of the first entry past `revision`. */
  const find = (revision: number): number => {
    let [low, high] = [first, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (entries[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    append(entry) {
      entries.push(entry);
      events += entry.events.length;
      bytes += supersededBytes(entry);
    },
    insert(entry) {
      entries.splice(find(entry.revision), 0, entry);
      events += entry.events.length;
      bytes += supersededBytes(entry);
    },
    since: revision => entries.slice(find(revision)),
    dropThrough(revision) {
      const end = find(revision);
      const dropped = entries.slice(first, end);
      for (const entry of dropped) {
        events -= entry.events.length;
        bytes -= supersededBytes(entry);
      }
      first = end;
      if (first > VACATED_MIN && first * 2 > entries.length) {
        entries = entries.slice(first);
        first = 0;
      } else entries.fill(undefined as unknown as HistoryEntry, first - dropped.length, first);
      return dropped;
    },
    oldest: () => entries[first],
    events: () => events,
    bytes: () => bytes,
    excess(limits) {
      let [events_, bytes_, revision] = [events, bytes, 0];
      for (let i = first; i < entries.length; i++) {
        const entry = entries[i]!;
        if (events_ <= limits.events && bytes_ <= limits.bytes && entry.time >= limits.time) break;
        events_ -= entry.events.length;
        bytes_ -= supersededBytes(entry);
        revision = entry.revision;
      }
      return revision;
    },
  };
}

function supersededBytes(entry: HistoryEntry): number {
  let bytes = 0;
  for (const event of entry.events) if (event.previous) bytes += event.previous.value.length;
  return bytes;
}
