/**
 * Whose directory this is: format and cluster id, written once. The log's checksums are seeded with the id, so without this
 * file a log would look empty: a directory that has data but no identity is refused. Called by engines/embedded.ts and engines/restore.ts.
 */
import type { Dice, Files } from '../platform/types.ts';
import { crc32c } from './crc32c.ts';
import { createItemWriter, readOneItem } from './items.ts';
import { StoreError } from './store.ts';

export interface Identity {
  clusterId: string;
}

const MAGIC = 'skerry-store';
const FORMAT_VERSION = 1;

export async function readIdentity(directory: string, files: Files, dice: Dice): Promise<Identity> {
  const path = `${directory}/identity`;
  if ((await files.stat(path)) === undefined) {
    const names = await files.list(directory);
    if (names.some(name => name === 'log' || name.startsWith('snapshot-')))
      throw new StoreError('corrupt', `${path} is missing, though there is data beside it. Nothing was changed.`);
    return createIdentity(directory, files, dice);
  }
  try {
    const [crc, payload] = readOneItem(await files.read(path)) as [number, Uint8Array];
    if (crc32c(payload) !== crc) throw new RangeError('wrong checksum');
    const [magic, version, clusterId] = readOneItem(payload) as [string, number, string];
    if (magic !== MAGIC || version !== FORMAT_VERSION)
      throw new TypeError(`it has format ${version}, this program reads ${FORMAT_VERSION}`);
    return { clusterId };
  } catch (error) {
    throw new StoreError('corrupt', `${path} is damaged: ${error}. Nothing was changed.`);
  }
}

export async function createIdentity(directory: string, files: Files, dice: Dice): Promise<Identity> {
  const identity = { clusterId: dice.uuid() };
  const writer = createItemWriter();
  writer.write([MAGIC, FORMAT_VERSION, identity.clusterId]);
  const payload = writer.copy();
  writer.reset();
  writer.write([crc32c(payload), payload]);
  await files.replace(`${directory}/identity`, writer.copy(), { mode: 0o600 });
  return identity;
}
