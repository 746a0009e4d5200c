/**
 * The snapshot files of a directory: `snapshot-INDEX.cbor`, of which the newest counts. Written aside, synced, renamed; the
 * one before is removed only then. Called by engines/embedded.ts.
 */
import type { Files } from '../platform/types.ts';
import type { State } from './apply.ts';
import { readSnapshot, type SnapshotHeader } from './snapshot-file.ts';
import { StoreError } from './store.ts';

export interface Snapshots {
  /** Fills an empty state from the newest; undefined when there is none. */
  load(state: State, time: number): Promise<SnapshotHeader | undefined>;
  /** Returns the bytes written. `index` is asked when the first block has been made. */
  save(content: AsyncIterable<Uint8Array>, index: () => number, signal: AbortSignal): Promise<number>;
}

const FILE_NAME = /^snapshot-(\d{16})\.cbor$/;
const ASIDE = 'snapshot.new';
const READ_BYTES = 1_048_576;
/** One sync at the end of hundreds of megabytes would hold up the log's own writes for as long. */
const SYNC_BYTES = 4_194_304;

export function createSnapshots(directory: string, files: Files): Snapshots {
  const list = async (): Promise<string[]> => (await files.list(directory)).filter(name => FILE_NAME.test(name)).sort();

  return {
    async load(state, time) {
      const newest = (await list()).at(-1);
      if (newest === undefined) return undefined;
      const path = `${directory}/${newest}`;
      try {
        return await readSnapshot(contentOf(files, path), state, time);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        throw new StoreError('corrupt', `${path}: ${error.message}. Nothing was changed; restore a backup.`);
      }
    },

    async save(content, index, signal) {
      const aside = `${directory}/${ASIDE}`;
      let bytes = 0;
      const file = await files.open(aside, { write: true, create: true, mode: 0o600 });
      try {
        await file.truncate(0);
        let synced = 0;
        for await (const block of content) {
          signal.throwIfAborted();
          await file.writeAt(bytes, block);
          bytes += block.length;
          if (bytes - synced < SYNC_BYTES) continue;
          await file.sync();
          synced = bytes;
        }
        await file.sync();
      } catch (error) {
        await file.close();
        await files.remove(aside);
        throw error;
      }
      await file.close();
      const name = `snapshot-${String(index()).padStart(16, '0')}.cbor`;
      await files.rename(aside, `${directory}/${name}`);
      await files.syncDirectory(directory);
      for (const older of await list()) if (older < name) await files.remove(`${directory}/${older}`);
      return bytes;
    },
  };
}

async function* contentOf(files: Files, path: string): AsyncGenerator<Uint8Array> {
  const file = await files.open(path, {});
  try {
    for (let at = 0; ; ) {
      const chunk = await file.readAt(at, READ_BYTES);
      if (chunk.length > 0) yield chunk;
      if (chunk.length < READ_BYTES) return;
      at += chunk.length;
    }
  } finally {
    await file.close();
  }
}
