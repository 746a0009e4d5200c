/** Makes a Runtime (sandbox.ts says what that promises). The agent's way in. */
import { inspect } from './engine.ts';
import { memoryBytesMax, niceOf, pagesMax, requestsMax } from './limits.ts';
import { createModuleCache, keyOf, type ModuleCache } from './module-cache.ts';
import { GAUGE, type Plan } from './protocol.ts';
import type { Engine, LoadedModule, Runtime, Sandbox, SandboxSpec } from './sandbox.ts';
import { launch } from './sandbox-thread.ts';
import { createThreadPool } from './thread-pool.ts';

export interface RuntimeOptions {
  /** Threads kept ready for the next guests. Each holds some 6 MB. */
  warmThreads?: number;
}

const WARM_THREADS_DEFAULT = 1;
const FLOAT64_BYTES = 8;
const DEFAULT_ENGINES: readonly Engine[] = ['component', 'preview1'];

export function createRuntime({ warmThreads = WARM_THREADS_DEFAULT }: RuntimeOptions = {}): Runtime {
  const modules = createModuleCache();
  const threads = createThreadPool(warmThreads);
  const running = new Set<Sandbox>();
  const callsUnderWay = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  let closed = false;
  return {
    async load(digest, bytes, engine) {
      const candidates = engine === undefined ? DEFAULT_ENGINES : [engine];
      const known = candidates.map(name => modules.get(keyOf(digest, name))).find(found => found !== undefined);
      return known?.loaded ?? loadModule(modules, digest, bytes, engine);
    },
    async start(spec) {
      if (closed) throw new Error('the runtime is closed');
      const sandbox: Sandbox = launch({
        spec,
        plan: makePlan(spec, modules, callsUnderWay),
        thread: threads.take(),
        ended: () => running.delete(sandbox),
      });
      running.add(sandbox);
      return sandbox;
    },
    async close() {
      closed = true;
      await Promise.all([...running].map(sandbox => sandbox.kill()));
      await threads.close();
    },
  };
}

async function loadModule(
  modules: ModuleCache,
  digest: string,
  bytes: Uint8Array,
  engine: LoadedModule['engine'] | undefined,
): Promise<LoadedModule> {
  const inspected = inspect(digest, bytes, engine);
  const key = modules.add(inspected);
  try {
    // V8's own validation: bytes that cannot be compiled are refused now, not when a pod starts.
    await modules.compile(key, pagesMax({}));
  } catch (error) {
    modules.remove(key);
    throw error;
  }
  return inspected.loaded;
}

async function makePlan(spec: SandboxSpec, modules: ModuleCache, callsUnderWay: SharedArrayBuffer): Promise<Plan> {
  const { limits } = spec;
  return {
    name: spec.name,
    program: await modules.compile(keyOf(spec.module.digest, spec.module.engine), pagesMax(limits)),
    args: spec.args,
    env: spec.env,
    mounts: spec.mounts,
    stdin: spec.stdin !== undefined,
    memoryBytesMax: memoryBytesMax(limits),
    requestsMax: requestsMax(limits),
    nice: niceOf(limits),
    listen: spec.listen,
    gauges: new SharedArrayBuffer(GAUGE.count * FLOAT64_BYTES),
    callsUnderWay,
  };
}
