/** A preview 1 guest's file descriptors: three streams, the mounts, and what it opens. */
import { FileError, type FileType } from '../../host/file-stat.ts';
import * as files from '../../host/files.ts';
import type { Sink, Source } from '../../streams.ts';
import { OPEN_FILES_MAX, type Preopen } from '../files.ts';

export type Descriptor =
  | { is: 'input'; source: Source }
  | { is: 'output'; sink: Sink }
  | { is: 'directory'; node: files.Node; preopen: Uint8Array | undefined; entries: DirectoryEntry[] | undefined }
  | { is: 'file'; node: files.Node; position: number; append: boolean; read: boolean; write: boolean };
export type FileDescriptor = Extract<Descriptor, { is: 'file' }>;
export type DirectoryDescriptor = Extract<Descriptor, { is: 'directory' }>;

interface DirectoryEntry {
  name: Uint8Array;
  type: FileType;
}

export interface Descriptors {
  get(fd: number): Descriptor;
  file(fd: number): FileDescriptor;
  directory(fd: number): DirectoryDescriptor;
  open(descriptor: Descriptor): number;
  close(fd: number): void;
  renumber(from: number, to: number): void;
}

export interface Stdio {
  stdin: Source;
  stdout: Sink;
  stderr: Sink;
}

export function createDescriptors(stdio: Stdio, preopens: readonly Preopen[]): Descriptors {
  const encoder = new TextEncoder();
  const table = new Map<number, Descriptor>([
    [0, { is: 'input', source: stdio.stdin }],
    [1, { is: 'output', sink: stdio.stdout }],
    [2, { is: 'output', sink: stdio.stderr }],
  ]);
  for (const { guest, node } of preopens) {
    table.set(table.size, { is: 'directory', node, preopen: encoder.encode(guest), entries: undefined });
  }
  const get = (fd: number): Descriptor => {
    const found = table.get(fd);
    if (found === undefined) throw new FileError('EBADF');
    return found;
  };
  const release = (descriptor: Descriptor) => {
    if (descriptor.is === 'file' || descriptor.is === 'directory') files.close(descriptor.node);
  };
  return {
    get,
    file(fd) {
      const found = get(fd);
      if (found.is === 'file') return found;
      throw new FileError(found.is === 'directory' ? 'EISDIR' : 'ESPIPE');
    },
    directory(fd) {
      const found = get(fd);
      if (found.is !== 'directory') throw new FileError('ENOTDIR');
      return found;
    },
    open(descriptor) {
      if (table.size >= OPEN_FILES_MAX) {
        release(descriptor);
        throw new FileError('EMFILE');
      }
      let fd = 0;
      while (table.has(fd)) fd++;
      table.set(fd, descriptor);
      return fd;
    },
    close(fd) {
      release(get(fd));
      table.delete(fd);
    },
    renumber(from, to) {
      const moved = get(from);
      const replaced = get(to);
      if (from === to) return;
      release(replaced);
      table.set(to, moved);
      table.delete(from);
    },
  };
}
