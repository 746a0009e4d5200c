/** One line of a container's log file, as the CRI writes it: `2026-11-21T08:00:00.123000000Z stdout F text`. Pure. */
export type StreamName = 'stdout' | 'stderr';

/** Longer lines are cut into parts tagged P; the last part is tagged F. */
export const LOG_LINE_BYTES_MAX = 16 * 1024;

const NEWLINE = 0x0a;

/** Bytes in, whole records out: holds back the unfinished last line until it is finished or too long. */
export function createLineSplitter(stream: StreamName, emit: (record: Buffer) => void) {
  let rest: Buffer = Buffer.alloc(0);
  const record = (time: string, tag: 'F' | 'P', line: Uint8Array) =>
    emit(Buffer.concat([Buffer.from(`${time} ${stream} ${tag} `), line, Buffer.of(NEWLINE)]));
  const cutLong = (time: string) => {
    while (rest.length >= LOG_LINE_BYTES_MAX) {
      record(time, 'P', rest.subarray(0, LOG_LINE_BYTES_MAX));
      rest = rest.subarray(LOG_LINE_BYTES_MAX);
    }
  };
  return {
    write(chunk: Uint8Array, now: number) {
      const time = logTime(now);
      rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
        let start = 0;
        for (; end - start > LOG_LINE_BYTES_MAX; start += LOG_LINE_BYTES_MAX)
          record(time, 'P', rest.subarray(start, start + LOG_LINE_BYTES_MAX));
        record(time, 'F', rest.subarray(start, end));
        rest = rest.subarray(end + 1);
      }
      cutLong(time);
    },
    /** The guest has ended: what is left is a line too. */
    end(now: number) {
      if (rest.length > 0) record(logTime(now), 'F', rest);
      rest = Buffer.alloc(0);
    },
  };
}

/** RFC 3339 with nanoseconds, of which we know milliseconds. */
const logTime = (now: number): string => `${new Date(now).toISOString().slice(0, -1)}000000Z`;

export interface LogRecord {
  time: string;
  stream: StreamName;
  /** False: the line goes on in the next record. */
  full: boolean;
  text: Buffer;
}

/** Takes a record apart; undefined for a line that is damaged (the power went while it was written). */
export function parseRecord(line: Buffer): LogRecord | undefined {
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  const third = line.indexOf(' ', second + 1);
  if (first <= 0 || second === -1 || third === -1) return undefined;
  const stream = line.toString('latin1', first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const full = line.toString('latin1', second + 1, third) === 'F';
  return { time: line.toString('latin1', 0, first), stream, full, text: line.subarray(third + 1) };
}
