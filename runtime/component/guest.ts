/**
 * One instance as host functions see it: its memory, its allocator and its table of handles. Every pointer from the guest
 * is checked against the memory before use; a wrong one, or a handle of another kind, is a Trap. Made by link.ts (components)
 * and by wasi/preview1; read by everything under wasi/.
 */
import { Trap } from '../exit.ts';

/** What a handle stands for. `kind` is checked at each use; `drop` runs when the guest lets go, or ends. */
export interface Resource {
  readonly kind: string;
  drop?(): void;
}

export interface Handles {
  put(resource: Resource): number;
  get<R extends Resource>(handle: number, kind: R['kind']): R;
  /** As `get`, and the guest no longer has it. */
  take<R extends Resource>(handle: number, kind: R['kind']): R;
  drop(handle: number): void;
  clear(): void;
}

export interface Guest {
  readonly handles: Handles;
  view(): DataView;
  /** The guest's bytes in place: valid until the guest runs again. */
  bytes(at: number, length: number): Uint8Array;
  /** Room in the guest for `length` bytes, by its own allocator. */
  alloc(align: number, length: number): number;
}

const HANDLES_MAX = 16_384;

export function createHandles(): Handles {
  const table: (Resource | undefined)[] = [undefined];
  const free: number[] = [];
  const remove = (handle: number) => {
    table[handle] = undefined;
    free.push(handle);
  };
  const find = (handle: number, kind: string) => {
    const resource = table[handle];
    if (resource === undefined || resource.kind !== kind) {
      throw new Trap(`handle ${handle} is ${resource === undefined ? 'not open' : resource.kind}, not ${kind}`);
    }
    return resource;
  };
  return {
    put(resource) {
      const handle = free.pop() ?? table.length;
      if (handle > HANDLES_MAX) throw new Trap(`more than ${HANDLES_MAX} handles are open`);
      table[handle] = resource;
      return handle;
    },
    get: <R extends Resource>(handle: number, kind: R['kind']) => find(handle, kind) as R,
    take<R extends Resource>(handle: number, kind: R['kind']) {
      const resource = find(handle, kind);
      remove(handle);
      return resource as R;
    },
    drop(handle) {
      const resource = table[handle];
      if (resource === undefined) throw new Trap(`handle ${handle} is not open`);
      remove(handle);
      resource.drop?.();
    },
    clear() {
      for (const resource of table) resource?.drop?.();
      table.length = 1;
      free.length = 0;
    },
  };
}

/** `memory` and `realloc` are asked for when first needed: they come into being while the component is still linked. */
export function createGuest(
  handles: Handles,
  memory: () => WebAssembly.Memory,
  realloc: () => (old: number, oldSize: number, align: number, size: number) => number,
  grown: (memory: WebAssembly.Memory) => void,
): Guest {
  let own: WebAssembly.Memory | undefined;
  let view = new DataView(new ArrayBuffer(0));
  let all = new Uint8Array(0);
  let allocate: ReturnType<typeof realloc> | undefined;
  // A memory that grows leaves its old buffer detached, of length 0.
  const refresh = () => {
    own ??= memory();
    view = new DataView(own.buffer);
    all = new Uint8Array(own.buffer);
    grown(own);
  };
  const bytes = (pointer: number, length: number) => {
    if (all.length === 0) refresh();
    const at = pointer >>> 0;
    const size = length >>> 0;
    if (at + size > all.length) throw new Trap(`the guest passed ${size} bytes at ${at}, outside of its memory`);
    return all.subarray(at, at + size);
  };
  return {
    handles,
    bytes,
    view() {
      if (all.length === 0) refresh();
      return view;
    },
    alloc(align, length) {
      allocate ??= realloc();
      const at = allocate(0, 0, align, length) >>> 0;
      if (at % align !== 0) throw new Trap(`the guest's allocator answered ${at}, not aligned to ${align}`);
      bytes(at, length);
      return at;
    },
  };
}
