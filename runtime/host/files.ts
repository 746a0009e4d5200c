/**
 * A sandbox's files: directories that its mounts name, and what is below them. Paths are walked one name at a time from an
 * open directory, through /proc/self/fd, never following a link that the walk has not read itself: neither `..`, nor a
 * symbolic link, nor a directory swapped meanwhile leads out. Linux only. Errors are FileError with the system's code.
 */
import * as fs from 'node:fs';
import { FileError, type FileStat, type FileType, toStat, typeOf } from './file-stat.ts';

export interface Node {
  /** -1 once closed: the number may be another sandbox's file by then. */
  fd: number;
  /** Streams on a file keep it open when its handle goes. */
  holders: number;
  type: FileType;
  /** Nothing reached through this may be changed. */
  readOnly: boolean;
}

export interface OpenOptions {
  follow: boolean;
  create: boolean;
  directory: boolean;
  exclusive: boolean;
  truncate: boolean;
  read: boolean;
  write: boolean;
  append: boolean;
}

/** undefined leaves it, 'now' is now, else nanoseconds since the epoch. */
export type NewTime = bigint | 'now' | undefined;

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } =
  fs.constants;
const LINKS_MAX = 32;
const PATH_BYTES_MAX = 4_096;
const DIRECTORY_ENTRIES_MAX = 100_000;
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;

/** The directory of a mount. What the host's own path names is trusted; what lies below is not. */
export function openRoot(path: string, readOnly: boolean): Node {
  return { fd: attempt(() => fs.openSync(path, O_RDONLY | O_DIRECTORY)), holders: 1, type: 'directory', readOnly };
}

export function hold(node: Node): Node {
  node.holders++;
  return node;
}

export function close(node: Node): void {
  if (--node.holders > 0) return;
  const { fd } = node;
  node.fd = -1;
  attempt(() => fs.closeSync(fd));
}

export function open(dir: Node, path: string, options: OpenOptions): Node {
  const changes = options.create || options.truncate || options.write || options.append;
  if (changes && dir.readOnly) throw new FileError('EROFS');
  return walk(dir, path, options.follow, (parent, name) => {
    if (name === '.') {
      if (options.create && options.exclusive) throw new FileError('EEXIST');
      if (options.write) throw new FileError('EISDIR');
      return node(openAt(parent, '.', O_RDONLY | O_DIRECTORY), dir);
    }
    return node(openAt(parent, name, flagsOf(options)), dir);
  });
}

export function createDirectory(dir: Node, path: string): void {
  change(dir, path, at => fs.mkdirSync(at, DIRECTORY_MODE));
}

export function removeDirectory(dir: Node, path: string): void {
  change(dir, path, at => fs.rmdirSync(at));
}

export function unlink(dir: Node, path: string): void {
  if (path.endsWith('/')) throw new FileError('EISDIR');
  change(dir, path, at => {
    if (fs.lstatSync(at).isDirectory()) throw new FileError('EISDIR');
    fs.unlinkSync(at);
  });
}

/** The target is the guest's own words: it is read back, and walked, never followed by the system. */
export function symlink(dir: Node, target: string, path: string): void {
  if (target.startsWith('/')) throw new FileError('EPERM');
  if (target === '') throw new FileError('ENOENT');
  change(dir, path, at => fs.symlinkSync(target, at));
}

export function rename(from: Node, fromPath: string, to: Node, toPath: string): void {
  if (to.readOnly) throw new FileError('EROFS');
  change(from, fromPath, source => change(to, toPath, target => fs.renameSync(source, target)));
}

export function link(from: Node, fromPath: string, to: Node, toPath: string): void {
  if (from.readOnly || to.readOnly) throw new FileError('EROFS');
  change(from, fromPath, source => change(to, toPath, target => fs.linkSync(source, target)));
}

export function readLink(dir: Node, path: string): string {
  return walk(dir, path, false, (parent, name) => attempt(() => fs.readlinkSync(pathOf(parent, name))));
}

export function statAt(dir: Node, path: string, follow: boolean): FileStat {
  return walk(dir, path, follow, (parent, name) =>
    toStat(attempt(() => fs.lstatSync(pathOf(parent, name), { bigint: true }))),
  );
}

export function stat(node: Node): FileStat {
  return toStat(attempt(() => fs.fstatSync(node.fd, { bigint: true })));
}

export function setTimesAt(dir: Node, path: string, follow: boolean, accessed: NewTime, modified: NewTime): void {
  if (dir.readOnly) throw new FileError('EROFS');
  walk(dir, path, follow, (parent, name) => {
    const at = pathOf(parent, name);
    const before = attempt(() => fs.lstatSync(at, { bigint: true }));
    const [a, m] = [seconds(accessed, before.atimeNs), seconds(modified, before.mtimeNs)];
    attempt(() => fs.lutimesSync(at, a, m));
  });
}

export function setTimes(node: Node, accessed: NewTime, modified: NewTime): void {
  if (node.readOnly) throw new FileError('EROFS');
  const before = stat(node);
  const [a, m] = [seconds(accessed, before.accessedNs), seconds(modified, before.modifiedNs)];
  attempt(() => fs.futimesSync(node.fd, a, m));
}

