/**
 * Reads a container's log back as `kubectl logs` asks for it: tail, since, timestamps, follow, limit. Called by the tunnel's
 * routes.
 *
 * Always: a follower gets each line once, whether it was in the file already or is printed later.
 */
import type { Clock } from '../control/platform/types.ts';
import { type LogRecord, parseRecord } from './log-format.ts';
import type { PodLogs, Snapshot } from './logs.ts';

export interface LogQuery {
  follow?: boolean;
  tailLines?: number;
  /** Milliseconds since the epoch. */
  since?: number;
  timestamps?: boolean;
  limitBytes?: number;
}

/** A follower is told what was printed in this time in one step: a step for each line would cost more than printing it. */
const GATHER_MS = 20;
const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** The chunks of the answer; ends when the log is read (or, following, when the run or the signal ends). */
export async function* readLog(
  { logs, clock }: { logs: PodLogs; clock: Pick<Clock, 'sleep'> },
  directory: string,
  run: number,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const queue = createQueue();
  const snapshot = await logs.open(directory, run, query.follow ? queue.push : undefined);
  const format = createFormatter(query);
  let left = query.limitBytes ?? Number.POSITIVE_INFINITY;
  const cut = (bytes: Buffer): Buffer => {
    const part = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= part.length;
    return part;
  };
  try {
    for await (const lines of storedLines(snapshot.parts, query.tailLines)) {
      if (signal.aborted || left <= 0) return;
      const text = cut(Buffer.concat(lines.map(format)));
      if (text.length > 0) yield text;
    }
    if (!query.follow || !snapshot.live) return;
    for await (const records of queue.batches(signal)) {
      const text = cut(Buffer.concat(records.map(record => format(record.subarray(0, -1)))));
      if (text.length > 0) yield text;
      if (left <= 0) return;
      await clock.sleep(GATHER_MS, signal).catch(() => {});
    }
  } finally {
    snapshot.stop();
    await Promise.all(snapshot.parts.map(({ handle }) => handle.close()));
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
async function* storedLines(parts: Snapshot['parts'], tailLines: number | undefined): AsyncGenerator<Buffer[]> {
  let first = 0;
  let offset = 0;
  if (tailLines !== undefined) {
    let wanted = tailLines;
    first = parts.length;
    while (wanted > 0 && first > 0) {
      const found = await startOfTail(parts[--first]!, wanted);
      offset = found.offset;
      wanted -= found.lines;
    }
  }
  for (const [i, part] of parts.slice(first).entries()) yield* linesOf(part, i === 0 ? offset : 0);
}

type Part = Snapshot['parts'][number];

async function* linesOf({ handle, size }: Part, from: number): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  for (let position = from; position < size; ) {
    const block = Buffer.alloc(Math.min(BLOCK_BYTES, size - position));
    const { bytesRead } = await handle.read(block, 0, block.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    const { lines, left } = splitLines(Buffer.concat([rest, block.subarray(0, bytesRead)]));
    rest = left;
    if (lines.length > 0) yield lines;
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

/** Where the last `wanted` lines of a part begin, and how many there are. */
async function startOfTail({ handle, size }: Part, wanted: number): Promise<{ offset: number; lines: number }> {
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
}

/** What is printed while the reader is busy waits here, up to a limit: a reader that slow is cut off, and can tell. */
const QUEUE_BYTES_MAX = 8 * 1024 * 1024;

function createQueue() {
  let waiting: (Buffer | undefined)[] = [];
  let bytes = 0;
  let tooSlow = false;
  let wake = () => {};
  return {
    push(record: Buffer | undefined) {
      bytes += record?.length ?? 0;
      tooSlow ||= bytes > QUEUE_BYTES_MAX;
      if (!tooSlow) waiting.push(record);
      wake();
    },
    /** What has come since the one before. */
    async *batches(signal: AbortSignal): AsyncGenerator<Buffer[]> {
      const stopped = () => wake();
      signal.addEventListener('abort', stopped);
      try {
        while (!signal.aborted) {
          const records = waiting;
          waiting = [];
          bytes = 0;
          const end = records.indexOf(undefined);
          const batch = (end < 0 ? records : records.slice(0, end)) as Buffer[];
          if (batch.length > 0) yield batch;
          if (end >= 0) return;
          if (tooSlow) throw new Error('the reader of this log is slower than its writer');
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
