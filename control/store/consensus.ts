/**
 * What the driver asks of consensus, in the manner of etcd's raft: it proposes, takes what is `ready`, performs it, and
 * reports with `advance`. The raft core implements the same interface; here is the quorum of one, where whatever is on this
 * disk is committed.
 */
export interface Consensus {
  /** Takes the entry in, or answers undefined where this replica may not propose. The pair names it until it is applied. */
  propose(data: Uint8Array): { index: number; term: number } | undefined;
  /** The next step, or undefined when there is nothing to do. `advance` must follow before the next call. */
  ready(): Ready | undefined;
  /** The step has been performed: `entries` are on disk, `committed` are applied. */
  advance(ready: Ready): void;
  /** The disk had no room: neither `entries` nor what was proposed behind them is in the log or will be. */
  withdraw(): void;
}

interface Ready {
  /** To be on disk before `advance`. One term, successive indexes; an index that the log has already replaces it and all behind. */
  entries: readonly Entry[];
  /** On a quorum of disks: to be applied, in order. */
  committed: readonly Entry[];
}

export interface Entry {
  index: number;
  term: number;
  data: Uint8Array;
}

const SOLO_TERM = 1;

/** `lastIndex`: of the log, all of which has been applied by recovery. `batchBytesMax`: what goes into one write to the disk. */
export function createSolo(lastIndex: number, batchBytesMax: number): Consensus {
  let last = lastIndex;
  let proposed: Entry[] = [];
  let stored: readonly Entry[] = [];

  return {
    propose(data) {
      const entry = { index: ++last, term: SOLO_TERM, data };
      proposed.push(entry);
      return entry;
    },
    ready() {
      if (proposed.length === 0 && stored.length === 0) return undefined;
      return { entries: proposed.slice(0, batchLength(proposed, batchBytesMax)), committed: stored };
    },
    advance(ready) {
      proposed = proposed.slice(ready.entries.length);
      stored = ready.entries;
    },
    withdraw() {
      last -= proposed.length;
      proposed = [];
      stored = [];
    },
  };
}

function batchLength(entries: readonly Entry[], bytesMax: number): number {
  let bytes = 0;
  for (const [i, entry] of entries.entries()) {
    bytes += entry.data.length;
    if (bytes > bytesMax && i > 0) return i;
  }
  return entries.length;
}
