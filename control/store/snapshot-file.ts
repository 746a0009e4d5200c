/**
 * A snapshot: the whole state, with its history, at one revision. One format for shortening the log, for backups and for
 * sending to a replica: a CBOR sequence of blocks `[crc32c, bytes]`, whose bytes are themselves a CBOR sequence of records:
 * a header, one record per key in order, a trailer with the SHA-256 over the SHA-256 of all blocks before it.
 *
 * Always: written from a pinned revision, one block at a time, so that writes go on meanwhile; read up to its trailer before
 * anything of it is believed. Called by the engines.
 */
import type { State } from './apply.ts';
import { crc32c } from './crc32c.ts';
import { createItemWriter, type Item, pairLength, readItems, readOneItem } from './items.ts';
import type { KeyChain } from './revisions.ts';
import { type KeyValue, StoreError, type StoreEvent } from './store.ts';

export interface SnapshotHeader {
  clusterId: string;
  /** The last entry of the log that it contains. */
  index: number;
  term: number;
  revision: number;
  compactedRevision: number;
}

const MAGIC = 'skerry-snapshot';
const FORMAT_VERSION = 1;
const BLOCK_BYTES = 262_144;
/** Keys looked at in one go: well below a millisecond. */
const KEYS_PER_STEP = 64;
const END = 'end';

/** Yields the file block by block. Whoever consumes it slowly holds up nothing but the release of compacted memory. */
export async function* writeSnapshot(
  state: State,
  originNow: () => { clusterId: string; index: number; term: number },
): AsyncGenerator<Uint8Array> {
  const { revisions } = state;
  const origin = originNow();
  const revision = revisions.revision();
  const compacted = revisions.compactedRevision();
  const release = state.pin(compacted);
  const records = createItemWriter();
  const hashes = createHashes();
  const endBlock = async (): Promise<Uint8Array> => {
    const payload = records.copy();
    records.reset();
    await hashes.add(payload);
    return block(payload);
  };
  try {
    records.write([MAGIC, FORMAT_VERSION, origin.clusterId, origin.index, origin.term, revision, compacted]);
    yield endBlock();
    let keys = 0;
    for (let last = ''; ; ) {
      const chains = revisions.chainsAfter(last, KEYS_PER_STEP, revision);
      if (chains.length === 0) break;
      for (const chain of chains) {
        // Made after the revision that is written.
        if (chain.versions.length === 0) continue;
        keys++;
        records.write(chainItem(chain));
        if (records.length() >= BLOCK_BYTES) yield endBlock();
      }
      last = chains.at(-1)!.key;
    }
    if (records.length() > 0) yield endBlock();
    records.write([END, keys, await hashes.digest()]);
    yield endBlock();
  } finally {
    release();
  }
}

/** `[key, [revision, createRevision, value], [revision], …]`, newest first; a version without value is a deletion. */
const chainItem = ({ key, versions }: KeyChain): Item => [
  key,
  ...versions.map(({ revision, current }) =>
    current ? [revision, current.createRevision, current.value] : [revision],
  ),
];

function block(payload: Uint8Array): Uint8Array {
  const writer = createItemWriter();
  writer.write([crc32c(payload), payload]);
  return writer.view();
}

/**
 * Fills an empty state. Throws StoreError `corrupt` with what is wrong; the state is to be thrown away then.
 * `time`: from when on the history in it counts as kept.
 */
