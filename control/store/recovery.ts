/**
 * Reads a log back. Batch N+1 is written only after N is on disk, so a bad frame with nothing valid behind it is the torn end
 * of the last write, and is cut; a bad frame with more log behind it is damage, and the store refuses to open.
 * Called by wal.ts when it opens.
 */
import type { Files } from '../platform/types.ts';
import type { Entry } from './consensus.ts';
import { StoreError } from './store.ts';
import { decodeBatch, decodeHeader, findFrameBehind, readFrame, type SegmentHeader, seedOf } from './wal-frame.ts';

export interface Recovered {
  /** In order. The last one may be written on at its `end`, if `nextIndex` is where the log is to go on. */
  segments: RecoveredSegment[];
  /** Files that hold nothing any more. */
  spares: string[];
  /** One past the last entry in the log, which a snapshot may have left behind. */
  nextIndex: number;
  lastTerm: number;
}

interface RecoveredSegment extends SegmentHeader {
  path: string;
  end: number;
}

export interface RecoveryOptions {
  directory: string;
  files: Files;
  clusterId: string;
  /** The snapshot that the entries go on from. */
  after: { index: number; term: number };
  replay(entries: readonly Entry[]): void;
}

interface Candidate {
  path: string;
  number: number;
  header: SegmentHeader | undefined;
}

const HEADER_READ_BYTES = 4096;
const FILE_NAME = /^(\d{10})\.wal$/;

export const segmentFileName = (number: number): string => `${String(number).padStart(10, '0')}.wal`;

export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const candidates = await findSegments(options);
  const { index, term } = options.after;
  // The last segment that begins at or before the snapshot's next entry; those before it are spent.
  const begin = candidates.findLastIndex(({ header }) => header && header.firstIndex <= index + 1);
  const recovered: Recovered = { segments: [], spares: [], nextIndex: index + 1, lastTerm: term };
  let bytes: Uint8Array | undefined;
  for (const [i, candidate] of candidates.entries()) {
    if (i < begin) recovered.spares.push(candidate.path);
    else bytes = (await readSegment(options, candidate, recovered)) ?? bytes;
  }
  const last = recovered.segments.at(-1);
  const behind = last && findFrameBehind(bytes!, last.end, seedOf(options.clusterId, last.number));
  if (behind !== undefined) throw damaged(last!.path, last!.end, `there is log behind it, at ${behind}`);
  return recovered;
}

async function findSegments({ directory, files, clusterId }: RecoveryOptions): Promise<Candidate[]> {
  const names = (await files.list(directory)).filter(name => FILE_NAME.test(name)).sort();
  return Promise.all(
    names.map(async name => {
      const path = `${directory}/${name}`;
      const number = Number(FILE_NAME.exec(name)![1]);
      const file = await files.open(path, {});
      const start = await file.readAt(0, HEADER_READ_BYTES);
      await file.close();
      const frame = readFrame(start, 0, seedOf(clusterId, number));
      return { path, number, header: frame && checkedHeader(path, frame.payload) };
    }),
  );
}

function checkedHeader(path: string, payload: Uint8Array): SegmentHeader {
  try {
    return decodeHeader(payload);
  } catch (error) {
    throw damaged(path, 0, (error as Error).message);
  }
}

/** Adds a segment to what was recovered and returns its content; nothing for one that is not in use. */
async function readSegment(
  options: RecoveryOptions,
  candidate: Candidate,
  recovered: Recovered,
): Promise<Uint8Array | undefined> {
  const { path, number, header } = candidate;
  const bytes = await options.files.read(path);
  const seed = seedOf(options.clusterId, number);
  if (!header) {
    // Renamed for reuse just before a crash; or a header that has gone bad, and then there are frames behind it.
    const behind = findFrameBehind(bytes, -1, seed);
    if (behind !== undefined) throw damaged(path, 0, `there is log behind it, at ${behind}`);
    recovered.spares.push(path);
    return undefined;
  }
  const previous = recovered.segments.at(-1);
  if (previous && previous.number + 1 !== number) throw damaged(path, 0, `segment ${previous.number + 1} is missing`);
  if (previous ? header.firstIndex !== recovered.nextIndex : header.firstIndex > recovered.nextIndex)
    throw damaged(path, 0, `it begins with entry ${header.firstIndex}, ${recovered.nextIndex} is missing`);
  recovered.nextIndex = header.firstIndex;
  let at = readFrame(bytes, 0, seed)!.end;
  for (let frame = readFrame(bytes, at, seed); frame; frame = readFrame(bytes, at, seed)) {
    replayFrame(options, path, at, frame.payload, recovered);
    at = frame.end;
  }
  recovered.segments.push({ path, number, firstIndex: header.firstIndex, end: at });
  return bytes;
}

function replayFrame(
  options: RecoveryOptions,
  path: string,
  at: number,
  payload: Uint8Array,
  recovered: Recovered,
): void {
  const { firstIndex, entries } = decodeBatch(payload);
  if (firstIndex !== recovered.nextIndex)
    throw damaged(path, at, `entry ${firstIndex} stands where ${recovered.nextIndex} should`);
  recovered.nextIndex += entries.length;
  const fresh = entries.filter(entry => entry.index > options.after.index);
  if (fresh.length === 0) return;
  options.replay(fresh);
  recovered.lastTerm = fresh.at(-1)!.term;
}

const damaged = (path: string, at: number, why: string): StoreError =>
  new StoreError(
    'corrupt',
    `the log is damaged: ${path} at byte ${at}: ${why}. Nothing was changed; restore a backup, or remove this replica's directory and let it be filled by its peers.`,
  );
