/**
 * Makes a new store directory from a backup. It gets an identity of its own: a restored cluster must not take the log of the
 * one it came from for its own. Called by the command line.
 */
import type { Platform } from '../../platform/types.ts';
import { createState } from '../apply.ts';
import { createIdentity } from '../identity.ts';
import { readSnapshot, type SnapshotHeader } from '../snapshot-file.ts';
import { createSnapshots } from '../snapshots.ts';
import { StoreError } from '../store.ts';

/** `directory` must be new or empty. Everything is checked before it counts: a damaged backup leaves no store behind. */
export async function restoreEmbeddedStore(
  { directory, platform }: { directory: string; platform: Platform },
  backup: AsyncIterable<Uint8Array>,
): Promise<SnapshotHeader> {
  const { files, clock, dice } = platform;
  await files.makeDirectory(directory, { mode: 0o700 });
  const unlock = await files.lock(`${directory}/lock`);
  try {
    const names = (await files.list(directory)).filter(name => !name.startsWith('lock'));
    if (names.length > 0) throw new StoreError('corrupt', `${directory} is not empty: it has ${names.join(', ')}`);
    const state = createState();
    const parts: Uint8Array[] = [];
    const header = await readSnapshot(remembering(backup, parts), state, clock.now());
    await createSnapshots(directory, files).save(each(parts), () => header.index, new AbortController().signal);
    // Last: without an identity a half restored directory does not open.
    await createIdentity(directory, files, dice);
    return header;
  } finally {
    await unlock();
  }
}

async function* remembering(backup: AsyncIterable<Uint8Array>, parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for await (const part of backup) {
    parts.push(part);
    yield part;
  }
}

async function* each(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
