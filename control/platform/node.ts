/**
 * Clock, dice and disk of Node. Deno has the same builtins, so deno.ts builds on this file.
 *
 * Always: what `replace`, `sync` and a `syncEachWrite` file have resolved is on disk; a lock ends with its process, also by
 * kill -9, because the kernel holds it. Called by the `main.ts` files and tests.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as promises from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Dice, Files, OpenFile, Platform } from './types.ts';

export const createNodePlatform = (): Platform => ({ clock, dice, files });

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fire, options) {
    const timer = setTimeout(fire, ms);
    if (options?.background) timer.unref();
    // Node keeps its list of each length of time that a timer without a reference was ever set for; with one it drops it.
    return () => clearTimeout(timer.ref());
  },
  endOfTurn(fire) {
    setImmediate(fire);
  },
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = () => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    });
  },
};

const dice: Dice = {
  random: () => Math.random(),
  bytes: count => new Uint8Array(randomBytes(count)),
  uuid: () => randomUUID(),
};

const files: Files = {
  read: path => promises.readFile(path),
  replace,
  open,
  list: directory => promises.readdir(directory),
  async stat(path) {
    try {
      const { size, mtimeMs, ...stat } = await promises.stat(path);
      return { size, modified: mtimeMs, directory: (stat.mode & fs.constants.S_IFMT) === fs.constants.S_IFDIR };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  async makeDirectory(path, options) {
    await promises.mkdir(path, { recursive: true, mode: options?.mode });
  },
  rename: (from, to) => promises.rename(from, to),
  remove: (path, options) => promises.rm(path, { recursive: options?.recursive ?? false }),
  syncDirectory,
  lock,
};

async function replace(path: string, content: Uint8Array, options?: { mode?: number }): Promise<void> {
  // A name of its own per writer: two that replace one file at once must not write into each other's copy.
  const aside = `${path}.${randomBytes(4).toString('hex')}.new`;
  try {
    const handle = await promises.open(aside, 'wx', options?.mode ?? 0o644);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await promises.rename(aside, path);
  } catch (error) {
    await promises.rm(aside, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await promises.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The callback form of `fs`: a FileHandle costs several times more per write, which shows when each write is one put. */
async function open(path: string, options: Parameters<Files['open']>[1]): Promise<OpenFile> {
  const { O_RDONLY, O_RDWR, O_CREAT, O_DSYNC } = fs.constants;
  const flags =
    (options.write ? O_RDWR : O_RDONLY) | (options.create ? O_CREAT : 0) | (options.syncEachWrite ? O_DSYNC : 0);
  const file = await new Promise<number>((resolve, reject) =>
    fs.open(path, flags, options.mode ?? 0o600, (error, fd) => (error ? reject(error) : resolve(fd))),
  );
  return {
    readAt: (position, length) => readAt(file, position, length),
    writeAt: (position, content) => writeAt(file, position, content),
    sync: () => settle(done => fs.fdatasync(file, done)),
    truncate: length => settle(done => fs.ftruncate(file, length, done)),
    size: () =>
      new Promise((resolve, reject) => fs.fstat(file, (error, s) => (error ? reject(error) : resolve(s.size)))),
    close: () => settle(done => fs.close(file, done)),
  };
}

const settle = (call: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => call(error => (error ? reject(error) : resolve())));

/** Shorter than `length` at the end of the file only. */
async function readAt(file: number, position: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await new Promise<number>((resolve, reject) =>
      fs.read(file, buffer, filled, length - filled, position + filled, (error, n) =>
        error ? reject(error) : resolve(n),
      ),
    );
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

function writeAt(file: number, position: number, content: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    let written = 0;
    const next = () =>
      fs.write(file, content, written, content.length - written, position + written, (error, count) => {
        if (error) return reject(error);
        written += count;
        if (written >= content.length) resolve();
        else next();
      });
    next();
  });
}

/** Node has no flock; SQLite does, on every host, and an open exclusive transaction on an empty database is just that lock. */
async function lock(path: string): Promise<() => Promise<void>> {
  const { DatabaseSync: Database } = createRequire(import.meta.url)('node:sqlite') as typeof import('node:sqlite');
  let database: DatabaseSync | undefined;
  try {
    database = new Database(path);
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (!(error as Error).message.includes('locked')) throw error;
    throw Object.assign(new Error(`${path} is held by another living process`), { code: 'ELOCKED' });
  }
  return async () => database.close();
}
