/**
 * A watch response as events: newline-delimited JSON, cut at byte 10 and decoded line by line straight from the chunk, so
 * that a line within one chunk (nearly all) is never copied.
 *
 * Always: ends quietly when the server ends the stream or the signal fires; an ERROR event is handed out, never thrown.
 */
import type { ApiObject, WatchEvent } from '../machinery/meta.ts';
import { failure } from '../machinery/status.ts';

const NEWLINE = 10;
/** More than any object the API accepts: a server that never ends a line must not fill our memory. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;

export async function* watchEvents<T extends ApiObject>(
  open: () => Promise<Response>,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void, void> {
  signal.throwIfAborted();
  const response = await open();
  if (!response.body) return;
  const reader = response.body.getReader();
  // In process the transport may not look at the signal: cancelling the body is what reaches the server everywhere.
  const cancel = () => void reader.cancel().catch(() => {});
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const lines = createLineSplitter();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      for (const line of lines(value)) yield JSON.parse(line) as WatchEvent<T>;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

/** Feeds on chunks, returns the lines that each one completes. */
function createLineSplitter(): (chunk: Uint8Array) => string[] {
  const decoder = new TextDecoder();
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const finish = (last: Uint8Array): string => {
    const whole = new Uint8Array(pendingBytes + last.length);
    let at = 0;
    for (const part of pending) {
      whole.set(part, at);
      at += part.length;
    }
    whole.set(last, at);
    pending = [];
    pendingBytes = 0;
    return decoder.decode(whole);
  };
  return chunk => {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const part = chunk.subarray(start, end);
      const line = pendingBytes > 0 ? finish(part) : decoder.decode(part);
      if (line.trim() !== '') lines.push(line);
      start = end + 1;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > LINE_BYTES_MAX) throw failure('InternalError', 'the watch sent a line without an end');
    }
    return lines;
  };
}
