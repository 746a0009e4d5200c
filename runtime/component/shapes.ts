/**
 * The canonical ABI as values: each shape knows its size in memory, its flat core types, and how to read and write itself.
 * A WASI interface is declared with these (see wasi/preview2); the few functions on the path of every request skip them and
 * read their numbers directly. Whatever a guest passes is checked: an impossible value is a Trap.
 */
import { Trap } from '../exit.ts';
import type { Guest, Resource } from './guest.ts';

export type Flat = number | bigint;
export interface Shape<T> {
  size: number;
  align: number;
  flat: readonly ('i32' | 'i64')[];
  load(guest: Guest, at: number): T;
  store(guest: Guest, at: number, value: T): void;
  /** From flat arguments, beginning with args[from]. */
  lift(guest: Guest, args: readonly Flat[], from: number): T;
  /** To one flat value; only for shapes whose `flat` is one long. */
  lower(guest: Guest, value: T): Flat;
}

export type Result<T, E> = { ok: true; value: T } | { ok: false; error: E };
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
export const fail = <E>(error: E): Result<never, E> => ({ ok: false, error });

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LIST_ITEMS_MAX = 1_000_000;

export const u8 = integer(1, value => value & 0xff);
export const u16 = integer(2, value => value & 0xffff);
export const u32 = integer(4, value => value >>> 0);
export const s32 = integer(4, value => value | 0);
export const bool: Shape<boolean> = mapped(u8, raw => raw !== 0, Number);

export const u64: Shape<bigint> = {
  size: 8,
  align: 8,
  flat: ['i64'],
  load: (guest, at) => guest.view().getBigUint64(at, true),
  store: (guest, at, value) => guest.view().setBigUint64(at, value, true),
  lift: (_guest, args, from) => BigInt.asUintN(64, args[from] as bigint),
  lower: (_guest, value) => value,
};

export const bytes: Shape<Uint8Array> = pointed(
  // A copy: the guest may change or move its memory before the host is done with it.
  (guest, at, length) => guest.bytes(at, length).slice(),
  (guest, value) => {
    const at = guest.alloc(1, value.length);
    guest.bytes(at, value.length).set(value);
    return [at, value.length];
  },
);

export const string: Shape<string> = pointed(
  (guest, at, length) => {
    try {
      return decoder.decode(guest.bytes(at, length));
    } catch (error) {
      throw error instanceof Trap ? error : new Trap('the guest passed a string that is not UTF-8');
    }
  },
  (guest, value) => {
    const text = encoder.encode(value);
    const at = guest.alloc(1, text.length);
    guest.bytes(at, text.length).set(text);
    return [at, text.length];
  },
);

export function list<T>(item: Shape<T>): Shape<T[]> {
  return pointed(
    (guest, at, length) => {
      if (length > LIST_ITEMS_MAX) throw new Trap(`the guest passed a list of ${length}`);
      guest.bytes(at, length * item.size);
      return Array.from({ length }, (_, i) => item.load(guest, at + i * item.size));
    },
    (guest, values) => {
      const at = guest.alloc(item.align, values.length * item.size);
      for (const [i, value] of values.entries()) item.store(guest, at + i * item.size, value);
      return [at, values.length];
    },
  );
}

export function record<T extends object>(fields: { [K in keyof T]: Shape<T[K]> }): Shape<T> {
  const keys = Object.keys(fields) as (keyof T & string)[];
  const shape = tuple(...keys.map(key => fields[key] as Shape<unknown>));
  const build = (values: unknown[]) => Object.fromEntries(keys.map((key, i) => [key, values[i]])) as T;
  return mapped(shape, build, value => keys.map(key => value[key]));
}

export function tuple<T extends unknown[]>(...items: { [K in keyof T]: Shape<T[K]> }): Shape<T> {
  const shapes = items as unknown as Shape<unknown>[];
  const offsets: number[] = [];
  let end = 0;
  for (const shape of shapes) {
    offsets.push(aligned(end, shape.align));
    end = offsets.at(-1)! + shape.size;
  }
  const align = Math.max(1, ...shapes.map(shape => shape.align));
  return {
    size: aligned(end, align),
    align,
    flat: shapes.flatMap(shape => shape.flat),
    load: (guest, at) => shapes.map((shape, i) => shape.load(guest, at + offsets[i]!)) as T,
    store(guest, at, values) {
      for (const [i, shape] of shapes.entries()) shape.store(guest, at + offsets[i]!, values[i]);
    },
    lift(guest, args, from) {
      let next = from;
      return shapes.map(shape => {
        const value = shape.lift(guest, args, next);
        next += shape.flat.length;
        return value;
      }) as T;
    },
    lower: (guest, values) => shapes.find(shape => shape.flat.length === 1)!.lower(guest, values[0]),
  };
}

export type Case = { tag: string; value?: unknown };

/** Cases in the order of the interface; null for a case that carries nothing. */
export function variant<T extends Case>(cases: Record<T['tag'], Shape<never> | null>): Shape<T> {
  const tags = Object.keys(cases);
  const shapes = tags.map(tag => cases[tag as T['tag']] as Shape<unknown> | null);
  const align = Math.max(1, ...shapes.map(shape => shape?.align ?? 1));
  const offset = aligned(1, align);
  const make = (index: number, load: (shape: Shape<unknown>) => unknown) => {
    const shape = shapes[index];
    if (shape === undefined) throw new Trap(`the guest passed case ${index} of ${tags.length}`);
    return { tag: tags[index], value: shape === null ? undefined : load(shape) } as unknown as T;
  };
  return {
    size: aligned(offset + Math.max(0, ...shapes.map(shape => shape?.size ?? 0)), align),
    align,
    flat: ['i32', ...joined(shapes)],
    load: (guest, at) => make(u8.load(guest, at), shape => shape.load(guest, at + offset)),
    store(guest, at, value) {
      const index = tags.indexOf(value.tag);
      u8.store(guest, at, index);
      shapes[index]?.store(guest, at + offset, value.value);
    },
    lift: (guest, args, from) =>
      make(u32.lift(guest, args, from), shape => shape.lift(guest, narrowed(shape, args, from + 1), 0)),
    lower: (_guest, value) => tags.indexOf(value.tag),
  };
}

