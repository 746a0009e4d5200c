/**
 * Threads for sandboxes, over node:worker_threads. A thread gets no environment, no arguments and a bounded JavaScript
 * heap. Run from TypeScript sources, a thread is given them stripped of their types already: stripping again in each thread
 * would cost 40 ms and more of CPU per pod.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { constants, setPriority } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parentPort, Worker } from 'node:worker_threads';

export interface Thread {
  post(message: unknown): void;
  onMessage(call: (message: unknown) => void): void;
  /** Once, when it has ended for whatever reason; `outOfMemory` when its JavaScript heap was full. */
  onEnd(call: (end: { error: Error | undefined; outOfMemory: boolean }) => void): void;
  /** Ends it at once, even in an endless loop. */
  terminate(): Promise<void>;
  cpuMicros(): Promise<number>;
  /** A thread that nobody waits for does not keep the process alive. */
  unref(): void;
  ref(): void;
}

const HEAP_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64, stackSizeMb: 2 };
const ROOT = new URL('../', import.meta.url);
const BOOT = `
const { registerHooks } = require('node:module');
const { workerData } = require('node:worker_threads');
const sources = workerData.sources;
registerHooks({ load(url, context, next) {
  const source = sources.get(url);
  return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
} });
import(workerData.entry);`;

let stripped: Promise<Map<string, string>> | undefined;

export async function startThread(entry: URL): Promise<Thread> {
  const options = { env: {}, argv: [], execArgv: [], resourceLimits: HEAP_LIMITS };
  if (!entry.pathname.endsWith('.ts')) return wrap(new Worker(entry, options));
  stripped ??= stripSources();
  const workerData = { sources: await stripped, entry: entry.href };
  return wrap(new Worker(BOOT, { ...options, eval: true, workerData }));
}

async function stripSources(): Promise<Map<string, string>> {
  const root = fileURLToPath(ROOT);
  const names = (await readdir(root, { recursive: true })).filter(name => /(?<!\.d)\.ts$/.test(name));
  const sources = await Promise.all(names.map(name => readFile(root + name, 'utf8')));
  const { emitWarning } = process;
  // The function is called experimental; that is for us to know, not for a line in every agent's log.
  process.emitWarning = () => undefined;
  try {
    return new Map(names.map((name, i) => [pathToFileURL(root + name).href, stripTypeScriptTypes(sources[i]!)]));
  } finally {
    process.emitWarning = emitWarning;
  }
}

function wrap(worker: Worker): Thread {
  let failure: Error | undefined;
  worker.on('error', (error: unknown) => (failure = error instanceof Error ? error : new Error(String(error))));
  return {
    post: message => worker.postMessage(message),
    onMessage: call => void worker.on('message', call),
    onEnd: call =>
      void worker.once('exit', () => {
        const outOfMemory = failure !== undefined && 'code' in failure && failure.code === 'ERR_WORKER_OUT_OF_MEMORY';
        call({ error: failure, outOfMemory });
      }),
    async terminate() {
      await worker.terminate();
    },
    async cpuMicros() {
      const { user, system } = await worker.cpuUsage();
      return user + system;
    },
    unref: () => worker.unref(),
    ref: () => worker.ref(),
  };
}

/** This thread's way to the one that started it. */
export interface Parent {
  post(message: unknown): void;
  onMessage(call: (message: unknown) => void): void;
  /** Lets the thread end once nothing else is open. */
  close(): void;
}

export function parentThread(): Parent {
  const port = parentPort;
  if (port === null) throw new Error('not a thread');
  return {
    post: message => port.postMessage(message),
    onMessage: call => void port.on('message', call),
    close: () => port.close(),
  };
}

/** Lowers this thread's share of the processor. Best effort: not every system has a priority per thread. */
export async function setNice(nice: number): Promise<void> {
  try {
    const thread = (await readlink('/proc/thread-self')).split('/').at(-1);
    setPriority(Number(thread), Math.min(nice, constants.priority.PRIORITY_LOW));
  } catch {
    // It runs with the weight of the process.
  }
}
