/**
 * What a container says about its end: the file that its spec names (a directory of its own, mounted where the file is to
 * be), or the end of its log. Follows the kubelet, also in its limits.
 *
 * Always: the file is read without following a link, so that a guest cannot make the agent tell what it may not read itself.
 */
import { constants, open } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import type { Container } from '../control/kinds/types/container.ts';
import type { LoadedModule, Mount } from '../runtime/sandbox.ts';
import { configError } from './config-error.ts';
import { readLog } from './log-reader.ts';
import { logDirectory, type PodRun, podDirectory } from './pod-run.ts';

const PATH_DEFAULT = '/dev/termination-log';
const FILE_BYTES_MAX = 4096;
const LOG_BYTES_MAX = 2048;
const LOG_LINES_MAX = 80;
/** Imports of modules that can open a file: WASI 0.2 and preview 1. Others see no directory that they cannot use. */
const OPENS_FILES = /^wasi:filesystem\/|\.path_open$/;

export interface MessageFile {
  mount: Mount;
  path: string;
}

/** An empty file for this run. Undefined: the module could not write it. */
export async function makeMessageFile(
  run: PodRun,
  { name, terminationMessagePath }: Container,
  { imports }: LoadedModule,
  mounts: readonly Mount[],
): Promise<MessageFile | undefined> {
  if (!imports.some(imported => OPENS_FILES.test(imported))) return undefined;
  const guestPath = normalize(terminationMessagePath || PATH_DEFAULT);
  const guest = dirname(guestPath);
  if (mounts.some(mount => normalize(`${mount.guest}/.`) === guest)) {
    if (guestPath === PATH_DEFAULT) return undefined;
    throw configError(`terminationMessagePath ${guestPath}: its directory is the mount of a volume; choose another`);
  }
  const { files } = run.node;
  const host = join(podDirectory(run), 'messages', name);
  await files.remove(host, { recursive: true }).catch(() => {});
  await files.makeDirectory(host);
  const path = join(host, basename(guestPath));
  await (await open(path, 'w')).close();
  return { mount: { guest, host, readOnly: false }, path };
}

/** Called when the run is over and its log closed. */
export async function messageOf(
  run: PodRun,
  { name, terminationMessagePolicy }: Container,
  { path, restartCount, failed }: { path: string | undefined; restartCount: number; failed: boolean },
): Promise<string> {
  const written = path === undefined ? '' : await endOfFile(path).catch(() => '');
  if (written || !failed || terminationMessagePolicy !== 'FallbackToLogsOnError') return written;
  return endOfLog(run, name, restartCount).catch(() => '');
}

async function endOfFile(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return '';
    const position = Math.max(0, stat.size - FILE_BYTES_MAX);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(FILE_BYTES_MAX), position });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function endOfLog(run: PodRun, container: string, restartCount: number): Promise<string> {
  const directory = logDirectory(run, container);
  const lines = readLog(run.node, directory, restartCount, { tailLines: LOG_LINES_MAX }, new AbortController().signal);
  let end = Buffer.alloc(0);
  for await (const chunk of lines) end = Buffer.concat([end, chunk]).subarray(-LOG_BYTES_MAX);
  return end.toString('utf8');
}
