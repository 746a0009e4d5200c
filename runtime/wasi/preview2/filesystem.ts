/** wasi:filesystem over host/files.ts. Each call answers the interface's own error code for the system's. */
import type { Resource } from '../../component/guest.ts';
import { type HostInterface, type HostTable, typed } from '../../component/host-function.ts';
import {
  bool,
  borrow,
  bytes,
  fail,
  list,
  ok,
  option,
  own,
  type Result,
  record,
  result,
  string,
  tuple,
  u8,
  u64,
} from '../../component/shapes.ts';
import { FileError, type FileStat } from '../../host/file-stat.ts';
import * as files from '../../host/files.ts';
import type { Mount } from '../../sandbox.ts';
import { OPEN_FILES_MAX, openMounts, readFrom, writeTo } from '../files.ts';
import {
  descriptorType,
  ERROR_OF,
  errorCode,
  newTimestamp,
  stat,
  TYPE_NAMES,
  toStat,
  toTime,
} from './filesystem-types.ts';
import { type IoError, inputStream, outputStream, toInput, toOutput } from './io.ts';

interface Descriptor extends Resource {
  kind: 'descriptor';
  node: files.Node;
  flags: number;
}
interface Entries extends Resource {
  kind: 'directory-entry-stream';
  left: { type: string; name: string }[];
}
const FLAG = { read: 1, write: 2, mutateDirectory: 32 };
const OPEN = { create: 1, directory: 2, exclusive: 4, truncate: 8 };
const FOLLOW = 1;
const READ_BYTES_MAX = 1_048_576n;

const self = borrow<Descriptor>('descriptor');
const descriptor = own<Descriptor>('descriptor');
const done = result(null, errorCode);

export function filesystemInterfaces(mounts: readonly Mount[]): HostTable {
  const preopens = openMounts(mounts);
  let open = 0;
  const toDescriptor = (node: files.Node, flags: number): Descriptor => {
    if (++open > OPEN_FILES_MAX) {
      open--;
      files.close(node);
      throw new FileError('EMFILE');
    }
    const drop = () => {
      open--;
      files.close(node);
    };
    return { kind: 'descriptor', node, flags, drop };
  };
  // The mount itself stays open: every instance of the guest is given it.
  const toPreopen = (node: files.Node): Descriptor => ({
    kind: 'descriptor',
    node,
    flags: FLAG.read | (node.readOnly ? 0 : FLAG.mutateDirectory),
  });
  return {
    'wasi:filesystem/preopens': {
      'get-directories': typed([], list(tuple<[Descriptor, string]>(descriptor, string)), () =>
        preopens.map(({ guest, node }) => [toPreopen(node), guest]),
      ),
    },
    'wasi:filesystem/types': {
      ...contentFunctions(),
      ...nodeFunctions(),
      ...directoryFunctions(toDescriptor),
      ...pathFunctions(),
      'filesystem-error-code': typed([borrow<IoError>('error')], option(errorCode), ({ failure }) =>
        failure.code === undefined ? undefined : ERROR_OF[failure.code],
      ),
    },
  };
}

function contentFunctions(): HostInterface {
  const written = result(u64, errorCode);
  return {
    '[method]descriptor.read-via-stream': typed([self, u64], result(inputStream, errorCode), (d, offset) =>
      attempt(() => toInput(readFrom(readable(d), position(offset)))),
    ),
    '[method]descriptor.write-via-stream': typed([self, u64], result(outputStream, errorCode), (d, offset) =>
      attempt(() => toOutput(writeTo(writable(d), position(offset)))),
    ),
    '[method]descriptor.append-via-stream': typed([self], result(outputStream, errorCode), d =>
      attempt(() => toOutput(writeTo(writable(d), null))),
    ),
    '[method]descriptor.read': typed(
      [self, u64, u64],
      result(tuple<[Uint8Array, boolean]>(bytes, bool), errorCode),
      (d, length, offset) =>
        attempt((): [Uint8Array, boolean] => {
          const buffer = new Uint8Array(Number(length < READ_BYTES_MAX ? length : READ_BYTES_MAX));
          const count = files.read(readable(d), buffer, position(offset));
          return [buffer.subarray(0, count), count === 0 && length > 0n];
        }),
    ),
    '[method]descriptor.write': typed([self, bytes, u64], written, (d, content, offset) =>
      attempt(() => BigInt(files.write(writable(d), content, position(offset)))),
    ),
    '[method]descriptor.set-size': typed([self, u64], done, (d, size) =>
      attempt(() => files.setSize(writable(d), position(size))),
    ),
  };
}

