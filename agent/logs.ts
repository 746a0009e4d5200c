/**
 * What containers print, in files: one directory per container, one log per run (`0.log`, `1.log` after the first restart),
 * each rotated (`0.log.1` is the newest rotated part). Written by pod workers, read by log-reader for the tunnel.
 *
 * Always: what a guest printed is in the log in order; a log never takes more than its limits; a slow disk slows the guest
 * (write answers a promise when much is waiting) and never fills memory; a guest that prints without end gets no more of the
 * disk and of this thread than BYTES_PER_SECOND.
 */
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Log } from '../control/machinery/log.ts';
import type { Clock } from '../control/platform/types.ts';
import { createLineSplitter, type StreamName } from './log-format.ts';

export interface LogLimits {
  fileBytesMax: number;
  filesMax: number;
}

const LOG_FILE_BYTES_MAX = 10 * 1024 * 1024;
const LOG_FILES_MAX = 5;
/** More than this not yet on disk, and the guest waits. */
const PENDING_BYTES_MAX = 256 * 1024;
/** What a guest may print for long, and at once: a memory card would not live long, nor other pods be served well, with more. */
const BYTES_PER_SECOND = 8 * 1024 * 1024;
const BURST_BYTES = 4 * 1024 * 1024;
/** The run that is and the one before it (`kubectl logs --previous`). */
const RUNS_KEPT = 2;

export interface ContainerLog {
  write(stream: StreamName, chunk: Uint8Array): void | Promise<void>;
  /** Everything written so far is in the file. */
  flush(): Promise<void>;
  /** The run is over. */
  end(): Promise<void>;
}

export interface PodLogs {
  /** Starts the log of one run of a container. */
  begin(directory: string, run: number): Promise<ContainerLog>;
  /**
   * What is in a run's log now. `hear` gets each record that is appended after that, and `undefined` at the end of the run;
   * it is never called when the run is over (`live` is false).
   */
  open(directory: string, run: number, hear?: Hear): Promise<Snapshot>;
}

type Hear = (record: Buffer | undefined) => void;

export interface Snapshot {
  /** Oldest first, as far as `size`. Open files: rotation does not take them away. Whoever reads closes them. */
  parts: { handle: FileHandle; size: number }[];
  live: boolean;
  /** `hear` hears no more. */
  stop(): void;
}

interface Writer {
  log: ContainerLog;
  open(hear: Hear | undefined): Promise<Snapshot>;
}

const runPath = (directory: string, run: number): string => join(directory, `${run}.log`);

export function createPodLogs(options: { clock: Clock; log: Log; limits?: LogLimits }): PodLogs {
  const limits = options.limits ?? { fileBytesMax: LOG_FILE_BYTES_MAX, filesMax: LOG_FILES_MAX };
  const writers = new Map<string, Writer>();
  return {
    async begin(directory, run) {
      await mkdir(directory, { recursive: true });
      await removeOldRuns(directory, run);
      const path = runPath(directory, run);
      const writer = await createWriter(path, limits, options.clock, options.log, () => writers.delete(path));
      writers.set(path, writer);
      return writer.log;
    },
    async open(directory, run, hear) {
      const path = runPath(directory, run);
      const writer = writers.get(path);
      return writer ? writer.open(hear) : { parts: await openParts(path), live: false, stop: () => {} };
    },
  };
}

