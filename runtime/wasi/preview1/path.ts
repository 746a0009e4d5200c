/** Preview 1's path_* functions: each begins at an open directory and stays below it (see host/files.ts). */
import type { Guest } from '../../component/guest.ts';
import * as files from '../../host/files.ts';
import type { Descriptors } from './descriptors.ts';
import { refuse } from './errno.ts';
import { FD_FLAG, newTimes, RIGHT, writeStat } from './fd.ts';

type Act = (...args: never[]) => void;

const FOLLOW = 1;
const OPEN = { create: 1, directory: 2, exclusive: 4, truncate: 8 };
const decoder = new TextDecoder('utf-8', { fatal: true });

export function pathFunctions(guest: Guest, descriptors: Descriptors): Record<string, Act> {
  const text = (at: number, length: number) => readText(guest, at, length);
  const dir = (fd: number) => descriptors.directory(fd).node;
  return {
    path_open(
      fd: number,
      lookup: number,
      at: number,
      length: number,
      openFlags: number,
      rights: bigint,
      _inheriting: bigint,
      fdFlags: number,
      out: number,
    ) {
      const options = openOptions(followed(lookup), openFlags, rights, fdFlags);
      const node = files.open(dir(fd), text(at, length), options);
      const { read, write, append } = options;
      const opened = descriptors.open(
        node.type === 'directory'
          ? { is: 'directory', node, preopen: undefined, entries: undefined }
          : { is: 'file', node, position: 0, append, read, write },
      );
      guest.view().setUint32(out >>> 0, opened, true);
    },
    path_create_directory: (fd: number, at: number, length: number) => files.createDirectory(dir(fd), text(at, length)),
    path_remove_directory: (fd: number, at: number, length: number) => files.removeDirectory(dir(fd), text(at, length)),
    path_unlink_file: (fd: number, at: number, length: number) => files.unlink(dir(fd), text(at, length)),
    path_rename: (fd: number, at: number, length: number, toFd: number, toAt: number, toLength: number) =>
      files.rename(dir(fd), text(at, length), dir(toFd), text(toAt, toLength)),
    path_symlink: (targetAt: number, targetLength: number, fd: number, at: number, length: number) =>
      files.symlink(dir(fd), text(targetAt, targetLength), text(at, length)),
    path_link: (
      fd: number,
      _lookup: number,
      at: number,
      length: number,
      toFd: number,
      toAt: number,
      toLength: number,
    ) => files.link(dir(fd), text(at, length), dir(toFd), text(toAt, toLength)),
    path_readlink(fd: number, at: number, length: number, buffer: number, size: number, out: number) {
      const target = new TextEncoder().encode(files.readLink(dir(fd), text(at, length)));
      const part = target.subarray(0, size >>> 0);
      guest.bytes(buffer, part.length).set(part);
      guest.view().setUint32(out >>> 0, part.length, true);
    },
    ...statFunctions(guest, descriptors),
  };
}

function statFunctions(guest: Guest, descriptors: Descriptors): Record<string, Act> {
  const dir = (fd: number) => descriptors.directory(fd).node;
  const text = (at: number, length: number) => readText(guest, at, length);
  return {
    path_filestat_get: (fd: number, lookup: number, at: number, length: number, out: number) =>
      writeStat(guest, out, files.statAt(dir(fd), text(at, length), followed(lookup))),
    path_filestat_set_times: (
      fd: number,
      lookup: number,
      at: number,
      length: number,
      accessed: bigint,
      modified: bigint,
      flags: number,
    ) => files.setTimesAt(dir(fd), text(at, length), followed(lookup), ...newTimes(accessed, modified, flags)),
  };
}

function followed(flags: number): boolean {
  return (flags & FOLLOW) !== 0;
}

function openOptions(follow: boolean, openFlags: number, rights: bigint, fdFlags: number): files.OpenOptions {
  const directory = (openFlags & OPEN.directory) !== 0;
  const write = !directory && (rights & RIGHT.write) !== 0n;
  return {
    follow,
    create: (openFlags & OPEN.create) !== 0,
    directory,
    exclusive: (openFlags & OPEN.exclusive) !== 0,
    truncate: (openFlags & OPEN.truncate) !== 0,
    read: (rights & (RIGHT.read | RIGHT.readDirectory)) !== 0n || !write,
    write,
    append: write && (fdFlags & FD_FLAG.append) !== 0,
  };
}

function readText(guest: Guest, at: number, length: number): string {
  const bytes = guest.bytes(at, length);
  try {
    return decoder.decode(bytes);
  } catch {
    return refuse('EINVAL');
  }
}
