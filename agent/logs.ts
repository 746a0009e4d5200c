/**
 * What containers print, in files: one directory per container, one log per run (`0.log`, `1.log` after the first restart),
 * each rotated (`0.log.1` is the newest rotated part). Written by pod workers, read by log-reader for the tunnel.
 *
 * Always: what a guest printed is in the log in order; a log never takes more than its limits; a slow disk slows the guest
 * (write answers a promise when much is waiting) and never fills memory.
 */
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../control/machinery/log.ts';
import type { Clock } from '../control/platform/types.ts';
import { createLineSplitter, type StreamName } from './log-format.ts';

export interface LogLimits {
  fileBytesMax: number;
  filesMax: number;
}

export const LOG_FILE_BYTES_MAX = 10 * 1024 * 1024;
export const LOG_FILES_MAX = 5;
/** More than this not yet on disk, and the guest waits. */
const PENDING_BYTES_MAX = 256 * 1024;
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
  /** For a follower: hears each record that is appended from now on, `undefined` at the end of the run. Undefined when that run is over. */
  follow(directory: string, run: number, hear: (record: Buffer | undefined) => void): Follower | undefined;
}

export interface Follower {
  /** What the file holds of the time before this follower began, once `flushed`. */
  position: { file: number; total: number };
  flushed: Promise<void>;
  stop(): void;
}

interface Writer {
  log: ContainerLog;
  listeners: Set<(record: Buffer | undefined) => void>;
  totalBytes(): number;
}

export const runPath = (directory: string, run: number): string => join(directory, `${run}.log`);

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
    follow(directory, run, hear) {
      const writer = writers.get(runPath(directory, run));
      if (!writer) return undefined;
      writer.listeners.add(hear);
      return {
        position: { file: run, total: writer.totalBytes() },
        flushed: writer.log.flush(),
        stop: () => void writer.listeners.delete(hear),
      };
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
  const listeners = new Set<(record: Buffer | undefined) => void>();
  let handle: FileHandle = await open(path, 'a');
  let inFile = (await handle.stat()).size;
  let total = inFile;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let writing: Promise<void> | undefined;

  const append = async (): Promise<void> => {
    while (pending.length > 0) {
      const records = pending;
      pending = [];
      pendingBytes = 0;
      const bytes = Buffer.concat(records);
      if (inFile > 0 && inFile + bytes.length > limits.fileBytesMax) {
        await handle.close();
        await rotate(path, limits.filesMax);
        handle = await open(path, 'a');
        inFile = 0;
      }
      await handle.appendFile(bytes);
      inFile += bytes.length;
    }
  };
  const flush = (): Promise<void> => {
    writing ??= Promise.resolve()
      .then(append)
      // A full disk must not end the pod: the lines are lost, and the agent says so.
      .catch(error => log('warn', 'log lines were lost', { path, error: String(error) }))
      .finally(() => {
        writing = undefined;
      });
    return writing;
  };
  const emit = (record: Buffer) => {
    pending.push(record);
    pendingBytes += record.length;
    total += record.length;
    for (const listener of listeners) listener(record);
  };
  const splitters = { stdout: createLineSplitter('stdout', emit), stderr: createLineSplitter('stderr', emit) };
  return {
    listeners,
    totalBytes: () => total,
    log: {
      write(stream, chunk) {
        splitters[stream].write(chunk, clock.now());
        const flushed = flush();
        if (pendingBytes > PENDING_BYTES_MAX) return flushed;
      },
      flush,
      async end() {
        splitters.stdout.end(clock.now());
        splitters.stderr.end(clock.now());
        while (pending.length > 0 || writing) await flush();
        await handle.close();
        ended();
        for (const listener of listeners) listener(undefined);
      },
    },
  };
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
