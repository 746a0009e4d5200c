/** Runs a core module that speaks preview 1: a command to its end, a reactor until it is stopped. Called by worker.ts. */
import { createGuest, createHandles } from '../../component/guest.ts';
import { exitOf, Trap } from '../../exit.ts';
import { nearLimit } from '../../limits.ts';
import { type Exit, type Mount, RuntimeError } from '../../sandbox.ts';
import { openMounts } from '../files.ts';
import { createDescriptors, type Stdio } from './descriptors.ts';
import { BLOCKING, type Preview1Process, preview1Functions } from './functions.ts';

export interface Preview1Options {
  module: WebAssembly.Module;
  process: Preview1Process & Stdio;
  mounts: readonly Mount[];
  memoryBytesMax: number;
  measured(memoryBytes: number): void;
}

/** Throws RuntimeError when it cannot start; the promise is its exit, and never settles for a reactor that started. */
export function startPreview1(options: Preview1Options): Promise<Exit> {
  const { module, process, memoryBytesMax, measured } = options;
  let memory: WebAssembly.Memory | undefined;
  const guest = createGuest(
    createHandles(),
    () => memory ?? trap('the module exports no memory'),
    () => trap('preview 1 has no allocator'),
    own => measured(own.buffer.byteLength),
  );
  const functions = preview1Functions(guest, process, createDescriptors(process, openMounts(options.mounts)));
  const imports = Object.fromEntries(
    Object.entries(functions).map(([name, call]) => [
      name,
      BLOCKING.has(name) ? new WebAssembly.Suspending(call) : call,
    ]),
  );
  const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports } as WebAssembly.Imports);
  if (exports['memory'] instanceof WebAssembly.Memory) memory = exports['memory'];
  measured(memory?.buffer.byteLength ?? 0);
  const entry = exports['_start'] ?? exports['_initialize'];
  if (typeof entry !== 'function') {
    throw new RuntimeError('start-failed', 'the module exports neither _start nor _initialize');
  }
  return WebAssembly.promising(entry as () => void)().then(
    () => (exports['_start'] === undefined ? new Promise<Exit>(() => undefined) : { code: 0, reason: 'exited' }),
    (error: unknown) => exitOf(error, nearLimit(memory?.buffer.byteLength ?? 0, memoryBytesMax)),
  );
}

function trap(message: string): never {
  throw new Trap(message);
}