export function read(node: Node, into: Uint8Array, at: number | null): number {
  return attempt(() => fs.readSync(node.fd, into, 0, into.length, at));
}

export function write(node: Node, bytes: Uint8Array, at: number | null): number {
  if (node.readOnly) throw new FileError('EROFS');
  return attempt(() => fs.writeSync(node.fd, bytes, 0, bytes.length, at));
}

export function setSize(node: Node, size: number): void {
  if (node.readOnly) throw new FileError('EROFS');
  attempt(() => fs.ftruncateSync(node.fd, size));
}

export function sync(node: Node, dataOnly: boolean): void {
  attempt(() => (dataOnly ? fs.fdatasyncSync(node.fd) : fs.fsyncSync(node.fd)));
}

export function list(node: Node): { name: string; type: FileType; inode: bigint }[] {
  const entries = attempt(() => fs.readdirSync(`/proc/self/fd/${node.fd}`, { withFileTypes: true }));
  return entries.slice(0, DIRECTORY_ENTRIES_MAX).map(entry => ({ name: entry.name, type: typeOf(entry), inode: 0n }));
}

/** Opens every directory on the way, gives the last name to `act` together with the directory that holds it. */
function walk<T>(root: Node, path: string, follow: boolean, act: (parent: number, name: string) => T): T {
  if (root.type !== 'directory') throw new FileError('ENOTDIR');
  if (path === '') throw new FileError('ENOENT');
  if (path.includes('\0')) throw new FileError('EINVAL');
  if (path.length > PATH_BYTES_MAX) throw new FileError('ENAMETOOLONG');
  if (path.startsWith('/')) throw new FileError('EPERM');
  const opened: number[] = [];
  const here = () => opened.at(-1) ?? root.fd;
  let names = split(path);
  let links = 0;
  try {
    for (;;) {
      const name = names.shift() ?? '.';
      const last = names.length === 0;
      if (name === '..') {
        if (opened.length === 0) throw new FileError('EPERM');
        fs.closeSync(opened.pop()!);
        if (last) return act(here(), '.');
        continue;
      }
      if (name === '.' && !last) continue;
      const target = last && !follow ? undefined : linkTarget(here(), name);
      if (target !== undefined) {
        if (++links > LINKS_MAX) throw new FileError('ELOOP');
        if (target.startsWith('/')) throw new FileError('EPERM');
        names = [...split(target), ...names];
      } else if (last) return act(here(), name);
      else opened.push(openAt(here(), name, O_RDONLY | O_DIRECTORY));
    }
  } finally {
    for (const fd of opened) fs.closeSync(fd);
  }
}

/** A trailing slash asks for a directory: `a/` is `a/.`. */
function split(path: string): string[] {
  const names = path.split('/').filter((name, i) => name !== '' && !(name === '.' && i > 0));
  if (path.endsWith('/') || path.endsWith('/.')) names.push('.');
  return names;
}

function linkTarget(parent: number, name: string): string | undefined {
  if (name === '.') return undefined;
  try {
    return fs.readlinkSync(pathOf(parent, name));
  } catch {
    // Not a link, or not there: whoever opens it will say.
    return undefined;
  }
}

function change(dir: Node, path: string, act: (at: string) => void): void {
  if (dir.readOnly) throw new FileError('EROFS');
  const plain = path.replace(/\/+$/, '');
  walk(dir, plain === '' ? path : plain, false, (parent, name) => {
    if (name === '.') throw new FileError('EINVAL');
    attempt(() => act(pathOf(parent, name)));
  });
}

function openAt(parent: number, name: string, flags: number): number {
  // A FIFO must not hold the thread until somebody writes to it.
  return attempt(() => fs.openSync(pathOf(parent, name), flags | O_NOFOLLOW | O_NONBLOCK, FILE_MODE));
}

function pathOf(parent: number, name: string): string {
  return name === '.' ? `/proc/self/fd/${parent}/.` : `/proc/self/fd/${parent}/${name}`;
}

function flagsOf(options: OpenOptions): number {
  let flags = options.write ? (options.read ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (options.directory) flags |= O_DIRECTORY;
  if (options.create) flags |= O_CREAT;
  if (options.exclusive) flags |= O_EXCL;
  if (options.truncate) flags |= O_TRUNC;
  if (options.append) flags |= O_APPEND;
  return flags;
}

function node(fd: number, dir: Node): Node {
  const type = typeOf(fs.fstatSync(fd));
  // Devices and sockets that somebody left in a mount are not files to a guest.
  if (type !== 'file' && type !== 'directory') {
    fs.closeSync(fd);
    throw new FileError('EACCES');
  }
  return { fd, holders: 1, type, readOnly: dir.readOnly };
}

function seconds(time: NewTime, before: bigint): number {
  if (time === 'now') return Date.now() / 1000;
  return Number(time ?? before) / 1e9;
}

function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof FileError || !(error instanceof Error) || !('code' in error)) throw error;
    throw new FileError(String(error.code));
  }
}
