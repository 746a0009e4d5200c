/**
 * One replica's Store: reads from the applied state, writes through the driver, watches from the hub. The engines differ only
 * in where the log and the snapshots go. Called by engines/*.
 */
import type { Clock } from '../platform/types.ts';
import type { State } from './apply.ts';
import { createUpkeep } from './compaction.ts';
import type { Consensus } from './consensus.ts';
import { createDriver, type Driver, type Log } from './driver.ts';
import { KEY_BYTES_MAX, type Limits, TXN_BYTES_MAX, TXN_OPERATIONS_MAX, VALUE_BYTES_MAX } from './limits.ts';
import { type Compare, type Store, StoreError, type StoreStatus, type Write } from './store.ts';
import { createVolatileKeys } from './volatile.ts';
import { createWatchHub } from './watch.ts';

export interface ReplicaParts {
  id: string;
  state: State;
  consensus: Consensus;
  log: Log;
  clock: Clock;
  limits: Limits;
  appliedIndex: number;
  /** Called after each applied entry. */
  applied(driver: Driver): void;
  backup(driver: Driver): AsyncIterable<Uint8Array>;
  /** Releases what the engine holds, after the last write. */
  release(): Promise<void>;
}

export function createReplica(parts: ReplicaParts): { store: Store; driver: Driver } {
  const { id, state, limits, clock } = parts;
  const { revisions } = state;
  const hub = createWatchHub(state);
  const upkeep = createUpkeep(state, () => driver, clock, limits);
  const driver: Driver = createDriver({
    state,
    consensus: parts.consensus,
    log: parts.log,
    clock,
    volatileKeys: createVolatileKeys(state, limits.volatilePrefixes),
    appliedIndex: parts.appliedIndex,
    quotaBytes: limits.quotaBytes,
    volatileRevisionsMax: limits.volatileRevisionsMax,
    publish: hub.publish,
    applied() {
      upkeep.look();
      parts.applied(driver);
    },
  });
  let closing: Promise<void> | undefined;

  const checkOpen = () => {
    if (closing) throw new StoreError('closed', 'the store is closed');
  };

  const close = async () => {
    upkeep.stop();
    await driver.settle().catch(() => undefined);
    await driver.close();
    hub.close(new StoreError('closed', 'the store is closed'));
    await parts.release();
  };

  const txn: Store['txn'] = (compares, then) => {
    // Not async: one promise less per write.
    try {
      checkOpen();
      checkTransaction(compares, then);
    } catch (error) {
      return Promise.reject(error);
    }
    return driver.txn(compares, then);
  };

  const compact = async (revision: number): Promise<void> => {
    checkOpen();
    const now = revisions.revision();
    if (revision > now) throw new StoreError('future', `revision ${revision} is past ${now}`, now);
    if (revision > revisions.compactedRevision()) await driver.compact(revision);
  };

  const store: Store = {
    async get(key, options) {
      checkOpen();
      return revisions.get(key, options?.revision);
    },
    async range(start, end, options) {
      checkOpen();
      return revisions.range(start, end, options);
    },
    txn,
    watch: hub.watch,
    compact,
    revision: revisions.revision,
    status: () => statusOf(id, state, driver),
    backup() {
      checkOpen();
      return parts.backup(driver);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
  return { store, driver };
}

function statusOf(id: string, { revisions }: State, driver: Driver): StoreStatus {
  return {
    revision: revisions.revision(),
    compactedRevision: revisions.compactedRevision(),
    keys: revisions.keys(),
    bytes: revisions.bytes(),
    leader: id,
    members: [{ id, appliedRevision: revisions.revision(), voter: true }],
    alarm: driver.alarm(),
  };
}

function checkTransaction(compares: readonly Compare[], writes: readonly Write[]): void {
  if (compares.length + writes.length > TXN_OPERATIONS_MAX)
    throw new StoreError('too-large', `a transaction has at most ${TXN_OPERATIONS_MAX} compares and writes`);
  let bytes = 0;
  for (const { key } of compares) checkKey(key);
  for (const write of writes) {
    checkKey(write.key);
    const size = write.type === 'put' ? write.value.length : 0;
    if (size > VALUE_BYTES_MAX)
      throw new StoreError('too-large', `a value has at most ${VALUE_BYTES_MAX} bytes, not ${size}`);
    bytes += write.key.length + size;
  }
  if (bytes > TXN_BYTES_MAX)
    throw new StoreError('too-large', `a transaction has at most ${TXN_BYTES_MAX} bytes, not ${bytes}`);
  if (writes.length > 1 && new Set(writes.map(write => write.key)).size < writes.length)
    throw new TypeError('a transaction writes each key once');
}

function checkKey(key: string): void {
  if (key.length * 3 > KEY_BYTES_MAX && new TextEncoder().encode(key).length > KEY_BYTES_MAX)
    throw new StoreError('too-large', `a key has at most ${KEY_BYTES_MAX} bytes`);
  if (key === '' || !key.isWellFormed()) throw new TypeError('a key is well-formed text of at least one character');
}
