/**
 * The bytes of a log segment: frames `u32 length | u32 crc32c | CBOR`, one after the other; the first is the header, each
 * other one holds a batch `[firstIndex, term, [data, …]]`. The checksum is seeded with cluster and segment number, so what a
 * recycled file still holds of its former life can never pass for a frame. Called by wal.ts and segment.ts.
 */

import type { Entry } from './consensus.ts';
import { crc32c } from './crc32c.ts';
import { createItemWriter, type Item, readOneItem } from './items.ts';

export interface SegmentHeader {
  number: number;
  /** Index of the first entry in this segment. */
  firstIndex: number;
}

export interface Frame {
  payload: Uint8Array;
  /** Where the next frame begins. */
  end: number;
}

export const FRAME_HEAD_BYTES = 8;
const MAGIC = 'skerry-log';
const FORMAT_VERSION = 1;
/** `[1, 1, []]` */
const PAYLOAD_BYTES_MIN = 4;

export const seedOf = (clusterId: string, segment: number): number =>
  crc32c(new TextEncoder().encode(`${clusterId}/${segment}`));

export function encodeHeader(clusterId: string, header: SegmentHeader): Uint8Array {
  const writer = createItemWriter();
  writer.reset(FRAME_HEAD_BYTES);
  writer.write([MAGIC, FORMAT_VERSION, clusterId, header.number, header.firstIndex]);
  return seal(writer.view(), seedOf(clusterId, header.number));
}

/** Throws TypeError when another version of the format is meant. */
export function decodeHeader(payload: Uint8Array): SegmentHeader {
  const [magic, version, , number, firstIndex] = readOneItem(payload) as [string, number, string, number, number];
  if (magic !== MAGIC) throw new TypeError('this is no log segment');
  if (version !== FORMAT_VERSION) throw new TypeError(`it has format ${version}, this program reads ${FORMAT_VERSION}`);
  return { number, firstIndex };
}

export interface BatchEncoder {
  /** One frame with all entries, which share a term. Valid until the next call. */
  encode(entries: readonly Entry[], seed: number): Uint8Array;
}

export function createBatchEncoder(): BatchEncoder {
  const writer = createItemWriter();
  return {
    encode(entries, seed) {
      writer.reset(FRAME_HEAD_BYTES);
      writer.arrayHead(3);
      writer.write(entries[0]!.index);
      writer.write(entries[0]!.term);
      writer.arrayHead(entries.length);
      for (const entry of entries) writer.write(entry.data);
      return seal(writer.view(), seed);
    },
  };
}

/** A frame without entries: what stands before it was complete. */
export function encodeMark(nextIndex: number, term: number, seed: number): Uint8Array {
  const writer = createItemWriter();
  writer.reset(FRAME_HEAD_BYTES);
  writer.write([nextIndex, term, []]);
  return seal(writer.view(), seed);
}

export function decodeBatch(payload: Uint8Array): { firstIndex: number; entries: Entry[] } {
  const [firstIndex, term, datas] = readOneItem(payload) as [number, number, Item[]];
  const entries = datas.map((data, i) => ({ index: firstIndex + i, term, data: (data as Uint8Array).slice() }));
  return { firstIndex, entries };
}

/** The frame at `at`, or undefined when there is no whole and undamaged one. */
export function readFrame(segment: Uint8Array, at: number, seed: number): Frame | undefined {
  const start = at + FRAME_HEAD_BYTES;
  if (start > segment.length) return undefined;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  const end = start + view.getUint32(at);
  if (end < start + PAYLOAD_BYTES_MIN || end > segment.length) return undefined;
  const payload = segment.subarray(start, end);
  return crc32c(payload, seed) === view.getUint32(at + 4) ? { payload, end } : undefined;
}

/** Whether a whole frame begins anywhere behind `at`: then what is at `at` was damaged later, not torn while it was written. */
export function findFrameBehind(segment: Uint8Array, at: number, seed: number): number | undefined {
  for (let i = at + 1; i + FRAME_HEAD_BYTES < segment.length; i++) {
    // Every payload begins with an array head of 3 or 5: a cheap first look.
    const first = segment[i + FRAME_HEAD_BYTES];
    if ((first === 0x83 || first === 0x85) && readFrame(segment, i, seed)) return i;
  }
  return undefined;
}

function seal(bytes: Uint8Array, seed: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payload = bytes.subarray(FRAME_HEAD_BYTES);
  view.setUint32(0, payload.length);
  view.setUint32(4, crc32c(payload, seed));
  return bytes;
}
