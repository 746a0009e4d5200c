/**
 * What is not deterministic, as small interfaces: clock, dice, disk. Everything above takes them as arguments, so a test
 * can hand in a virtual clock or a disk that fails. One file per host implements them (node.ts, deno.ts).
 *
 * Always: no other room reads `Date.now`, `Math.random`, `setTimeout`, `process` or the file system by itself.
 */
export interface Platform {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly files: Files;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that never go back; only differences mean something. */
  monotonic(): number;
  /** Calls `fire` once after `ms`; the returned function cancels. Never keeps the process alive by itself when `background`. */
  after(ms: number, fire: () => void, options?: { background?: boolean }): () => void;
  /** Calls `fire` when this turn of the event loop has handled its input, so that all that arrived in it can be dealt with as one. */
  endOfTurn(fire: () => void): void;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Dice {
  /** A number in [0, 1). */
  random(): number;
  /** Cryptographically strong bytes. */
  bytes(count: number): Uint8Array;
  uuid(): string;
}

/** The part of a file system that the store, the registry and the agent need. Paths are absolute. Errors carry `code` (ENOENT, ENOSPC, EIO, …). */
export interface Files {
  read(path: string): Promise<Uint8Array>;
  /** Writes aside, syncs, renames over `path`, syncs the directory: a reader sees the old or the new content, never a part. */
  replace(path: string, content: Uint8Array, options?: { mode?: number }): Promise<void>;
  open(
    path: string,
    options: { write?: boolean; create?: boolean; mode?: number; syncEachWrite?: boolean },
  ): Promise<OpenFile>;
  list(directory: string): Promise<string[]>;
  stat(path: string): Promise<{ size: number; modified: number; directory: boolean } | undefined>;
  makeDirectory(path: string, options?: { mode?: number }): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string, options?: { recursive?: boolean }): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  /** Takes an exclusive lock that ends with the process; rejects with code `ELOCKED` when another living process has it. */
  lock(path: string): Promise<() => Promise<void>>;
}

export interface OpenFile {
  readAt(position: number, length: number): Promise<Uint8Array>;
  writeAt(position: number, content: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}
