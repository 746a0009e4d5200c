/** Preview 1's fd_* functions. */
import type { Guest } from '../../component/guest.ts';
import type { FileStat, FileType } from '../../host/file-stat.ts';
import * as files from '../../host/files.ts';
import { anyReady, type Sink, type Source } from '../../streams.ts';
import type { Descriptor, Descriptors, DirectoryDescriptor, FileDescriptor } from './descriptors.ts';
import { refuse } from './errno.ts';

type Act = (...args: never[]) => void | Promise<void>;

const FILE_TYPE: Record<FileType, number> = {
  unknown: 0,
  block: 1,
  character: 2,
  directory: 3,
  file: 4,
  socket: 6,
  symlink: 7,
  fifo: 0,
};
export const RIGHT = { read: 1n << 1n, write: 1n << 6n, readDirectory: 1n << 14n, all: 0x1fff_ffffn };
const SEEK_AND_TELL = (1n << 2n) | (1n << 5n);
export const FD_FLAG = { append: 1 };
const WHENCE = { start: 0, current: 1, end: 2 };
const DIRENT_BYTES = 24;
const IOVECS_MAX = 1_024;
const PREOPEN_DIRECTORY = 0;

export function fdFunctions(guest: Guest, descriptors: Descriptors): Record<string, Act> {
  return {
    ...transferFunctions(guest, descriptors),
    ...statusFunctions(guest, descriptors),
    fd_close: (fd: number) => descriptors.close(fd),
    fd_renumber: (from: number, to: number) => descriptors.renumber(from, to),
    fd_readdir: (fd: number, buffer: number, length: number, cookie: bigint, out: number) =>
      readDirectory(guest, descriptors.directory(fd), { buffer, length: length >>> 0, cookie, out: out >>> 0 }),
    fd_prestat_get(fd: number, out: number) {
      const found = descriptors.get(fd);
      if (found.is !== 'directory' || found.preopen === undefined) return refuse('EBADF');
      guest.view().setUint8(out >>> 0, PREOPEN_DIRECTORY);
      guest.view().setUint32((out >>> 0) + 4, found.preopen.length, true);
    },
    fd_prestat_dir_name(fd: number, at: number, length: number) {
      const found = descriptors.get(fd);
      if (found.is !== 'directory' || found.preopen === undefined) return refuse('EBADF');
      if (length < found.preopen.length) return refuse('ENAMETOOLONG');
      guest.bytes(at, found.preopen.length).set(found.preopen);
    },
  };
}

function transferFunctions(guest: Guest, descriptors: Descriptors): Record<string, Act> {
  const report = (out: number, count: number) => guest.view().setUint32(out >>> 0, count, true);
  return {
    fd_read(fd: number, iovecs: number, count: number, out: number) {
      const from = descriptors.get(fd);
      if (from.is === 'output') return refuse('EBADF');
      if (from.is === 'input') return readStream(guest, from.source, iovecs, count, total => report(out, total));
      const file = readable(descriptors.file(fd));
      const total = readFile(file, buffers(guest, iovecs, count), file.position);
      file.position += total;
      report(out, total);
    },
    fd_write(fd: number, iovecs: number, count: number, out: number) {
      const to = descriptors.get(fd);
      if (to.is === 'input') return refuse('EBADF');
      const content = gather(buffers(guest, iovecs, count));
      if (to.is === 'output') return writeStream(to.sink, content, () => report(out, content.length));
      const file = writable(descriptors.file(fd));
      const at = file.append ? Number(files.stat(file.node).size) : file.position;
      const total = files.write(file.node, content, at);
      file.position = at + total;
      report(out, total);
    },
    fd_pread(fd: number, iovecs: number, count: number, offset: bigint, out: number) {
      report(out, readFile(readable(descriptors.file(fd)), buffers(guest, iovecs, count), position(offset)));
    },
    fd_pwrite(fd: number, iovecs: number, count: number, offset: bigint, out: number) {
      const file = writable(descriptors.file(fd));
      report(out, files.write(file.node, gather(buffers(guest, iovecs, count)), position(offset)));
    },
    fd_seek(fd: number, offset: bigint, whence: number, out: number) {
      const file = descriptors.file(fd);
      const base = [0, file.position, Number(files.stat(file.node).size)][whence];
      if (base === undefined || whence > WHENCE.end) return refuse('EINVAL');
      file.position = position(BigInt(base) + offset);
      guest.view().setBigUint64(out >>> 0, BigInt(file.position), true);
    },
    fd_tell(fd: number, out: number) {
      guest.view().setBigUint64(out >>> 0, BigInt(descriptors.file(fd).position), true);
    },
  };
}

