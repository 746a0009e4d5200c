/**
 * Blobs on disk, by digest: one file each, shared by all repositories. A repository holds a link to what was pushed to it.
 *
 * Always: a file under `blobs/` is complete and has the digest of its name. It is written elsewhere, synced, then renamed,
 * so neither a crash nor a full disk shows half a blob. Called by uploads, repositories and gc.
 */
import type { Files } from '../platform/types.ts';
import { type Algorithm, type Digest, digestOf, parseDigest, startHash } from './digest.ts';
import { refused } from './errors.ts';

const READ_BYTES = 256 * 1024;

export interface Blobs {
  path(digest: Digest): string;
  size(digest: Digest): Promise<number | undefined>;
  read(digest: Digest): Promise<Uint8Array>;
  /** Bytes from `start` to before `end`, read as the reader asks for them. */
  stream(digest: Digest, start: number, end: number): ReadableStream<Uint8Array>;
  /** Stores bytes that are in memory (manifests). */
  put(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** Takes over a finished, synced file that has this digest. */
  adopt(digest: Digest, path: string): Promise<void>;
  list(): Promise<{ digest: Digest; size: number; modified: number }[]>;
  remove(digest: Digest): Promise<void>;
}

export function createBlobs(directory: string, files: Files): Blobs {
  const folder = ({ algorithm, hex }: Digest) => `${directory}/${algorithm}/${hex.slice(0, 2)}`;
  const path = (digest: Digest) => `${folder(digest)}/${digest.hex}`;

  return {
    path,
    size: async digest => (await files.stat(path(digest)))?.size,
    read: digest => files.read(path(digest)),
    stream: (digest, start, end) => streamFile(files, path(digest), start, end),
    async put(digest, bytes) {
      await makeDurableDirectory(files, folder(digest));
      await files.replace(path(digest), bytes);
    },
    async adopt(digest, from) {
      await makeDurableDirectory(files, folder(digest));
      await files.rename(from, path(digest));
      await files.syncDirectory(folder(digest));
    },
    async list() {
      const found = [];
      for (const algorithm of ['sha256', 'sha512'] as const)
        for (const prefix of await listOrNone(files, `${directory}/${algorithm}`))
          for (const hex of await listOrNone(files, `${directory}/${algorithm}/${prefix}`)) {
            const digest = parseDigest(`${algorithm}:${hex}`);
            const stat = digest && (await files.stat(path(digest)));
            if (digest && stat) found.push({ digest, size: stat.size, modified: stat.modified });
          }
      return found;
    },
    remove: digest => files.remove(path(digest)),
  };
}

/** Creates what is missing and syncs each parent that got a new entry. */
export async function makeDurableDirectory(files: Files, path: string): Promise<void> {
  if (await files.stat(path)) return;
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (parent !== '') await makeDurableDirectory(files, parent);
  await files.makeDirectory(path);
  if (parent !== '') await files.syncDirectory(parent);
}

export async function listOrNone(files: Files, directory: string): Promise<string[]> {
  try {
    return await files.list(directory);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}

function streamFile(files: Files, path: string, start: number, end: number): ReadableStream<Uint8Array> {
  const opened = files.open(path, {});
  // Rejections are seen by the first read; until then nobody listens.
  opened.catch(() => {});
  let at = start;
  return new ReadableStream({
    async pull(controller) {
      const file = await opened;
      const part = at < end ? await file.readAt(at, Math.min(READ_BYTES, end - at)) : undefined;
      if (part && part.length > 0) {
        at += part.length;
        controller.enqueue(part);
      }
      if (at < end && part?.length) return;
      await file.close();
      if (at < end) controller.error(new Error(`${path} is shorter than it was`));
      else controller.close();
    },
    cancel: async () => (await opened).close(),
  });
}

/** The digest of a file's content, read in parts. */
export async function digestOfFile(files: Files, path: string, algorithm: Algorithm): Promise<string> {
  const hash = startHash(algorithm);
  const size = (await files.stat(path))?.size ?? 0;
  for await (const part of streamFile(files, path, 0, size)) hash.update(part);
  return `${algorithm}:${hash.digest('hex')}`;
}

/** Throws DIGEST_INVALID when `bytes` are not what `digest` names. */
export function checkDigest(digest: Digest, bytes: Uint8Array): void {
  const actual = digestOf(bytes, digest.algorithm);
  if (actual !== `${digest.algorithm}:${digest.hex}`)
    throw refused('DIGEST_INVALID', `the content has the digest ${actual}`);
}
