/**
 * Reads a container's log back as `kubectl logs` asks for it: tail, since, timestamps, follow, limit. Called by the tunnel's
 * routes.
 *
 * Always: a follower gets each line once, whether it was in the file already or is printed later.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type LogRecord, parseRecord } from './log-format.ts';
import { type PodLogs, runPath } from './logs.ts';

export interface LogQuery {
  follow?: boolean;
  tailLines?: number;
  /** Milliseconds since the epoch. */
  since?: number;
  timestamps?: boolean;
  limitBytes?: number;
}

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** The chunks of the answer; ends when the log is read (or, following, when the run or the signal ends). */
export async function* readLog(
  logs: PodLogs,
  directory: string,
  run: number,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const queue = createQueue();
  const follower = query.follow ? logs.follow(directory, run, queue.push) : logs.follow(directory, run, () => {});
  try {
    await follower?.flushed;
    const format = createFormatter(query);
    let left = query.limitBytes ?? Number.POSITIVE_INFINITY;
    const cut = (bytes: Buffer): Buffer => {
      const part = bytes.length > left ? bytes.subarray(0, left) : bytes;
      left -= part.length;
      return part;
    };
    for await (const block of storedRecords(runPath(directory, run), query.tailLines, follower?.position.total)) {
      if (signal.aborted || left <= 0) return;
      const text = cut(Buffer.concat(block.map(format)));
      if (text.length > 0) yield text;
    }
    if (!query.follow || !follower) return;
    for await (const record of queue.records(signal)) {
      const text = cut(format(record.subarray(0, -1)));
      if (text.length > 0) yield text;
      if (left <= 0) return;
    }
  } finally {
    follower?.stop();
  }
}

function createFormatter({ since, timestamps }: LogQuery): (line: Buffer) => Buffer {
  let middle = false;
  return line => {
    const record = parseRecord(line);
    if (!record || (since !== undefined && Date.parse(record.time) < since)) return Buffer.alloc(0);
    const head = timestamps && !middle ? `${record.time} ` : '';
    middle = !record.full;
    return textOf(record, head);
  };
}

const textOf = ({ text, full }: LogRecord, head: string): Buffer =>
  Buffer.concat([Buffer.from(head), text, full ? Buffer.of(NEWLINE) : Buffer.alloc(0)]);

/** Lines of all parts, oldest first, in blocks; only the last `tailLines` when given. */
async function* storedRecords(
  path: string,
  tailLines: number | undefined,
  totalBytes: number | undefined,
): AsyncGenerator<Buffer[]> {
  const parts = await partsOf(path);
  let skip = 0;
  if (tailLines !== undefined) {
    let wanted = tailLines;
    let index = parts.length;
    while (wanted > 0 && index > 0) {
      index--;
      const found = await startOfTail(parts[index]!, wanted);
      skip = found.offset;
      wanted -= found.lines;
    }
    parts.splice(0, tailLines > 0 ? index : parts.length);
  }
  // What is appended while we read reaches a follower through its queue: the newest part is read up to here only.
  const sizes = await Promise.all(parts.map(async part => (await stat(part)).size));
  const later = totalBytes === undefined ? 0 : Math.max(0, (await storedBytes(path)) - totalBytes);
  for (const [i, part] of parts.entries()) {
    const end = sizes[i]! - (i === parts.length - 1 ? later : 0);
    yield* linesOf(part, i === 0 ? skip : 0, end);
  }
}

const storedBytes = async (path: string): Promise<number> => (await stat(path)).size;

async function partsOf(path: string): Promise<string[]> {
  const name = basename(path);
  const found = await readdir(dirname(path)).catch(() => [] as string[]);
  const rotated = found
    .filter(file => file.startsWith(`${name}.`))
    .map(file => Number(file.slice(name.length + 1)))
    .sort((a, b) => b - a);
  const parts = rotated.map(part => `${path}.${part}`);
  return found.includes(name) ? [...parts, path] : parts;
}

async function* linesOf(path: string, from: number, to: number): AsyncGenerator<Buffer[]> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return;
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (let position = from; position < to; ) {
      const block = Buffer.alloc(Math.min(BLOCK_BYTES, to - position));
      const { bytesRead } = await handle.read(block, 0, block.length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const { lines, left } = splitLines(Buffer.concat([rest, block.subarray(0, bytesRead)]));
      rest = left;
      if (lines.length > 0) yield lines;
    }
  } finally {
    await handle.close();
  }
}

function splitLines(bytes: Buffer): { lines: Buffer[]; left: Buffer } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, left: bytes.subarray(start) };
}

/** Where the last `wanted` lines of a file begin, and how many there are. */
async function startOfTail(path: string, wanted: number): Promise<{ offset: number; lines: number }> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return { offset: 0, lines: 0 };
  try {
    const { size } = await handle.stat();
    let lines = 0;
    for (let end = size; end > 0; ) {
      const start = Math.max(0, end - BLOCK_BYTES);
      const block = Buffer.alloc(end - start);
      await handle.read(block, 0, block.length, start);
      for (let i = block.length - 1; i >= 0; i--) {
        if (block[i] !== NEWLINE) continue;
        if (lines === wanted) return { offset: start + i + 1, lines };
        lines++;
      }
      end = start;
    }
    return { offset: 0, lines };
  } finally {
    await handle.close();
  }
}

/** What is printed while the reader is busy waits here, up to a limit: a reader that slow is cut off. */
const QUEUE_BYTES_MAX = 8 * 1024 * 1024;

function createQueue() {
  let waiting: (Buffer | undefined)[] = [];
  let bytes = 0;
  let wake = () => {};
  return {
    push(record: Buffer | undefined) {
      bytes += record?.length ?? 0;
      waiting.push(bytes > QUEUE_BYTES_MAX ? undefined : record);
      wake();
    },
    async *records(signal: AbortSignal): AsyncGenerator<Buffer> {
      const stopped = () => wake();
      signal.addEventListener('abort', stopped);
      try {
        while (!signal.aborted) {
          const records = waiting;
          waiting = [];
          bytes = 0;
          for (const record of records) {
            if (record === undefined) return;
            yield record;
          }
          if (waiting.length > 0 || signal.aborted) continue;
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          await promise;
        }
      } finally {
        signal.removeEventListener('abort', stopped);
      }
    },
  };
}
