/**
 * How the host's side of an interface is declared: a table from interface to function name to HostFunction. `typed` and
 * `blocking` speak in values (shapes.ts); `raw` and `rawBlocking` get the flat numbers themselves, for the path of every
 * request. Declared under wasi/, bound to an instance by link.ts.
 */
import type { Guest } from './guest.ts';
import type { Flat, Shape } from './shapes.ts';

export type FlatFunction = (...args: Flat[]) => unknown;
export interface HostFunction {
  /** May answer a promise: the guest's stack is suspended meanwhile. */
  blocks: boolean;
  bind(guest: Guest): FlatFunction;
}
export type HostInterface = Record<string, HostFunction>;
export type HostTable = Record<string, HostInterface>;

const FLAT_PARAMETERS_MAX = 16;

export function raw<A extends Flat[]>(bind: (guest: Guest) => (...args: A) => Flat | void): HostFunction {
  return { blocks: false, bind: bind as HostFunction['bind'] };
}

export function rawBlocking<A extends Flat[]>(bind: (guest: Guest) => (...args: A) => unknown): HostFunction {
  return { blocks: true, bind: bind as HostFunction['bind'] };
}

type Shapes<P extends unknown[]> = { [K in keyof P]: Shape<P[K]> };

export function typed<P extends unknown[], R>(
  params: [...Shapes<P>],
  answer: Shape<R> | null,
  call: (...args: NoInfer<P>) => R,
): HostFunction {
  return declare(params, answer, false, call);
}

export function blocking<P extends unknown[], R>(
  params: [...Shapes<P>],
  answer: Shape<R> | null,
  call: (...args: NoInfer<P>) => R | Promise<R>,
): HostFunction {
  return declare(params, answer, true, call);
}

function declare<P extends unknown[], R>(
  params: [...Shapes<P>],
  answer: Shape<R> | null,
  blocks: boolean,
  call: (...args: P) => R | Promise<R>,
): HostFunction {
  const shapes = params as unknown as Shape<unknown>[];
  const starts = shapes.map((_, i) => shapes.slice(0, i).reduce((sum, shape) => sum + shape.flat.length, 0));
  const total = shapes.reduce((sum, shape) => sum + shape.flat.length, 0);
  if (total > FLAT_PARAMETERS_MAX) throw new RangeError(`${total} flat parameters: these would be passed in memory`);
  const byPointer = answer !== null && answer.flat.length > 1;
  const reply = (guest: Guest, value: R, pointer: Flat | undefined) => {
    if (answer === null) return undefined;
    if (!byPointer) return answer.lower(guest, value);
    answer.store(guest, Number(pointer) >>> 0, value);
    return undefined;
  };
  const settle = (guest: Guest, value: R | Promise<R>, pointer: Flat | undefined) =>
    value instanceof Promise ? value.then(late => reply(guest, late, pointer)) : reply(guest, value, pointer);
  const [first, second] = shapes;
  const invoke = call as (...args: unknown[]) => R | Promise<R>;
  const bind = (guest: Guest): FlatFunction => {
    // Most functions take one handle, or one and a number: these are spared the arrays.
    if (shapes.length === 1 && total === 1) {
      return (a, pointer) => settle(guest, invoke(first!.lift(guest, [a!], 0)), pointer);
    }
    if (shapes.length === 2 && total === 2) {
      return (a, b, pointer) =>
        settle(guest, invoke(first!.lift(guest, [a!], 0), second!.lift(guest, [b!], 0)), pointer);
    }
    return (...args) => {
      const values = shapes.map((shape, i) => shape.lift(guest, args, starts[i]!)) as P;
      return settle(guest, call(...values), args[total]);
    };
  };
  return { blocks, bind };
}