function statusFunctions(guest: Guest, descriptors: Descriptors): Record<string, Act> {
  const nodeOf = (fd: number): files.Node => {
    const found = descriptors.get(fd);
    return found.is === 'file' || found.is === 'directory' ? found.node : refuse('EINVAL');
  };
  return {
    fd_fdstat_get(fd: number, out: number) {
      const found = descriptors.get(fd);
      const at = out >>> 0;
      const view = guest.view();
      view.setUint8(at, typeOf(found));
      view.setUint16(at + 2, found.is === 'file' && found.append ? FD_FLAG.append : 0, true);
      view.setBigUint64(at + 8, rightsOf(found), true);
      view.setBigUint64(at + 16, found.is === 'directory' ? RIGHT.all : 0n, true);
    },
    fd_fdstat_set_flags(fd: number, flags: number) {
      const found = descriptors.get(fd);
      if (found.is === 'file') found.append = (flags & FD_FLAG.append) !== 0;
    },
    fd_fdstat_set_rights: (fd: number, _base: bigint, _inheriting: bigint) => void descriptors.get(fd),
    fd_filestat_get(fd: number, out: number) {
      const found = descriptors.get(fd);
      if (found.is === 'file' || found.is === 'directory') return writeStat(guest, out, files.stat(found.node));
      guest.bytes(out, 64).fill(0);
      guest.view().setUint8((out >>> 0) + 16, typeOf(found));
    },
    fd_filestat_set_size(fd: number, size: bigint) {
      files.setSize(writable(descriptors.file(fd)).node, position(size));
    },
    fd_filestat_set_times(fd: number, accessed: bigint, modified: bigint, flags: number) {
      files.setTimes(nodeOf(fd), ...newTimes(accessed, modified, flags));
    },
    fd_advise: (fd: number, _offset: bigint, _length: bigint, _advice: number) => void descriptors.file(fd),
    fd_allocate(fd: number, offset: bigint, length: bigint) {
      const { node } = writable(descriptors.file(fd));
      const end = position(offset + length);
      if (Number(files.stat(node).size) < end) files.setSize(node, end);
    },
    fd_datasync: (fd: number) => files.sync(nodeOf(fd), true),
    fd_sync: (fd: number) => files.sync(nodeOf(fd), false),
  };
}

function readStream(
  guest: Guest,
  source: Source,
  iovecs: number,
  count: number,
  done: (total: number) => void,
): void | Promise<void> {
  // Waiting first: where the guest's buffers lie is asked when there is something to put there.
  if (!source.ready()) return anyReady([source]).then(() => readStream(guest, source, iovecs, count, done));
  let total = 0;
  for (const buffer of buffers(guest, iovecs, count)) {
    const part = total > 0 && !source.ready() ? undefined : source.read(buffer.length);
    if (part === undefined || part === null || part.length === 0) break;
    buffer.set(part);
    total += part.length;
    if (part.length < buffer.length) break;
  }
  done(total);
}

async function writeSlowly(sink: Sink, content: Uint8Array, done: () => void): Promise<void> {
  let rest = content;
  while (rest.length > 0) {
    const room = sink.room();
    if (room === 0) await anyReady([sink]);
    else {
      sink.write(rest.subarray(0, room));
      rest = rest.subarray(room);
    }
  }
  done();
}

function writeStream(sink: Sink, content: Uint8Array, done: () => void): void | Promise<void> {
  if (sink.room() < content.length) return writeSlowly(sink, content, done);
  sink.write(content);
  done();
}

function readFile(file: FileDescriptor, into: Uint8Array[], from: number): number {
  let total = 0;
  for (const buffer of into) {
    const length = buffer.length === 0 ? 0 : files.read(file.node, buffer, from + total);
    total += length;
    if (length < buffer.length) break;
  }
  return total;
}

