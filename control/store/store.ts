/**
 * The front door of the store: what etcd does for Kubernetes, as an interface small enough for several engines
 * (embedded, etcd, a Durable Object, memory). All engines pass one contract suite (test/contract/store.ts).
 *
 * Always: writes are linearizable, atomic over several keys and totally ordered; the revision of the order is the
 * resourceVersion. A resolved write is on disk (on a quorum of disks) unless the key lies under a volatile prefix.
 * Called by control/api only.
 */
export interface Store {
  /** Linearizable. `revision` reads the past; rejects with a Compacted error when it is gone. */
  get(key: string, options?: { revision?: number }): Promise<KeyValue | undefined>;
  /** Keys in [start, end), in byte order, all as of one revision. `limit` 0 or absent: all. */
  range(start: string, end: string, options?: RangeOptions): Promise<RangeResult>;
  /** If every compare holds, all of `then` happens at one new revision; else nothing does and `current` tells what each compared key holds. */
  txn(compares: readonly Compare[], then: readonly Write[]): Promise<TxnResult>;
  /** Events on [start, end) after `fromRevision`, each exactly once, in order. Ends with the signal, or with an error event. */
  watch(start: string, end: string, options: WatchOptions): Watch;
  /** Forgets history before `revision`; watches and reads from before it fail as Compacted. */
  compact(revision: number): Promise<void>;
  /** The newest revision that this replica has applied. */
  revision(): number;
  status(): StoreStatus;
  /** A consistent copy of everything, in the snapshot file format, while writes go on. */
  backup(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface KeyValue {
  key: string;
  value: Uint8Array;
  /** Revision of the last change of this key: the object's resourceVersion. */
  modRevision: number;
  createRevision: number;
}

export interface RangeOptions {
  limit?: number;
  revision?: number;
  keysOnly?: boolean;
  countOnly?: boolean;
}

export interface RangeResult {
  items: KeyValue[];
  /** The revision that was read. */
  revision: number;
  more: boolean;
  /** Number of keys in the whole range. */
  count: number;
}

/** `modRevision` 0: the key must not exist. */
export interface Compare {
  key: string;
  modRevision: number;
}

export type Write = { type: 'put'; key: string; value: Uint8Array } | { type: 'delete'; key: string };

export type TxnResult =
  | { succeeded: true; revision: number }
  | { succeeded: false; revision: number; current: (KeyValue | undefined)[] };

export interface WatchOptions {
  /** Events with a larger revision are delivered. */
  fromRevision: number;
  signal: AbortSignal;
  /** Undelivered events past this number end the watch as `lagging`. */
  bufferLimit?: number;
}

export type StoreEvent =
  | { type: 'put'; revision: number; current: KeyValue; previous: KeyValue | undefined }
  | { type: 'delete'; revision: number; key: string; previous: KeyValue };

export interface Watch {
  /** Resolves with the events of at least one revision, or with `undefined` when the signal ended it. Rejects with StoreError. */
  next(): Promise<readonly StoreEvent[] | undefined>;
  /** Every event up to here has been handed out: what a bookmark may say. */
  progress(): number;
}

export interface StoreStatus {
  revision: number;
  compactedRevision: number;
  keys: number;
  bytes: number;
  leader: string;
  members: { id: string; appliedRevision: number; voter: boolean }[];
  /** Why writes are refused, when they are (`full`, `no-quorum`, `disk-failed`). */
  alarm?: string;
}

export type StoreErrorCode =
  | 'compacted'
  | 'future'
  | 'lagging'
  | 'unavailable'
  | 'full'
  | 'closed'
  | 'corrupt'
  | 'too-large';

/** The one error class of this layer; control/api maps codes to Status reasons. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly revision: number | undefined;
  constructor(code: StoreErrorCode, message: string, revision?: number) {
    super(message);
    this.name = 'StoreError';
    this.code = code;
    this.revision = revision;
  }
}
