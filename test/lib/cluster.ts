/**
 * A real local cluster for tests: the command line starts real processes in a folder of its own, with a home of its own,
 * so that nothing of the user's is touched. Always stopped, also when a test fails.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export interface Result {
  code: number;
  out: string;
  err: string;
}

export interface TestCluster {
  name: string;
  folder: string;
  kubeconfig: string;
  env: NodeJS.ProcessEnv;
  skerry(...args: string[]): Promise<Result>;
  kubectl(args: string[], options?: { version?: string; stdin?: string; timeoutMs?: number }): Promise<Result>;
  record(): { server: string; processes: { name: string; pid: number; arguments: string[] }[] };
  stop(): Promise<void>;
}

export const run = (
  command: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; stdin?: string; timeoutMs?: number; cwd?: string } = {},
): Promise<Result> =>
  new Promise(resolve => {
    const child = execFile(
      command,
      args,
      { env: options.env ?? process.env, cwd: options.cwd, timeout: options.timeoutMs ?? 60_000, maxBuffer: 64 << 20 },
      (error, out, err) => {
        const failed = error as { code?: number | string; killed?: boolean } | null;
        const code = failed === null ? 0 : typeof failed.code === 'number' ? failed.code : 1;
        resolve({ code, out, err: failed?.killed ? `${err}\n(killed after its time was up)` : err });
      },
    );
    child.stdin?.on('error', () => {}); // It may end before it reads.
    child.stdin?.end(options.stdin ?? '');
  });

const PORTS_FROM = 17_443;
/** Not more than there are address ranges: neighbouring ports share none, those 127 or 128 apart would. */
const PORTS = 100;

/** Each test file has a port of its own, as a rule, so that files can run side by side; `up` goes on to the next free one. */
const portOf = (name: string): number =>
  PORTS_FROM + [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % PORTS, 0);

/** `port`: where `up` begins to look for a free one. */
export const startCluster = async (
  name: string,
  upArguments: string[] = [],
  { port = portOf(name) }: { port?: number } = {},
): Promise<TestCluster> => {
  const home = mkdtempSync(join(tmpdir(), `skerry-${name}-`));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: home,
    SKERRY_HOME: join(home, 'state'),
    KUBECONFIG: '',
    NO_COLOR: '1',
  };
  const folder = join(home, 'state', name);
  const skerry = (...args: string[]) => run(process.execPath, [join(root, 'control/cli/main.ts'), ...args], { env });
  const up = await skerry('up', name, '--port', String(port), ...upArguments);
  if (up.code !== 0) {
    await skerry('down', name);
    throw new Error(`skerry up failed:\n${up.out}${up.err}`);
  }
  const kubeconfig = join(folder, 'server-0', 'admin.kubeconfig');
  return {
    name,
    folder,
    kubeconfig,
    env: { ...env, KUBECONFIG: kubeconfig },
    skerry,
    kubectl: (args, options = {}) =>
      run(options.version ?? kubectls()[0]!.path, args, { ...options, env: { ...env, KUBECONFIG: kubeconfig } }),
    record: () => JSON.parse(readFileSync(join(folder, 'cluster.json'), 'utf8')),
    stop: async () => {
      await skerry('down', '--all');
      rmSync(home, { recursive: true, force: true });
    },
  };
};

/** Every kubectl of this machine, newest of each minor; empty when there is none (tests then say that they were skipped). */
export const kubectls = (): { version: string; path: string }[] => {
  const beside = '/usr/lib/google-cloud-sdk/bin';
  const siblings = ['1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33'].map(version => ({
    version,
    path: join(beside, `kubectl.${version}`),
  }));
  const found = siblings.filter(k => existsSync(k.path));
  if (found.length > 0) return [...found.filter(k => k.version === '1.32'), ...found.filter(k => k.version !== '1.32')];
  const onPath = (process.env['PATH'] ?? '')
    .split(':')
    .map(dir => join(dir, 'kubectl'))
    .find(existsSync);
  return onPath === undefined ? [] : [{ version: 'of PATH', path: onPath }];
};

/** Builds an example app (nothing to do when it is built) and pushes it under the reference its manifest has. */
export const pushApp = async (
  cluster: Pick<TestCluster, 'skerry'>,
  app: string,
  reference = `${app}:v1`,
): Promise<void> => {
  const built = await run(process.execPath, [join(root, 'wasm-apps/build.ts'), app], { timeoutMs: 120_000 });
  if (built.code !== 0) throw new Error(`building ${app}: ${built.out}${built.err}`);
  const pushed = await cluster.skerry('push', join(root, 'wasm-apps', app, 'build', `${app}.wasm`), reference);
  if (pushed.code !== 0) throw new Error(`pushing ${app}: ${pushed.out}${pushed.err}`);
};

export const manifestOf = (app: string): string => join(root, 'wasm-apps', app, 'manifest.yaml');

export const until = async <T>(
  look: () => Promise<T | undefined | false>,
  what: string,
  waitMs = 20_000,
): Promise<T> => {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${waitMs / 1000} s`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
};

export interface Answer {
  status: number;
  body: string;
}

/** One GET over a connection of its own. */
export const get = (url: string, timeoutMs = 5_000): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, timeout: timeoutMs }, response => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', chunk => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('timed out')));
    sent.on('error', reject);
    sent.end();
  });

export interface Load {
  /** Ends the load; answers what happened. */
  stop(): Promise<{ ok: number; failures: { atMs: number; why: string }[]; bodies: Map<string, number> }>;
}

/** Steady requests, each on a new connection, `everyMs` apart, without waiting for the one before. */
export const startLoad = (url: string, everyMs: number): Load => {
  const begun = performance.now();
  const failures: { atMs: number; why: string }[] = [];
  const bodies = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  let ok = 0;
  const once = async () => {
    const atMs = Math.round(performance.now() - begun);
    try {
      const { status, body } = await get(url);
      if (status === 200) {
        ok++;
        bodies.set(body, (bodies.get(body) ?? 0) + 1);
      } else failures.push({ atMs, why: `${status} ${body.slice(0, 100)}` });
    } catch (error) {
      failures.push({ atMs, why: (error as Error).message });
    }
  };
  const timer = setInterval(() => {
    const request = once().finally(() => underWay.delete(request));
    underWay.add(request);
  }, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
      return { ok, failures, bodies };
    },
  };
};

/** A command whose output is read while it runs (`kubectl get -w`, `logs -f`). */
export const follow = (
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): { child: ChildProcess; text(): string } => {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout!.on('data', chunk => (text += chunk));
  child.stderr!.on('data', chunk => (text += chunk));
  return { child, text: () => text };
};

/** Writes a manifest beside the cluster's state and answers its path. */
export const writeManifest = (cluster: TestCluster, name: string, text: string): string => {
  const path = join(cluster.folder, '..', `${name}.yaml`);
  writeFileSync(path, text);
  return path;
};
