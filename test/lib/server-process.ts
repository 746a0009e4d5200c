/**
 * `skerry server` as a process of its own, on Node or on Deno, in a folder that the caller owns: for the tests of hosts
 * and for their figures. Stopped by its pid, never by name.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './cluster.ts';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const deno = join(root, 'node_modules/.bin/deno');

const HOSTS = {
  node: [process.execPath],
  deno: [deno, 'run', '--allow-all'],
} as const;

export type Host = keyof typeof HOSTS;

/** Why Deno cannot be used here; undefined when it can. */
export const denoMissing = (): string | undefined => {
  const { error, status, stderr } = spawnSync(deno, ['--version'], { encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? undefined : `deno --version ended with ${status}: ${stderr}`;
};

export interface ServerProcess {
  url: string;
  pid: number;
  kubeconfig: string;
  /** PEM texts of the administrator and of the CA. */
  ca: string;
  cert: string;
  key: string;
  /** From the start of the process to its word that it serves. */
  startMs: number;
  out(): string;
  err(): string;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
}

export async function startServerProcess(
  host: Host,
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ServerProcess> {
  const [program, ...before] = HOSTS[host];
  const begun = performance.now();
  const main = join(root, 'control/cli/main.ts');
  const child = spawn(program!, [...before, main, 'server', '--state', folder, '--listen', '127.0.0.1:0'], {
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stderr.on('data', chunk => (err += chunk));
  const ended = new Promise<number | null>(done => child.once('close', done));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const late = setTimeout(() => reject(new Error(`${host}: not ready in time\n${out}${err}`)), START_TIMEOUT_MS);
  child.once('error', reject);
  child.stdout.on('data', chunk => {
    out += chunk;
    const ready = /^skerry server ready (\S+)$/m.exec(out)?.[1];
    if (ready !== undefined) resolve(ready);
  });
  ended.then(code => reject(new Error(`${host}: the server ended with ${code}\n${out}${err}`)));
  const url = await promise
    .finally(() => clearTimeout(late))
    .catch(error => {
      child.kill('SIGKILL');
      throw error;
    });
  const startMs = performance.now() - begun;
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  return {
    ...{ url, startMs, out: () => out, err: () => err },
    pid: child.pid!,
    kubeconfig: join(folder, 'admin.kubeconfig'),
    ...{ ca: read('pki/ca.crt'), cert: read('pki/admin.crt'), key: read('pki/admin.key') },
    stop: () => {
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      child.kill('SIGTERM');
      return ended.finally(() => clearTimeout(late));
    },
  };
}
