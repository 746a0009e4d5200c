/**
 * Takes a message's body out of a connection's bytes: by length, by chunks (RFC 9112 §7.1, strictly: sizes are plain hex,
 * lines end in CR LF), or up to the end. Pure. Called by server.ts and client.ts.
 */
import type { Framing, Header } from './head.ts';
import { parseHeaders } from './head.ts';

export interface BodyDecoder {
  /** Takes what it can from `bytes` beginning at `from`; answers where it stopped. Throws BadBody. */
  take(bytes: Uint8Array, from: number, data: (part: Uint8Array) => void): number;
  done(): boolean;
  trailers(): Header[] | undefined;
}

export class BadBody extends Error {}

const LINE_BYTES_MAX = 4_096;
const TRAILER_BYTES_MAX = 16_384;
const CHUNK_SIZE = /^[0-9A-Fa-f]{1,13}$/;
/** Extensions are allowed by the rules and used by nobody: read over, within these characters. */
const EXTENSION = /^[\t\x20-\x7e\x80-\xff]*$/;

export function createBodyDecoder(framing: Framing, bytesMax: number): BodyDecoder {
  if (framing.kind === 'chunked') return createChunkedDecoder(bytesMax);
  const total = framing.kind === 'length' ? framing.length : framing.kind === 'none' ? 0 : Number.POSITIVE_INFINITY;
  let left = total;
  let seen = 0;
  return {
    take(bytes, from, data) {
      const length = Math.min(left, bytes.length - from);
      left -= length;
      seen += length;
      if (seen > bytesMax) throw new BadBody(`the body is larger than ${bytesMax} bytes`);
      if (length > 0) data(bytes.subarray(from, from + length));
      return from + length;
    },
    done: () => left === 0,
    trailers: () => undefined,
  };
}

function createChunkedDecoder(bytesMax: number): BodyDecoder {
  let state: 'size' | 'data' | 'data-end' | 'trailers' | 'done' = 'size';
  let line = '';
  let left = 0;
  let seen = 0;
  let trailers: Header[] | undefined;
  const trailerLines: string[] = [''];
  let trailerBytes = 0;

  const lineEnded = () => {
    if (state === 'size') {
      left = chunkSize(line);
      seen += left;
      if (seen > bytesMax) throw new BadBody(`the body is larger than ${bytesMax} bytes`);
      state = left === 0 ? 'trailers' : 'data';
    } else if (state === 'data-end') {
      if (line !== '') throw new BadBody('a chunk is longer than it says');
      state = 'size';
    } else if (line === '') {
      trailers = parseTrailers(trailerLines);
      state = 'done';
    } else trailerLines.push(line);
    line = '';
  };
  const takeLine = (bytes: Uint8Array, from: number): number => {
    const max = state === 'data-end' ? 2 : LINE_BYTES_MAX;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (state === 'trailers' && ++trailerBytes > TRAILER_BYTES_MAX) throw new BadBody('the trailers are too long');
      if (byte === 0x0a) {
        if (!line.endsWith('\r')) throw new BadBody('a line ends in LF alone');
        line = line.slice(0, -1);
        lineEnded();
        return at + 1;
      }
      if (line.endsWith('\r')) throw new BadBody('a CR stands alone');
      line += String.fromCharCode(byte);
      if (line.length > max) throw new BadBody('a line of a chunked body is too long');
    }
    return bytes.length;
  };
  return {
    take(bytes, from, data) {
      let at = from;
      while (at < bytes.length && state !== 'done') {
        if (state !== 'data') {
          at = takeLine(bytes, at);
          continue;
        }
        const length = Math.min(left, bytes.length - at);
        data(bytes.subarray(at, at + length));
        at += length;
        left -= length;
        if (left === 0) state = 'data-end';
      }
      return at;
    },
    done: () => state === 'done',
    trailers: () => trailers,
  };
}

function chunkSize(line: string): number {
  const semicolon = line.indexOf(';');
  const size = semicolon < 0 ? line : line.slice(0, semicolon);
  if (!CHUNK_SIZE.test(size) || (semicolon >= 0 && !EXTENSION.test(line.slice(semicolon)))) {
    throw new BadBody('a chunk size is not a hexadecimal number');
  }
  return Number.parseInt(size, 16);
}

function parseTrailers(lines: readonly string[]): Header[] | undefined {
  if (lines.length === 1) return undefined;
  const fields = parseHeaders(lines);
  if ('refuse' in fields) throw new BadBody(fields.reason);
  return fields.headers;
}
