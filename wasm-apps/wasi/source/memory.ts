// Memory that crosses the component boundary. The host asks for room through cabi_realloc; everything it got during one
// request is given back at once by `release`, after the answer is out.
//
// Every block carries the address of the one before it in a header of 16 bytes (16 keeps the alignment that wasm needs).
const HEADER: usize = 16;
let last: usize = 0;

/** Where calls put their results. No result that these apps read is larger. */
export const result: usize = memory.data(128, 8);

export function cabi_realloc(old: usize, oldLength: usize, align: usize, length: usize): usize {
  const block = heap.alloc(length + HEADER);
  store<usize>(block, last);
  last = block;
  const address = block + HEADER;
  if (old != 0) memory.copy(address, old, min(oldLength, length));
  return address;
}

export function release(): void {
  while (last != 0) {
    const before = load<usize>(last);
    heap.free(last);
    last = before;
  }
}

/** Text at `address` and its length at `address + 4`, as the canonical ABI lays out a string. */
export function text(address: usize): string {
  return String.UTF8.decodeUnsafe(load<usize>(address), load<usize>(address + 4));
}

export function utf8(value: string): ArrayBuffer {
  return String.UTF8.encode(value);
}

export function at(bytes: ArrayBuffer): usize {
  return changetype<usize>(bytes);
}

/** Takes the place of AssemblyScript's own abort, which would import from `env`. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}