export async function readSnapshot(
  content: AsyncIterable<Uint8Array>,
  state: State,
  time: number,
): Promise<SnapshotHeader> {
  const corrupt = (why: string) => new StoreError('corrupt', `the snapshot is damaged: ${why}`);
  let header: SnapshotHeader | undefined;
  let ended = false;
  let keys = 0;
  const hashes = createHashes();
  const past: StoreEvent[] = [];
  try {
    for await (const payload of blocksOf(content)) {
      if (ended) throw corrupt('something follows its end');
      for (const item of readItems(payload)) {
        if (!header) header = readHeader(item);
        else if (
          (item as Item[])[0] === END &&
          (item as Item[]).length === 3 &&
          typeof (item as Item[])[1] === 'number'
        ) {
          ended = true;
          const [, count, digest] = item as [string, number, Uint8Array];
          if (count !== keys || !equal(digest, await hashes.digest())) throw corrupt('its final hash is wrong');
        } else {
          keys++;
          const chain = readChain(item, header.compactedRevision);
          state.revisions.restore(chain);
          collectEvents(chain, header.compactedRevision, past);
        }
      }
      if (!ended) await hashes.add(payload);
    }
  } catch (error) {
    throw error instanceof StoreError ? error : corrupt(String(error));
  }
  if (!header || !ended) throw corrupt('it is cut short');
  state.revisions.advance(header.revision);
  state.revisions.compact(header.compactedRevision);
  appendHistory(state, past, time);
  return header;
}

async function* blocksOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = new Uint8Array(0);
  for await (const chunk of content) {
    rest = rest.length === 0 ? chunk.slice() : concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const length = pairLength(rest.subarray(at));
      if (length === undefined || at + length > rest.length) break;
      yield checkedBlock(rest.subarray(at, at + length));
      at += length;
    }
    rest = rest.slice(at);
  }
  if (rest.length > 0) yield checkedBlock(rest);
}

function checkedBlock(bytes: Uint8Array): Uint8Array {
  const [crc, payload] = readOneItem(bytes) as [number, Uint8Array];
  if (crc32c(payload) !== crc) throw new RangeError('the checksum of a block is wrong');
  return payload;
}

function readHeader(item: Item): SnapshotHeader {
  const [magic, version, clusterId, index, term, revision, compactedRevision] = item as [
    string,
    number,
    string,
    number,
    number,
    number,
    number,
  ];
  if (magic !== MAGIC) throw new TypeError('this is no snapshot');
  if (version !== FORMAT_VERSION)
    throw new StoreError('corrupt', `the snapshot has format ${version}, this program reads ${FORMAT_VERSION}`);
  return { clusterId, index, term, revision, compactedRevision };
}

/**
 * Without what compaction had given up when the snapshot was made, but something had still pinned. Values get memory of their
 * own: as views, one of them would keep its whole block alive.
 */
function readChain(item: Item, compacted: number): KeyChain {
  const [key, ...versions] = item as [string, ...[number, number?, Uint8Array?][]];
  const wanted = versions.findIndex(([revision]) => revision <= compacted);
  const kept = wanted < 0 ? versions : versions.slice(0, wanted + (versions[wanted]![2] ? 1 : 0));
  return {
    key,
    versions: kept.map(([revision, createRevision, value]) => ({
      revision,
      current: value && { key, value: value.slice(), modRevision: revision, createRevision: createRevision! },
    })),
  };
}

function collectEvents({ key, versions }: KeyChain, compacted: number, into: StoreEvent[]): void {
  for (const [i, { revision, current }] of versions.entries()) {
    const previous: KeyValue | undefined = versions[i + 1]?.current;
    if (revision <= compacted) break;
    if (current) into.push({ type: 'put', revision, current, previous });
    else if (previous) into.push({ type: 'delete', revision, key, previous });
  }
}

function appendHistory({ history }: State, past: StoreEvent[], time: number): void {
  past.sort((a, b) => a.revision - b.revision);
  for (let i = 0; i < past.length; ) {
    const { revision } = past[i]!;
    let end = i + 1;
    while (past[end]?.revision === revision) end++;
    history.append({ revision, time, events: past.slice(i, end) });
    i = end;
  }
}

/** The SHA-256 of the SHA-256 of each block. The hashes run beside the caller's work, a few at a time. */
function createHashes(): { add(block: Uint8Array): Promise<void>; digest(): Promise<Uint8Array> } {
  const hashes: Promise<Uint8Array>[] = [];
  return {
    async add(block) {
      hashes.push(sha256(block));
      await hashes.at(-HASHES_AT_ONCE);
    },
    digest: async () => sha256(concat(await Promise.all(hashes))),
  };
}

const HASHES_AT_ONCE = 4;

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
