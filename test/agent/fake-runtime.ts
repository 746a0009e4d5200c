/** A runtime whose guests do what the test says: they run until told to end. */
import {
  type Exit,
  type LoadedModule,
  type Runtime,
  RuntimeError,
  type Sandbox,
  type SandboxSpec,
} from '../../runtime/sandbox.ts';

interface FakeSandbox extends Sandbox {
  spec: SandboxSpec;
  end(exit: Exit): void;
  stopped?: number;
}

export function createFakeRuntime(world: LoadedModule['world'] = 'command', imports: readonly string[] = []) {
  const sandboxes: FakeSandbox[] = [];
  const takenHosts = new Set<string>();
  /** Text of a module: `bad`, `needs X` are refused; `exit N` ends at once. */
  const runtime: Runtime = {
    async load(digest, bytes, engine) {
      const text = Buffer.from(bytes).toString('utf8');
      if (text === 'bad') throw new RuntimeError('malformed', 'not a WebAssembly module');
      if (text.startsWith('needs'))
        throw new RuntimeError('unsupported-import', `unsupported import: ${text.slice(6)}`);
      return { digest, engine: engine ?? 'preview1', world, imports, exports: [text] };
    },
    async start(spec) {
      const { promise, resolve } = Promise.withResolvers<Exit>();
      const sandbox: FakeSandbox = {
        spec,
        ready: takenHosts.has(spec.listen?.host ?? '')
          ? Promise.reject(new RuntimeError('address-in-use', 'address already in use'))
          : Promise.resolve(),
        exited: promise,
        port: spec.listen?.port,
        end: resolve,
        async stop(graceMs) {
          sandbox.stopped = graceMs;
          resolve({ code: 143, reason: 'stopped' });
          return promise;
        },
        async kill() {
          resolve({ code: 137, reason: 'killed' });
          return promise;
        },
        usage: async () => ({ cpuMicros: 1000, memoryBytes: 65536 }),
      };
      sandboxes.push(sandbox);
      const exit = /^exit (\d+)/.exec(spec.module.exports[0] ?? '');
      if (exit) resolve({ code: Number(exit[1]), reason: 'exited' });
      return sandbox;
    },
    async close() {},
  };
  return { runtime, sandboxes, takenHosts, last: () => sandboxes[sandboxes.length - 1]! };
}
