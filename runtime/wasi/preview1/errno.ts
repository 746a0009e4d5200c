/** Preview 1's error numbers, for the errors that the host has. */
import { FileError } from '../../host/file-stat.ts';
import { StreamClosed, StreamFailed } from '../../streams.ts';

export const ERRNO = {
  SUCCESS: 0,
  EACCES: 2,
  EAGAIN: 6,
  EBADF: 8,
  EBUSY: 10,
  EDQUOT: 19,
  EEXIST: 20,
  EFAULT: 21,
  EFBIG: 22,
  EINVAL: 28,
  EIO: 29,
  EISDIR: 31,
  ELOOP: 32,
  EMFILE: 33,
  EMLINK: 34,
  ENAMETOOLONG: 37,
  ENFILE: 41,
  ENOENT: 44,
  ENOMEM: 48,
  ENOSPC: 51,
  ENOSYS: 52,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  ENOTSOCK: 57,
  ENOTSUP: 58,
  ENXIO: 60,
  EPERM: 63,
  EPIPE: 64,
  EROFS: 69,
  ESPIPE: 70,
  ETXTBSY: 74,
  EXDEV: 75,
} as const;
export type ErrorName = keyof typeof ERRNO;

/** Thrown by calls that have nothing to do with files. */
export function refuse(name: ErrorName): never {
  throw new FileError(name);
}

/** The number of an expected error; any other is thrown on. */
export function errnoOf(error: unknown): number {
  if (error instanceof FileError) return error.code in ERRNO ? ERRNO[error.code as ErrorName] : ERRNO.EIO;
  if (error instanceof StreamClosed) return ERRNO.EPIPE;
  if (error instanceof StreamFailed) return ERRNO.EIO;
  throw error;
}
