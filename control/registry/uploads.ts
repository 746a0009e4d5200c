/**
 * Blobs on their way in: one file and one session each, until `finish` has checked the digest and handed it to the blobs.
 *
 * Always: bytes go to disk as they come, none are held; requests for one session run one after the other; a session that a
 * client lost can go on where the file ends. Sessions do not outlive the process: their files are removed at the next start.
 */
import type { Hash } from 'node:crypto';
import type { Clock, Dice, Files, OpenFile } from '../platform/types.ts';
import { type Blobs, digestOfFile, makeDurableDirectory } from './blobs.ts';
import { type Digest, digestText, startHash } from './digest.ts';
import { refused } from './errors.ts';

/** What an agent accepts as one layer, too. */
const BLOB_BYTES_MAX = 512 * 1024 * 1024;
const UPLOADS_MAX = 256;
const UPLOAD_IDLE_MS_MAX = 60 * 60 * 1000;

export interface ContentRange {
  start: number;
  /** The last byte, as HTTP counts. */
  end: number;
}

export interface Uploads {
  begin(repository: string): Promise<string>;
  /** Adds bytes to the end; answers the new size. */
  append(repository: string, id: string, body: Body, range?: ContentRange): Promise<number>;
  /** Adds the last bytes and makes it a blob. A digest that does not match ends the session. */
  finish(repository: string, id: string, digest: Digest, body: Body, range?: ContentRange): Promise<void>;
  size(repository: string, id: string): number;
  cancel(repository: string, id: string): Promise<void>;
}

type Body = ReadableStream<Uint8Array> | null;

interface Session {
  repository: string;
  path: string;
  file: OpenFile;
  size: number;
  hash: Hash;
  touched: number;
  /** The end of the queue of requests for this session. */
  last: Promise<unknown>;
}

export function createUploads(options: {
  directory: string;
  files: Files;
  blobs: Blobs;
  clock: Clock;
  dice: Dice;
}): Uploads {
  const { directory, files, blobs, clock, dice } = options;
  const sessions = new Map<string, Session>();
  const emptied = files.remove(directory, { recursive: true }).catch(ignoreMissing);
  const prepared = emptied.then(() => makeDurableDirectory(files, directory));
  prepared.catch(() => {});

  const find = (repository: string, id: string): Session => {
    const session = sessions.get(id);
    if (session?.repository !== repository) throw refused('BLOB_UPLOAD_UNKNOWN', `there is no upload ${id}`);
    session.touched = clock.monotonic();
    return session;
  };
  const end = async (id: string, session: Session) => {
    if (!sessions.delete(id)) return;
    await session.file.close();
    await files.remove(session.path).catch(ignoreMissing);
  };
  const sweep = async () => {
    const oldest = clock.monotonic() - UPLOAD_IDLE_MS_MAX;
    for (const [id, session] of sessions) if (session.touched < oldest) await end(id, session);
  };

  return {
    async begin(repository) {
      await prepared;
      await sweep();
      if (sessions.size >= UPLOADS_MAX)
        throw refused('TOOMANYREQUESTS', `${UPLOADS_MAX} uploads are under way`, { 'Retry-After': '1' });
      const id = dice.uuid();
      const path = `${directory}/${id}`;
      const file = await files.open(path, { write: true, create: true });
      const touched = clock.monotonic();
      sessions.set(id, {
        repository,
        path,
        file,
        size: 0,
        hash: startHash('sha256'),
        touched,
        last: Promise.resolve(),
      });
      return id;
    },
    append: (repository, id, body, range) => {
      const session = find(repository, id);
      return inTurn(session, () => receive(session, body, range, clock));
    },
    finish: (repository, id, digest, body, range) => {
      const session = find(repository, id);
      return inTurn(session, async () => {
        find(repository, id);
        await receive(session, body, range, clock);
        await session.file.sync();
        const actual = await contentDigest(session, digest, files);
        if (actual === digestText(digest)) await blobs.adopt(digest, session.path);
        await end(id, session);
        if (actual !== digestText(digest)) throw refused('DIGEST_INVALID', `the content has the digest ${actual}`);
      });
    },
    size: (repository, id) => find(repository, id).size,
    cancel: (repository, id) => {
      const session = find(repository, id);
      return inTurn(session, () => end(id, session));
    },
  };
}

function inTurn<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const run = session.last.then(work, work);
  session.last = run.catch(() => {});
  return run;
}

/** What arrived before a connection broke stays, so that the client can go on from there. */
async function receive(session: Session, body: Body, range: ContentRange | undefined, clock: Clock): Promise<number> {
  if (range && range.start !== session.size)
    throw refused('RANGE_INVALID', `the next byte is ${session.size}`, { Range: rangeText(session.size) });
  const announced = range && range.end + 1;
  for await (const part of arriving(body)) {
    const size = session.size + part.length;
    if (size > BLOB_BYTES_MAX) throw refused('TOO_LARGE', `a blob may have ${BLOB_BYTES_MAX} bytes`);
    if (announced !== undefined && size > announced) throw refused('SIZE_INVALID', 'more came than Content-Range says');
    await session.file.writeAt(session.size, part);
    session.hash.update(part);
    session.size = size;
    session.touched = clock.monotonic();
  }
  if (announced !== undefined && session.size < announced)
    throw refused('SIZE_INVALID', `Content-Range ends at byte ${announced - 1}, the content at ${session.size - 1}`);
  return session.size;
}

/** A connection that breaks is the client's affair, unlike a disk that fails. */
async function* arriving(body: Body): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  try {
    while (reader) {
      const { value } = await reader.read().catch(error => {
        throw refused('BLOB_UPLOAD_INVALID', `the content ended too early: ${String(error)}`);
      });
      if (value === undefined) return;
      yield value;
    }
  } finally {
    reader?.releaseLock();
  }
}

/** sha256 has been kept up to date; other algorithms read the file once more. */
const contentDigest = async (session: Session, { algorithm }: Digest, files: Files): Promise<string> =>
  algorithm === 'sha256' ? `sha256:${session.hash.copy().digest('hex')}` : digestOfFile(files, session.path, algorithm);

/** As the specification writes the state of an upload: the last byte's position, `0-0` for nothing yet. */
export const rangeText = (size: number): string => `0-${Math.max(0, size - 1)}`;

function ignoreMissing(error: unknown): void {
  if ((error as { code?: string }).code !== 'ENOENT') throw error;
}