export function option<T>(item: Shape<T>): Shape<T | undefined> {
  return mapped<Case, T | undefined>(
    variant({ none: null, some: item as unknown as Shape<never> }),
    raw => raw.value as T | undefined,
    value => (value === undefined ? { tag: 'none' } : { tag: 'some', value }),
  );
}

export function result<T, E>(value: Shape<T> | null, error: Shape<E> | null): Shape<Result<T, E>> {
  return mapped<Case, Result<T, E>>(
    variant({ ok: value as Shape<never> | null, error: error as Shape<never> | null }),
    raw => (raw.tag === 'ok' ? { ok: true, value: raw.value as T } : { ok: false, error: raw.value as E }),
    outcome => (outcome.ok ? { tag: 'ok', value: outcome.value } : { tag: 'error', value: outcome.error }),
  );
}

export function enumeration<T extends string>(...names: T[]): Shape<T> {
  const checked = (index: number) => {
    const name = names[index];
    if (name === undefined) throw new Trap(`the guest passed case ${index} of ${names.length}`);
    return name;
  };
  return mapped(u8, checked, name => names.indexOf(name));
}

/** A handle that the guest gives away or gets. */
export function own<R extends Resource>(kind: R['kind']): Shape<R> {
  return handle(
    (guest, index) => guest.handles.take<R>(index, kind),
    (guest, value) => guest.handles.put(value),
  );
}

/** A handle that the guest lends for the call. */
export function borrow<R extends Resource>(kind: R['kind']): Shape<R> {
  return handle(
    (guest, index) => guest.handles.get<R>(index, kind),
    () => {
      throw new Trap('a borrowed handle cannot be answered');
    },
  );
}

function handle<R>(take: (guest: Guest, index: number) => R, put: (guest: Guest, value: R) => number): Shape<R> {
  return {
    size: 4,
    align: 4,
    flat: ['i32'],
    load: (guest, at) => take(guest, guest.view().getUint32(at, true)),
    store: (guest, at, value) => guest.view().setUint32(at, put(guest, value), true),
    lift: (guest, args, from) => take(guest, Number(args[from])),
    lower: put,
  };
}

function integer(size: 1 | 2 | 4, wrap: (value: number) => number): Shape<number> {
  const width = { 1: 'Uint8', 2: 'Uint16', 4: 'Uint32' } as const;
  const get = `get${width[size]}` as const;
  const set = `set${width[size]}` as const;
  return {
    size,
    align: size,
    flat: ['i32'],
    load: (guest, at) => wrap(guest.view()[get](at, true)),
    store: (guest, at, value) => guest.view()[set](at, value, true),
    lift: (_guest, args, from) => wrap(Number(args[from])),
    lower: (_guest, value) => value,
  };
}

function pointed<T>(
  read: (guest: Guest, at: number, length: number) => T,
  write: (guest: Guest, value: T) => [at: number, length: number],
): Shape<T> {
  return {
    size: 8,
    align: 4,
    flat: ['i32', 'i32'],
    load(guest, at) {
      const view = guest.view();
      return read(guest, view.getUint32(at, true), view.getUint32(at + 4, true));
    },
    store(guest, at, value) {
      const [start, length] = write(guest, value);
      const view = guest.view();
      view.setUint32(at, start, true);
      view.setUint32(at + 4, length, true);
    },
    lift: (guest, args, from) => read(guest, Number(args[from]) >>> 0, Number(args[from + 1]) >>> 0),
    lower() {
      throw new Trap('a list is not one flat value');
    },
  };
}

function mapped<A, B>(shape: Shape<A>, to: (raw: A) => B, from: (value: B) => A): Shape<B> {
  return {
    size: shape.size,
    align: shape.align,
    flat: shape.flat,
    load: (guest, at) => to(shape.load(guest, at)),
    store: (guest, at, value) => shape.store(guest, at, from(value)),
    lift: (guest, args, start) => to(shape.lift(guest, args, start)),
    lower: (guest, value) => shape.lower(guest, from(value)),
  };
}

/** The flat types that can carry any of the cases: the wider one wins, slot by slot. */
function joined(shapes: readonly (Shape<unknown> | null)[]): ('i32' | 'i64')[] {
  const length = Math.max(0, ...shapes.map(shape => shape?.flat.length ?? 0));
  const wide = (slot: number) => shapes.some(shape => shape?.flat[slot] === 'i64');
  return Array.from({ length }, (_, slot) => (wide(slot) ? 'i64' : 'i32'));
}

function narrowed(shape: Shape<unknown>, args: readonly Flat[], from: number): Flat[] {
  return shape.flat.map((type, slot) => {
    const value = args[from + slot]!;
    return type === 'i64' ? BigInt(value) : typeof value === 'bigint' ? Number(BigInt.asUintN(32, value)) : value;
  });
}

function aligned(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}
