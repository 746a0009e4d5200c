/** Starts the runtime's sandboxes for tests, collects what they print, and closes all of it in the end. */
import { createRuntime } from '../../runtime/runtime.ts';
import type { Runtime, Sandbox, SandboxSpec } from '../../runtime/sandbox.ts';

interface Started {
  sandbox: Sandbox;
  /** What it printed so far. */
  output(): { stdout: string; stderr: string };
  url(path: string): string;
}

export interface Sandboxes {
  runtime: Runtime;
  start(bytes: Uint8Array, changes?: Partial<SandboxSpec>): Promise<Started>;
  close(): Promise<void>;
}

const refuse = () => Promise.reject(Object.assign(new Error('refused by the test'), { code: 'EACCES' }));

export function createSandboxes(): Sandboxes {
  const runtime = createRuntime();
  const digests = new Map<Uint8Array, string>();
  return {
    runtime,
    async start(bytes, changes = {}) {
      const digest = digests.get(bytes) ?? `test:${digests.size}`;
      digests.set(bytes, digest);
      const module = await runtime.load(digest, bytes);
      const printed = { stdout: '', stderr: '' };
      const collect = (name: 'stdout' | 'stderr') => (chunk: Uint8Array) => {
        printed[name] += Buffer.from(chunk).toString();
      };
      const sandbox = await runtime.start({
        name: 'test',
        module,
        args: [],
        env: {},
        mounts: [],
        stdout: collect('stdout'),
        stderr: collect('stderr'),
        limits: { memoryBytes: 64 * 1024 * 1024 },
        listen: { host: '127.0.0.1', port: 0 },
        network: { resolve: refuse, connect: refuse },
        ...changes,
      });
      return { sandbox, output: () => printed, url: path => `http://127.0.0.1:${sandbox.port}${path}` };
    },
    close: () => runtime.close(),
  };
}
