/**
 * The engine `wasmer-wasi`: @wasmer/wasi 1.2.2, for who asks for it by name. It has no host directories, panics when a guest
 * sleeps or polls, and hands over what was printed only when the guest has ended. Called by worker.ts.
 */
import { exitOf } from './exit.ts';
import { type Exit, RuntimeError } from './sandbox.ts';
import { anyReady, type Sink } from './streams.ts';
import type { Process } from './wasi/preview2/cli.ts';

export interface WasmerOptions {
  module: WebAssembly.Module;
  process: Process;
  mounts: readonly unknown[];
}

/** Throws RuntimeError when it cannot start; the promise is its exit. */
export async function startWasmer({ module, process, mounts }: WasmerOptions): Promise<Exit> {
  if (mounts.length > 0) throw new RuntimeError('start-failed', 'the engine wasmer-wasi cannot mount directories');
  const { init, WASI } = await import('@wasmer/wasi');
  await init();
  const wasi = new WASI({ args: [...process.args], env: { ...process.env } });
  const exit = run(() => {
    wasi.instantiate(module, {});
    return wasi.start();
  });
  await print(process.stdout, wasi.getStdoutBuffer());
  await print(process.stderr, wasi.getStderrBuffer());
  return exit;
}

function run(start: () => number): Exit {
  try {
    return { code: start(), reason: 'exited' };
  } catch (error) {
    return exitOf(error, false);
  }
}

async function print(sink: Sink, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) {
    const room = sink.room();
    if (room === 0) await anyReady([sink]);
    sink.write(rest.slice(0, room));
    rest = rest.subarray(room);
  }
}