async function createWriter(
  path: string,
  limits: LogLimits,
  clock: Clock,
  log: Log,
  ended: () => void,
): Promise<Writer> {
  const listeners = new Set<Hear>();
  const file = await createRotatedFile(path, limits);
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let chain: Promise<unknown> = Promise.resolve();

  const serial = <T>(work: () => Promise<T>): Promise<T> => {
    const done = chain.then(work);
    chain = done.catch(() => {});
    return done;
  };
  const drain = async (): Promise<void> => {
    while (pending.length > 0) {
      const bytes = Buffer.concat(pending);
      pending = [];
      pendingBytes = 0;
      // A full disk must not end the pod: the lines are lost, and the agent says so.
      await file.append(bytes).catch(error => log('warn', 'log lines were lost', { path, error: String(error) }));
    }
  };
  const flush = (): Promise<void> => serial(drain);
  const emit = (record: Buffer) => {
    // One write for all that is printed until the disk is ready again.
    if (pending.push(record) === 1) void flush();
    pendingBytes += record.length;
    for (const listener of listeners) listener(record);
  };
  const waitAfter = createPace(clock);
  const splitters = { stdout: createLineSplitter('stdout', emit), stderr: createLineSplitter('stderr', emit) };
  return {
    open: hear =>
      serial(async () => {
        await drain();
        // From here to the end of this step nothing is written: what the parts hold is what came before the listener.
        if (hear) listeners.add(hear);
        return { parts: await openParts(path), live: true, stop: () => void (hear && listeners.delete(hear)) };
      }),
    log: {
      write(stream, chunk) {
        splitters[stream].write(chunk, clock.now());
        const waitMs = waitAfter(chunk.length);
        if (waitMs > 0) return clock.sleep(waitMs).then(flush);
        if (pendingBytes > PENDING_BYTES_MAX) return flush();
      },
      flush,
      async end() {
        splitters.stdout.end(clock.now());
        splitters.stderr.end(clock.now());
        await flush();
        ended();
        await serial(file.close);
        for (const listener of listeners) listener(undefined);
      },
    },
  };
}

/** How long to wait after so many bytes, so that a burst passes and a flood does not. */
function createPace(clock: Pick<Clock, 'monotonic'>): (bytes: number) => number {
  let left = BURST_BYTES;
  let at = clock.monotonic();
  return bytes => {
    const now = clock.monotonic();
    left = Math.min(BURST_BYTES, left + ((now - at) * BYTES_PER_SECOND) / 1000) - bytes;
    at = now;
    return left < 0 ? (-left * 1000) / BYTES_PER_SECOND : 0;
  };
}

async function createRotatedFile(path: string, { fileBytesMax, filesMax }: LogLimits) {
  let handle = await open(path, 'a');
  let size = (await handle.stat()).size;
  return {
    async append(bytes: Buffer): Promise<void> {
      if (size > 0 && size + bytes.length > fileBytesMax) {
        await handle.close();
        await rotate(path, filesMax);
        handle = await open(path, 'a');
        size = 0;
      }
      await handle.appendFile(bytes);
      size += bytes.length;
    },
    close: () => handle.close(),
  };
}

async function openParts(path: string): Promise<Snapshot['parts']> {
  const name = basename(path);
  const found = await readdir(dirname(path)).catch(() => [] as string[]);
  const rotated = found
    .filter(file => file.startsWith(`${name}.`))
    .map(file => Number(file.slice(name.length + 1)))
    .sort((a, b) => b - a);
  const parts: Snapshot['parts'] = [];
  for (const part of [...rotated.map(number => `${path}.${number}`), path]) {
    const handle = await open(part, 'r').catch(() => undefined);
    if (handle) parts.push({ handle, size: (await handle.stat()).size });
  }
  return parts;
}

/** `0.log` → `0.log.1` → … ; the oldest goes. */
async function rotate(path: string, filesMax: number): Promise<void> {
  await rm(`${path}.${filesMax - 1}`, { force: true });
  for (let part = filesMax - 2; part >= 1; part--)
    await rename(`${path}.${part}`, `${path}.${part + 1}`).catch(missing);
  if (filesMax > 1) await rename(path, `${path}.1`);
  else await rm(path);
}

const missing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error;
};

async function removeOldRuns(directory: string, run: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const of = Number.parseInt(name, 10);
    if (of <= run - RUNS_KEPT) await rm(join(directory, name), { force: true });
  }
}
