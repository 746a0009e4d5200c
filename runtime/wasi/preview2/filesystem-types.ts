/** The data of wasi:filesystem: its types, its error codes, and what the system's own are called there. */
import { type Case, enumeration, option, record, u64, variant } from '../../component/shapes.ts';
import type { FileStat, FileType } from '../../host/file-stat.ts';
import type { NewTime } from '../../host/files.ts';
import { datetime } from './cli.ts';

type Datetime = { seconds: bigint; nanoseconds: number };
interface Stat {
  type: string;
  linkCount: bigint;
  size: bigint;
  accessed: Datetime | undefined;
  modified: Datetime | undefined;
  changed: Datetime | undefined;
}

export const TYPE_NAMES: Record<FileType, string> = {
  unknown: 'unknown',
  block: 'block-device',
  character: 'character-device',
  directory: 'directory',
  fifo: 'fifo',
  symlink: 'symbolic-link',
  file: 'regular-file',
  socket: 'socket',
};
export const descriptorType = enumeration<string>(...Object.values(TYPE_NAMES));

const ERRORS = (
  'access would-block already bad-descriptor busy deadlock quota exist file-too-large illegal-byte-sequence in-progress ' +
  'interrupted invalid io is-directory loop too-many-links message-size name-too-long no-device no-entry no-lock ' +
  'insufficient-memory insufficient-space not-directory not-empty not-recoverable unsupported no-tty no-such-device ' +
  'overflow not-permitted pipe read-only invalid-seek text-file-busy cross-device'
).split(' ');
export const errorCode = enumeration<string>(...ERRORS);
export const ERROR_OF: Record<string, string> = {
  EACCES: 'access',
  EBADF: 'bad-descriptor',
  EBUSY: 'busy',
  EDQUOT: 'quota',
  EEXIST: 'exist',
  EFBIG: 'file-too-large',
  EINVAL: 'invalid',
  EISDIR: 'is-directory',
  ELOOP: 'loop',
  EMLINK: 'too-many-links',
  EMFILE: 'insufficient-memory',
  ENAMETOOLONG: 'name-too-long',
  ENOENT: 'no-entry',
  ENOMEM: 'insufficient-memory',
  ENOSPC: 'insufficient-space',
  ENOTDIR: 'not-directory',
  ENOTEMPTY: 'not-empty',
  EPERM: 'not-permitted',
  EROFS: 'read-only',
  EXDEV: 'cross-device',
};

export const stat = record<Stat>({
  type: descriptorType,
  linkCount: u64,
  size: u64,
  accessed: option(datetime),
  modified: option(datetime),
  changed: option(datetime),
});
export const newTimestamp = variant<Case>({ 'no-change': null, now: null, timestamp: datetime as never });

export function toTime(given: Case): NewTime {
  if (given.tag === 'no-change') return undefined;
  if (given.tag === 'now') return 'now';
  const { seconds, nanoseconds } = given.value as Datetime;
  return seconds * 1_000_000_000n + BigInt(nanoseconds);
}

export function toStat(from: FileStat): Stat {
  const time = (ns: bigint) => ({ seconds: ns / 1_000_000_000n, nanoseconds: Number(ns % 1_000_000_000n) });
  return {
    type: TYPE_NAMES[from.type],
    linkCount: from.links,
    size: from.size,
    accessed: time(from.accessedNs),
    modified: time(from.modifiedNs),
    changed: time(from.changedNs),
  };
}
