/**
 * What the runtime must know and change of a core module before V8 compiles it: how much memory and how many table entries
 * it may ever have. V8 validates the rest. Called by module-cache.ts.
 */
import { RuntimeError } from '../sandbox.ts';
import { createReader, malformed, type Reader } from './reader.ts';

export const PAGE_BYTES = 65_536;
/** Entries of one table; a table entry costs V8 eight bytes and more, outside of linear memory. */
const TABLE_ENTRIES_MAX = 1_000_000;
const HEADER_BYTES = 8;
const SECTION = { table: 4, memory: 5 };

/** The module with every own memory's maximum at or below `pagesMax`; the same array when nothing had to change. */
export function clampLimits(module: Uint8Array, pagesMax: number): Uint8Array {
  const parts: Uint8Array[] = [module.subarray(0, HEADER_BYTES)];
  let changed = false;
  const reader = createReader(module, HEADER_BYTES);
  while (!reader.done()) {
    const start = reader.at;
    const id = reader.byte();
    const body = reader.slice(reader.u32());
    const rewritten = rewriteSection(id, module, body, pagesMax);
    changed ||= rewritten !== undefined;
    parts.push(rewritten ?? module.subarray(start, body.end));
  }
  return changed ? concat(parts) : module;
}

function rewriteSection(id: number, module: Uint8Array, body: Reader, pagesMax: number): Uint8Array | undefined {
  if (id !== SECTION.memory && id !== SECTION.table) return undefined;
  const count = body.count();
  const out: Uint8Array[] = [leb(count)];
  let changed = false;
  for (let i = 0; i < count; i++) {
    const from = body.at;
    const limits = id === SECTION.memory ? readMemory(body, pagesMax) : readTable(body);
    changed ||= limits?.changed === true;
    out.push(limits?.changed ? limits.bytes : module.subarray(from, body.at));
  }
  if (!changed) return undefined;
  const content = concat(out);
  return concat([Uint8Array.of(id), leb(content.length), content]);
}

interface Clamped {
  changed: boolean;
  bytes: Uint8Array;
}

function readMemory(body: Reader, pagesMax: number): Clamped {
  const { flags, min, max } = readLimits(body);
  if (flags & 0x02)
    throw new RuntimeError('unsupported-engine', 'the module has a shared memory: threads are not provided');
  if (flags & 0x04)
    throw new RuntimeError('unsupported-engine', 'the module has a 64-bit memory, which is not provided');
  if (flags > 0x07) throw new RuntimeError('unsupported-engine', 'the module has a memory with pages of another size');
  if (min > pagesMax) {
    const need = Math.ceil((min * PAGE_BYTES) / 1_048_576);
    throw new RuntimeError('start-failed', `the module needs ${need} MiB of memory to begin with, above its limit`);
  }
  const clamped = Math.min(max ?? pagesMax, pagesMax);
  return { changed: clamped !== max, bytes: concat([Uint8Array.of(flags | 1), leb(min), leb(clamped)]) };
}

function readTable(body: Reader): Clamped | undefined {
  const first = body.byte();
  if (first === 0x40) throw new RuntimeError('unsupported-engine', 'the module has a table with an initialiser');
  const type =
    first === 0x63 || first === 0x64 ? concat([Uint8Array.of(first), leb(body.u32())]) : Uint8Array.of(first);
  const { flags, min, max } = readLimits(body);
  if (min > TABLE_ENTRIES_MAX) throw malformed(`a table of ${min} entries; at most ${TABLE_ENTRIES_MAX} are allowed`);
  const clamped = Math.min(max ?? TABLE_ENTRIES_MAX, TABLE_ENTRIES_MAX);
  return { changed: clamped !== max, bytes: concat([type, Uint8Array.of(flags | 1), leb(min), leb(clamped)]) };
}

function readLimits(body: Reader): { flags: number; min: number; max: number | undefined } {
  const flags = body.byte();
  const min = body.u64();
  return { flags, min, max: flags & 1 ? body.u64() : undefined };
}

function leb(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return Uint8Array.from(out);
}

function concat(parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