interface DirectoryRead {
  buffer: number;
  length: number;
  cookie: bigint;
  out: number;
}

function readDirectory(
  guest: Guest,
  directory: DirectoryDescriptor,
  { buffer, length, cookie, out }: DirectoryRead,
): void {
  const encoder = new TextEncoder();
  if (cookie === 0n || directory.entries === undefined) {
    const listed = files.list(directory.node).map(({ name, type }) => ({ name: encoder.encode(name), type }));
    const dots = ['.', '..'].map(name => ({ name: encoder.encode(name), type: 'directory' as const }));
    directory.entries = [...dots, ...listed];
  }
  const target = guest.bytes(buffer, length);
  let used = 0;
  for (let i = Number(cookie); i < directory.entries.length && used < length; i++) {
    const { name, type } = directory.entries[i]!;
    const entry = new Uint8Array(DIRENT_BYTES + name.length);
    const view = new DataView(entry.buffer);
    view.setBigUint64(0, BigInt(i + 1), true);
    view.setUint32(16, name.length, true);
    view.setUint8(20, FILE_TYPE[type]);
    entry.set(name, DIRENT_BYTES);
    // The last entry may be cut off: the guest sees a full buffer, and asks again with a larger one.
    const part = entry.subarray(0, length - used);
    target.set(part, used);
    used += part.length;
  }
  guest.view().setUint32(out, used, true);
}

function buffers(guest: Guest, iovecs: number, count: number): Uint8Array[] {
  if (count >>> 0 > IOVECS_MAX) return refuse('EINVAL');
  const view = guest.view();
  return Array.from({ length: count }, (_, i) => {
    const at = (iovecs >>> 0) + i * 8;
    return guest.bytes(view.getUint32(at, true), view.getUint32(at + 4, true));
  });
}

/** A copy, as the guest's memory is its own again once the call has returned. */
function gather(parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function writeStat(guest: Guest, out: number, from: FileStat): void {
  const at = out >>> 0;
  guest.bytes(at, 64).fill(0);
  const view = guest.view();
  view.setBigUint64(at, from.device, true);
  view.setBigUint64(at + 8, from.inode, true);
  view.setUint8(at + 16, FILE_TYPE[from.type]);
  view.setBigUint64(at + 24, from.links, true);
  view.setBigUint64(at + 32, from.size, true);
  view.setBigUint64(at + 40, from.accessedNs, true);
  view.setBigUint64(at + 48, from.modifiedNs, true);
  view.setBigUint64(at + 56, from.changedNs, true);
}

export function newTimes(accessed: bigint, modified: bigint, flags: number): [files.NewTime, files.NewTime] {
  const pick = (set: number, now: number, time: bigint): files.NewTime => {
    if ((flags & set) !== 0 && (flags & now) !== 0) return refuse('EINVAL');
    if ((flags & now) !== 0) return 'now';
    return (flags & set) !== 0 ? BigInt.asUintN(64, time) : undefined;
  };
  return [pick(1, 2, accessed), pick(4, 8, modified)];
}

function readable(file: FileDescriptor): FileDescriptor {
  return file.read ? file : refuse('EBADF');
}

function writable(file: FileDescriptor): FileDescriptor {
  return file.write ? file : refuse('EBADF');
}

function position(offset: bigint): number {
  if (offset < 0n || offset > BigInt(Number.MAX_SAFE_INTEGER)) return refuse('EINVAL');
  return Number(offset);
}

function typeOf(descriptor: Descriptor): number {
  if (descriptor.is === 'directory' || descriptor.is === 'file') return FILE_TYPE[descriptor.node.type];
  return FILE_TYPE.character;
}

function rightsOf(descriptor: Descriptor): bigint {
  // Without seek and tell, C libraries take a stream for a terminal, and then print line by line.
  if (descriptor.is === 'input' || descriptor.is === 'output') return RIGHT.all & ~SEEK_AND_TELL;
  if (descriptor.is === 'directory') return RIGHT.all;
  return RIGHT.all & ~(descriptor.read ? 0n : RIGHT.read) & ~(descriptor.write ? 0n : RIGHT.write);
}
