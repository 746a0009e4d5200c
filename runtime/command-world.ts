/** Runs a `wasi:cli/run` component once, to its end. Called by worker.ts. */
import type { Component } from './binary/component.ts';
import type { HostTable } from './component/host-function.ts';
import { type Linked, link } from './component/link.ts';
import { exitOf } from './exit.ts';
import { nearLimit } from './limits.ts';
import { type Exit, RuntimeError } from './sandbox.ts';

export interface CommandOptions {
  component: Component<WebAssembly.Module>;
  host: HostTable;
  memoryBytesMax: number;
  measured(memoryBytes: number): void;
}

/** Throws RuntimeError when it cannot start; the promise is its exit. */
export function startCommand({ component, host, memoryBytesMax, measured }: CommandOptions): Promise<Exit> {
  let linked: Linked | undefined;
  const measure = () => linked !== undefined && measured(linked.memoryBytes());
  linked = link(component, host, measure);
  const run = linked.exported('wasi:cli/run', 'run');
  if (run === undefined) throw new RuntimeError('start-failed', 'the component does not export wasi:cli/run');
  measure();
  const instance = linked;
  return WebAssembly.promising(run.core)().then(
    outcome => ({ code: outcome === 0 ? 0 : 1, reason: 'exited' }),
    (error: unknown) => exitOf(error, nearLimit(instance.memoryBytes(), memoryBytesMax)),
  );
}