function nodeFunctions(): HostInterface {
  const hash = record<{ lower: bigint; upper: bigint }>({ lower: u64, upper: u64 });
  const hashOf = (s: FileStat) => ({
    lower: BigInt.asUintN(64, (s.device << 40n) ^ s.inode),
    upper: BigInt.asUintN(64, s.modifiedNs ^ (s.size << 20n)),
  });
  return {
    '[method]descriptor.advise': typed([self, u64, u64, u8], done, (_d, _offset, _length, _advice) => ok(null)),
    '[method]descriptor.sync-data': typed([self], done, d => attempt(() => files.sync(d.node, true))),
    '[method]descriptor.sync': typed([self], done, d => attempt(() => files.sync(d.node, false))),
    '[method]descriptor.get-flags': typed([self], result(u8, errorCode), d => ok(d.flags)),
    '[method]descriptor.get-type': typed([self], result(descriptorType, errorCode), d => ok(TYPE_NAMES[d.node.type])),
    '[method]descriptor.set-times': typed([self, newTimestamp, newTimestamp], done, (d, accessed, modified) =>
      attempt(() => files.setTimes(d.node, toTime(accessed), toTime(modified))),
    ),
    '[method]descriptor.stat': typed([self], result(stat, errorCode), d => attempt(() => toStat(files.stat(d.node)))),
    '[method]descriptor.metadata-hash': typed([self], result(hash, errorCode), d =>
      attempt(() => hashOf(files.stat(d.node))),
    ),
    '[method]descriptor.metadata-hash-at': typed([self, u8, string], result(hash, errorCode), (d, flags, path) =>
      attempt(() => hashOf(files.statAt(d.node, path, (flags & FOLLOW) !== 0))),
    ),
    '[method]descriptor.is-same-object': typed([self, self], bool, (a, b) => {
      const [x, y] = [files.stat(a.node), files.stat(b.node)];
      return x.device === y.device && x.inode === y.inode;
    }),
  };
}

function directoryFunctions(toDescriptor: (node: files.Node, flags: number) => Descriptor): HostInterface {
  const entry = record<{ type: string; name: string }>({ type: descriptorType, name: string });
  return {
    '[method]descriptor.open-at': typed(
      [self, u8, string, u8, u8],
      result(descriptor, errorCode),
      (d, pathFlags, path, openFlags, flags) =>
        attempt(() => {
          const write = (flags & FLAG.write) !== 0;
          const node = files.open(d.node, path, {
            follow: (pathFlags & FOLLOW) !== 0,
            create: (openFlags & OPEN.create) !== 0,
            directory: (openFlags & OPEN.directory) !== 0,
            exclusive: (openFlags & OPEN.exclusive) !== 0,
            truncate: (openFlags & OPEN.truncate) !== 0,
            read: (flags & FLAG.read) !== 0 || !write,
            write,
            append: false,
          });
          return toDescriptor(node, flags);
        }),
    ),
    '[method]descriptor.read-directory': typed(
      [self],
      result(own<Entries>('directory-entry-stream'), errorCode),
      (d): Result<Entries, string> =>
        attempt(() => ({
          kind: 'directory-entry-stream',
          left: files.list(d.node).map(({ name, type }) => ({ name, type: TYPE_NAMES[type] })),
        })),
    ),
    '[method]directory-entry-stream.read-directory-entry': typed(
      [borrow<Entries>('directory-entry-stream')],
      result(option(entry), errorCode),
      entries => ok(entries.left.shift()),
    ),
  };
}

function pathFunctions(): HostInterface {
  return {
    '[method]descriptor.create-directory-at': typed([self, string], done, (d, path) =>
      attempt(() => files.createDirectory(d.node, path)),
    ),
    '[method]descriptor.remove-directory-at': typed([self, string], done, (d, path) =>
      attempt(() => files.removeDirectory(d.node, path)),
    ),
    '[method]descriptor.unlink-file-at': typed([self, string], done, (d, path) =>
      attempt(() => files.unlink(d.node, path)),
    ),
    '[method]descriptor.stat-at': typed([self, u8, string], result(stat, errorCode), (d, flags, path) =>
      attempt(() => toStat(files.statAt(d.node, path, (flags & FOLLOW) !== 0))),
    ),
    '[method]descriptor.set-times-at': typed(
      [self, u8, string, newTimestamp, newTimestamp],
      done,
      (d, flags, path, accessed, modified) =>
        attempt(() => files.setTimesAt(d.node, path, (flags & FOLLOW) !== 0, toTime(accessed), toTime(modified))),
    ),
    '[method]descriptor.link-at': typed([self, u8, string, self, string], done, (d, _flags, path, to, toPath) =>
      attempt(() => files.link(d.node, path, to.node, toPath)),
    ),
    '[method]descriptor.rename-at': typed([self, string, self, string], done, (d, path, to, toPath) =>
      attempt(() => files.rename(d.node, path, to.node, toPath)),
    ),
    '[method]descriptor.symlink-at': typed([self, string, string], done, (d, target, path) =>
      attempt(() => files.symlink(d.node, target, path)),
    ),
    '[method]descriptor.readlink-at': typed([self, string], result(string, errorCode), (d, path) =>
      attempt(() => files.readLink(d.node, path)),
    ),
  };
}

function readable(d: Descriptor): files.Node {
  if (d.node.type === 'directory') throw new FileError('EISDIR');
  if ((d.flags & FLAG.read) === 0) throw new FileError('EBADF');
  return d.node;
}

function writable(d: Descriptor): files.Node {
  if (d.node.type === 'directory') throw new FileError('EISDIR');
  if ((d.flags & FLAG.write) === 0) throw new FileError('EBADF');
  return d.node;
}

function position(offset: bigint): number {
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw new FileError('EINVAL');
  return Number(offset);
}

function attempt<T>(call: () => T): Result<T, string> {
  try {
    return ok(call());
  } catch (error) {
    if (error instanceof FileError) return fail(ERROR_OF[error.code] ?? 'io');
    throw error;
  }
}
