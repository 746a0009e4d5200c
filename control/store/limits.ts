/** The limits of the store, with their units. A test or a small box may pass others; the log format depends on none of them. */
export const VALUE_BYTES_MAX = 1_572_864;
/** Keys and values of one transaction together: a batch of the log must fit into a segment. */
export const TXN_BYTES_MAX = 4_194_304;
export const TXN_OPERATIONS_MAX = 128;
export const KEY_BYTES_MAX = 4096;

/** Keys and values of the present state; past it puts are refused (`full`) and deletes go on. */
const QUOTA_BYTES = 2_147_483_648;

/** History is kept this long for reads and watches from the past, unless it holds more events or bytes than the two below. */
const HISTORY_MS_MIN = 300_000;
const WATCH_HISTORY_EVENTS_MAX = 50_000;
const HISTORY_BYTES_MAX = 67_108_864;
/** Undelivered events of one watch. */
export const WATCH_BUFFER_EVENTS_MAX = 10_000;

const SEGMENT_BYTES = 16_777_216;
/** A snapshot is due when the log since the last one is this long, or as long as that snapshot, whichever is more. */
const SNAPSHOT_LOG_BYTES_MIN = 33_554_432;
/** What one write to the log carries at most, but for a single larger transaction. */
const BATCH_BYTES_MAX = 1_048_576;

/** Heartbeats: their updates reach the disk once per this time; creation and deletion at once. */
const VOLATILE_PREFIXES: readonly string[] = ['/registry/coordination.k8s.io/leases/kube-node-lease/'];
const VOLATILE_PERSIST_MS = 60_000;
/** Revisions that volatile writes may use up between two entries of the log; an opening store jumps over as many. */
const VOLATILE_REVISIONS_MAX = 10_000;

/** The limits that a caller may change. */
export interface Limits {
  quotaBytes: number;
  historyMsMin: number;
  historyEventsMax: number;
  historyBytesMax: number;
  segmentBytes: number;
  snapshotLogBytesMin: number;
  batchBytesMax: number;
  volatilePrefixes: readonly string[];
  volatilePersistMs: number;
  volatileRevisionsMax: number;
}

export const DEFAULT_LIMITS: Limits = {
  quotaBytes: QUOTA_BYTES,
  historyMsMin: HISTORY_MS_MIN,
  historyEventsMax: WATCH_HISTORY_EVENTS_MAX,
  historyBytesMax: HISTORY_BYTES_MAX,
  segmentBytes: SEGMENT_BYTES,
  snapshotLogBytesMin: SNAPSHOT_LOG_BYTES_MIN,
  batchBytesMax: BATCH_BYTES_MAX,
  volatilePrefixes: VOLATILE_PREFIXES,
  volatilePersistMs: VOLATILE_PERSIST_MS,
  volatileRevisionsMax: VOLATILE_REVISIONS_MAX,
};
