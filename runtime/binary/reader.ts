/**
 * Reads WebAssembly's binary encoding from bytes that nobody has vouched for. Every read is checked against the end of the
 * slice, every number against its width, so a caller's loop ends after at most as many steps as there are bytes. What does
 * not fit is RuntimeError `malformed`, never another error. Called by core-module.ts and component.ts.
 */
import { RuntimeError } from '../sandbox.ts';

export interface Reader {
  readonly at: number;
  readonly end: number;
  done(): boolean;
  byte(): number;
  u32(): number;
  /** An unsigned LEB128 of up to 64 bits, as a double: exact up to 2^53, which is more than any limit of ours. */
  u64(): number;
  /** The count of a vector whose items take at least one byte each: never more than what is left. */
  count(): number;
  name(): string;
  bytes(length: number): Uint8Array;
  /** The next `length` bytes as a reader of its own. */
  slice(length: number): Reader;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const NAME_BYTES_MAX = 100_000;

export function createReader(bytes: Uint8Array, from = 0, end = bytes.length): Reader {
  let at = from;
  const need = (length: number, what: string) => {
    if (length > end - at) throw malformed(`${what} runs past the end at byte ${at}`);
  };
  const leb = (bits: number) => {
    let value = 0;
    let scale = 1;
    for (let shift = 0; shift < bits; shift += 7) {
      need(1, 'a number');
      const next = bytes[at++]!;
      value += (next & 0x7f) * scale;
      scale *= 128;
      if (next < 0x80) {
        if (bits === 32 && value > 0xffffffff) throw malformed(`a number is wider than 32 bits at byte ${at}`);
        return value;
      }
    }
    throw malformed(`a number is longer than ${bits} bits at byte ${at}`);
  };
  const take = (length: number) => {
    need(length, `${length} bytes`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  return {
    get at() {
      return at;
    },
    end,
    done: () => at >= end,
    byte() {
      need(1, 'a byte');
      return bytes[at++]!;
    },
    u32: () => leb(32),
    u64: () => leb(64),
    count() {
      const count = leb(32);
      need(count, `a list of ${count}`);
      return count;
    },
    name() {
      const length = leb(32);
      if (length > NAME_BYTES_MAX) throw malformed(`a name of ${length} bytes at byte ${at}`);
      const text = take(length);
      try {
        return utf8.decode(text);
      } catch {
        throw malformed(`a name is not UTF-8 at byte ${at}`);
      }
    },
    bytes: take,
    slice(length) {
      need(length, `a section of ${length}`);
      at += length;
      return createReader(bytes, at - length, at);
    },
  };
}

export function malformed(message: string): RuntimeError {
  return new RuntimeError('malformed', message);
}

/** `core` for a module, `component` for a component, as the eight bytes in front say. */
export function kindOf(bytes: Uint8Array): 'core' | 'component' {
  const magic = bytes[0] === 0x00 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
  if (!magic) throw malformed('not WebAssembly: the file does not begin with "\\0asm"');
  const version = (bytes[4] ?? 0) | ((bytes[5] ?? 0) << 8);
  const layer = (bytes[6] ?? 0) | ((bytes[7] ?? 0) << 8);
  if (bytes.length >= 8 && version === 1 && layer === 0) return 'core';
  if (bytes.length >= 8 && version === 13 && layer === 1) return 'component';
  throw malformed(`WebAssembly version ${version}, layer ${layer} is not known`);
}
