// The few calls of WASI preview 1 that the command apps need.
@external("wasi_snapshot_preview1", "args_sizes_get")
declare function args_sizes_get(count: usize, bytes: usize): u16;
@external("wasi_snapshot_preview1", "args_get")
declare function args_get(pointers: usize, bytes: usize): u16;
@external("wasi_snapshot_preview1", "environ_sizes_get")
declare function environ_sizes_get(count: usize, bytes: usize): u16;
@external("wasi_snapshot_preview1", "environ_get")
declare function environ_get(pointers: usize, bytes: usize): u16;
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, vectors: usize, count: i32, written: usize): u16;
@external("wasi_snapshot_preview1", "poll_oneoff")
declare function poll_oneoff(subscriptions: usize, events: usize, count: i32, happened: usize): u16;
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(code: i32): void;

const scratch: usize = memory.data(128, 8);
const CLOCK_MONOTONIC = 1;

export function args(): string[] {
  args_sizes_get(scratch, scratch + 4);
  const pointers = heap.alloc(<usize>load<u32>(scratch) * 4 + 4);
  const bytes = heap.alloc(<usize>load<u32>(scratch + 4) + 1);
  args_get(pointers, bytes);
  return strings(pointers, load<i32>(scratch));
}

/** The variable's value, or `otherwise`. */
export function env(name: string, otherwise: string): string {
  environ_sizes_get(scratch, scratch + 4);
  const pointers = heap.alloc(<usize>load<u32>(scratch) * 4 + 4);
  const bytes = heap.alloc(<usize>load<u32>(scratch + 4) + 1);
  environ_get(pointers, bytes);
  const all = strings(pointers, load<i32>(scratch));
  for (let i = 0; i < all.length; i++) {
    if (all[i].startsWith(name + "=")) return all[i].substring(name.length + 1);
  }
  return otherwise;
}

function strings(pointers: usize, count: i32): string[] {
  const out: string[] = [];
  for (let i = 0; i < count; i++) {
    const start = load<usize>(pointers + i * 4);
    let end = start;
    while (load<u8>(end) != 0) end++;
    out.push(String.UTF8.decodeUnsafe(start, end - start));
  }
  return out;
}

/** One line on standard output (1) or standard error (2). */
export function print(line: string, fd: i32 = 1): void {
  const bytes = String.UTF8.encode(line + "\n");
  store<usize>(scratch, changetype<usize>(bytes));
  store<i32>(scratch + 4, bytes.byteLength);
  fd_write(fd, scratch, 1, scratch + 8);
}

export function sleep(milliseconds: i32): void {
  if (milliseconds <= 0) return;
  memory.fill(scratch, 0, 48);
  store<u32>(scratch + 16, CLOCK_MONOTONIC);
  store<u64>(scratch + 24, <u64>milliseconds * 1000000);
  poll_oneoff(scratch, scratch + 48, 1, scratch + 80);
}

export function exit(code: i32): void {
  proc_exit(code);
}

/** Takes the place of AssemblyScript's own abort, which would import from `env`. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}
