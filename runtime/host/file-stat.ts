/** What is known of a file, in the runtime's own words, and the one error that file operations throw. */
import type { BigIntStats } from 'node:fs';

export class FileError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export type FileType = 'directory' | 'file' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket' | 'unknown';

export interface FileStat {
  type: FileType;
  device: bigint;
  inode: bigint;
  links: bigint;
  size: bigint;
  accessedNs: bigint;
  modifiedNs: bigint;
  changedNs: bigint;
}

export function toStat(from: BigIntStats): FileStat {
  return {
    type: typeOf(from),
    device: from.dev,
    inode: from.ino,
    links: from.nlink,
    size: from.size,
    accessedNs: from.atimeNs,
    modifiedNs: from.mtimeNs,
    changedNs: from.ctimeNs,
  };
}

interface Typed {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isCharacterDevice(): boolean;
  isBlockDevice(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

export function typeOf(entry: Typed): FileType {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'symlink';
  if (entry.isCharacterDevice()) return 'character';
  if (entry.isBlockDevice()) return 'block';
  if (entry.isFIFO()) return 'fifo';
  return entry.isSocket() ? 'socket' : 'unknown';
}
