/**
 * The engine of a cluster that brings its own store: the state in memory, a log and snapshots in one directory.
 *
 *   identity   whose directory this is          log/NNNNNNNNNN.wal      the log since the snapshot, and spare segments
 *   lock       held while the store is open     snapshot-INDEX.cbor     everything up to that entry
 *
 * Always: a resolved write is on disk, but for updates of volatile keys; a damaged directory is refused and left as it is;
 * revisions never repeat, because an opening store leaps over all that its predecessor may have given away.
 */
import type { Platform } from '../../platform/types.ts';
import { apply, createState, type State } from '../apply.ts';
import { decodeCommand, encodeCommand } from '../command.ts';
import { createSolo, type Entry } from '../consensus.ts';
import type { Driver } from '../driver.ts';
import { readIdentity } from '../identity.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { createReplica } from '../replica.ts';
import { writeSnapshot } from '../snapshot-file.ts';
import { createSnapshots, type Snapshots } from '../snapshots.ts';
import { type Store, StoreError } from '../store.ts';
import { openWal, type Wal } from '../wal.ts';

export interface EmbeddedStoreOptions {
  directory: string;
  platform: Platform;
  /** The name of this replica in `status`. */
  id?: string;
  limits?: Partial<Limits>;
  /** Told what an operator should know, one line at a time. */
  report?(line: string): void;
}

const TERM = 1;

/** Rejects with code ELOCKED when another process has the directory, with StoreError `corrupt` when it is damaged. */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  const { directory, platform } = options;
  await platform.files.makeDirectory(directory, { mode: 0o700 });
  const unlock = await platform.files.lock(`${directory}/lock`);
  try {
    return await open(options, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function open(options: EmbeddedStoreOptions, unlock: () => Promise<void>): Promise<Store> {
  const { directory, platform, id = 'local', report = () => undefined } = options;
  const { files, clock, dice } = platform;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { clusterId } = await readIdentity(directory, files, dice);
  const state = createState();
  const snapshots = createSnapshots(directory, files);
  const snapshot = await snapshots.load(state, clock.now());
  const wal = await openWal({
    directory: `${directory}/log`,
    files,
    clusterId,
    segmentBytes: limits.segmentBytes,
    after: { index: snapshot?.index ?? 0, term: snapshot?.term ?? TERM },
    replay: entries => replay(state, entries),
  });
  await begin(state, wal, clock.now(), limits);
  const content = (indexNow: () => number) =>
    writeSnapshot(state, () => ({ clusterId, index: indexNow(), term: TERM }));
  const shortener = createShortener(snapshots, wal, limits, content, report);
  const { store } = createReplica({
    id,
    state,
    consensus: createSolo(wal.lastIndex(), limits.batchBytesMax),
    log: wal,
    clock,
    limits,
    appliedIndex: wal.lastIndex(),
    applied: shortener.look,
    backup: driver => content(driver.appliedIndex),
    async release() {
      await shortener.stop();
      await wal.close();
      await unlock();
    },
  });
  return store;
}

function replay(state: State, entries: readonly Entry[]): void {
  for (const entry of entries) {
    try {
      apply(state, decodeCommand(entry.data));
    } catch (error) {
      throw new StoreError('corrupt', `entry ${entry.index} of the log cannot be applied: ${error}`);
    }
  }
}

/** The first entry of this life. A new store has given nothing away yet. */
async function begin(state: State, wal: Wal, time: number, limits: Limits): Promise<void> {
  const after = wal.lastIndex() === 0 ? 0 : state.revisions.revision() + limits.volatileRevisionsMax;
  const data = encodeCommand({ type: 'open', after, time });
  await wal.append([{ index: wal.lastIndex() + 1, term: TERM, data }]);
  apply(state, decodeCommand(data));
}

interface Shortener {
  look(driver: Driver): void;
  stop(): Promise<void>;
}

/** Takes a snapshot when the log has grown by as much as the last one, so that all snapshots together cost no more than the log. */
function createShortener(
  snapshots: Snapshots,
  wal: Wal,
  limits: Limits,
  content: (indexNow: () => number) => AsyncIterable<Uint8Array>,
  report: (line: string) => void,
): Shortener {
  const stopped = new AbortController();
  let running: Promise<void> | undefined;
  let due = limits.snapshotLogBytesMin;

  const shorten = async (driver: Driver) => {
    const written = wal.written();
    // Read when the snapshot begins, together with the state.
    let index = 0;
    const indexNow = () => (index = driver.appliedIndex());
    try {
      const bytes = await snapshots.save(content(indexNow), () => index, stopped.signal);
      await wal.release(index);
      due = written + Math.max(limits.snapshotLogBytesMin, bytes);
    } catch (error) {
      due = wal.written() + limits.snapshotLogBytesMin / 4;
      if (!stopped.signal.aborted) report(`the log could not be shortened, will try again: ${error}`);
    }
    running = undefined;
  };

  return {
    look(driver) {
      if (!running && wal.written() >= due && !stopped.signal.aborted) running = shorten(driver);
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
