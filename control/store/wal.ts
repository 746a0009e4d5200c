/**
 * The write-ahead log: entries in segments of one size, written by `O_DSYNC` writes, one write per batch. Segments that a
 * snapshot has made superfluous are written over (recycled): a write into a file that has its blocks needs no change of the
 * file system's own tables, which nearly doubles the rate at small batches. A file that still grows does so in steps.
 *
 * Always: one write at a time, so all of the log before a frame is on disk when the frame is written. Formats: wal-frame.ts;
 * how it is read back: recovery.ts. Called by engines/embedded.ts.
 */
import type { OpenFile } from '../platform/types.ts';
import type { Entry } from './consensus.ts';
import type { Log } from './driver.ts';
import { type Recovered, type RecoveryOptions, recover, segmentFileName } from './recovery.ts';
import { createBatchEncoder, encodeHeader, encodeMark, FRAME_HEAD_BYTES, seedOf } from './wal-frame.ts';

export interface Wal extends Log {
  /** Bytes of log behind the snapshot it was opened with, and all that was written since. */
  written(): number;
  /** A snapshot up to this entry is on disk: segments that hold nothing newer may be recycled. */
  release(index: number): Promise<void>;
  lastIndex(): number;
  close(): Promise<void>;
}

export interface WalOptions extends Omit<RecoveryOptions, 'replay'> {
  segmentBytes: number;
  /** Gets the entries that the snapshot lacks, in order, before `openWal` resolves. */
  replay(entries: readonly Entry[]): void;
}

interface Segment {
  path: string;
  number: number;
  firstIndex: number;
}

/** A growing file is extended by this much at a time: a growing write costs a flush more than one into the file. */
const GROWTH_BYTES = 262_144;
const SPARE_SEGMENTS_MAX = 4;

export async function openWal(options: WalOptions): Promise<Wal> {
  await options.files.makeDirectory(options.directory, { mode: 0o700 });
  const recovered = await recover(options);
  return createWal(options, recovered);
}

async function createWal(options: WalOptions, recovered: Recovered): Promise<Wal> {
  const { directory, files, clusterId, segmentBytes } = options;
  const growth = Math.min(GROWTH_BYTES, segmentBytes);
  const encoder = createBatchEncoder();
  const spares = recovered.spares;
  const segments: Segment[] = [...recovered.segments];
  let lastTerm = recovered.lastTerm;
  let nextIndex = Math.max(recovered.nextIndex, options.after.index + 1);
  /** The highest number that a file has or had. */
  let number = Math.max(0, ...segments.map(s => s.number), ...spares.map(numberOf));
  let file: OpenFile | undefined;
  let position = 0;
  let allocated = 0;
  let broken = false;
  let written = recovered.segments.reduce((sum, segment) => sum + segment.end, 0);

  const beginSegment = async () => {
    const segment = { path: `${directory}/${segmentFileName(number + 1)}`, number: number + 1, firstIndex: nextIndex };
    const spare = spares.pop();
    if (spare !== undefined) await files.rename(spare, segment.path);
    const opened = await files.open(segment.path, { write: true, create: spare === undefined, syncEachWrite: true });
    const header = encodeHeader(clusterId, segment);
    const size = await opened.size();
    try {
      await files.syncDirectory(directory);
      await opened.writeAt(0, size < growth ? padded(header, growth) : header);
    } catch (error) {
      // A smaller batch may still fit into the old segment, and then this one must not claim to follow it already.
      await erase(opened, 0, header, error);
      await opened.close();
      spares.push(segment.path);
      throw error;
    }
    await file?.close();
    file = opened;
    number = segment.number;
    segments.push(segment);
    position = header.length;
    allocated = Math.max(size, growth);
  };

  const write = async (frame: Uint8Array) => {
    const end = position + frame.length;
    try {
      allocated = Math.max(allocated, await writeGrowing(file!, position, frame, allocated, growth));
    } catch (error) {
      await erase(file!, position, frame, error);
      throw error;
    }
    position = end;
    written += frame.length;
  };

  const appendTerm = async (entries: readonly Entry[]) => {
    let frame = encoder.encode(entries, seedOf(clusterId, number));
    if (!file || (position + frame.length > segmentBytes && segments.at(-1)!.firstIndex < nextIndex)) {
      await beginSegment();
      frame = encoder.encode(entries, seedOf(clusterId, number));
    }
    await write(frame);
    nextIndex += entries.length;
    lastTerm = entries[0]!.term;
  };

  const last = recovered.segments.at(-1);
  if (last && recovered.nextIndex === nextIndex) {
    file = await files.open(last.path, { write: true, syncEachWrite: true });
    position = last.end;
    allocated = await file.size();
  } else spares.push(...segments.splice(0).map(segment => segment.path));

  return {
    async append(entries) {
      if (broken) throw new Error('the log has failed before');
      try {
        for (const part of termsOf(entries)) await appendTerm(part);
      } catch (error) {
        broken = !isFull(error);
        throw error;
      }
    },
    written: () => written,
    async release(index) {
      while (segments.length > 1 && segments[1]!.firstIndex <= index + 1) spares.push(segments.shift()!.path);
      for (const path of spares.splice(SPARE_SEGMENTS_MAX)) await files.remove(path);
    },
    lastIndex: () => nextIndex - 1,
    async close() {
      // Guards the last batch: damage to it can no longer be taken for a torn end. Without room, that is all that is lost.
      if (file && !broken)
        await write(encodeMark(nextIndex, lastTerm, seedOf(clusterId, number))).catch(() => undefined);
      await file?.close();
    },
  };
}

/** Returns up to where the file reaches now. */
async function writeGrowing(
  file: OpenFile,
  position: number,
  frame: Uint8Array,
  allocated: number,
  growth: number,
): Promise<number> {
  const end = position + frame.length;
  const grown = Math.ceil(end / growth) * growth;
  if (end > allocated) {
    try {
      await file.writeAt(position, padded(frame, grown - position));
      return grown;
    } catch (error) {
      if (!isFull(error)) throw error;
      // The last blocks of a full disk may hold this frame, if not the reserve behind it.
    }
  }
  await file.writeAt(position, frame);
  return end;
}

/** What the disk had no room for must not come back after a restart, should by chance all of it have been written. */
async function erase(file: OpenFile, position: number, frame: Uint8Array, cause: unknown): Promise<void> {
  if (!isFull(cause)) return;
  try {
    const there = await file.readAt(position, frame.length);
    if (there.length < frame.length || there.some((byte, i) => byte !== frame[i])) return;
    await file.writeAt(position, new Uint8Array(FRAME_HEAD_BYTES));
  } catch (error) {
    throw new Error(`a refused write could not be erased: ${error}`, { cause });
  }
}

const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes((error as { code?: string }).code ?? '');

const numberOf = (path: string): number => Number(/(\d+)\.wal$/.exec(path)![1]);

function padded(content: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(content);
  return whole;
}

/** In parts of one term each: a frame has one, and each frame is a write of its own, so that only the last can be torn. */
function termsOf(entries: readonly Entry[]): (readonly Entry[])[] {
  const parts: Entry[][] = [];
  for (const entry of entries) {
    const part = parts.at(-1);
    if (part && part[0]!.term === entry.term) part.push(entry);
    else parts.push([entry]);
  }
  return parts;
}
