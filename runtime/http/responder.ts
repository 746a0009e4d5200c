/**
 * Answers one request: by the guest, once, or in the server's own words when the guest could not. Made by connection.ts for
 * each request.
 */
import type { Connection } from '../host/net.ts';
import { fromLatin1 } from '../host/text.ts';
import type { Header } from './head.ts';
import { reasonOf } from './reasons.ts';
import { type BodyFraming, type BodyWriter, createMessageWriter, type MessageWriter } from './writer.ts';

export interface Responder {
  begun(): boolean;
  /** Throws StreamFailed for a Content-Length that is none. */
  begin(status: number, headers: readonly Header[]): BodyWriter;
  /** An answer of the server's own. Once a response has begun, the connection is cut instead. */
  refuse(status: number, reason: string): void;
  /** The connection is gone. */
  lost(): void;
  unblocked(): void;
}

export interface ResponseOptions {
  connection: Connection;
  method: string;
  minor: 0 | 1;
  /** Asked when the head is written. */
  keepAlive(): boolean;
  date: string;
  /** Called once, when the last byte has been handed to the connection. */
  done(keepAlive: boolean): void;
}

export function createResponder(options: ResponseOptions): Responder {
  const { connection, method, minor } = options;
  let keepAlive = true;
  let writer: MessageWriter | undefined;
  let gone = false;

  const headText = (status: number, headers: readonly Header[], framing: BodyFraming): string => {
    let text = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`;
    let dated = false;
    for (const [name, value] of headers) {
      text += `${name}: ${value}\r\n`;
      dated ||= name.length === 4 && name.toLowerCase() === 'date';
    }
    if (!dated) text += `date: ${options.date}\r\n`;
    if (status !== 204 && status !== 304) text += framingText(framing);
    keepAlive = framing.kind !== 'close' && options.keepAlive();
    if (!keepAlive) return `${text}connection: close\r\n\r\n`;
    return minor === 0 ? `${text}connection: keep-alive\r\n\r\n` : `${text}\r\n`;
  };
  const framingText = (framing: BodyFraming): string => {
    if (framing.kind === 'chunked') return 'transfer-encoding: chunked\r\n';
    // The length of a body that HEAD does not ask for is not known unless the guest says it.
    return framing.kind === 'length' && method !== 'HEAD' ? `content-length: ${framing.length}\r\n` : '';
  };
  const begin = (status: number, headers: readonly Header[]): MessageWriter => {
    writer = createMessageWriter({
      connection,
      headers,
      bodiless: method === 'HEAD' || status === 204 || status === 304,
      mayChunk: minor === 1,
      head: framing => headText(status, headers, framing),
      done: () => options.done(keepAlive),
    });
    if (gone) writer.lost();
    return writer;
  };
  return {
    begun: () => writer !== undefined,
    begin,
    refuse(status, reason) {
      if (writer !== undefined) return writer.abort();
      const own = begin(status, [['content-type', 'text/plain; charset=utf-8']]);
      if (gone) return;
      own.write(fromLatin1(`${reason}\n`));
      own.finish();
    },
    lost() {
      gone = true;
      writer?.lost();
    },
    unblocked: () => writer?.unblocked(),
  };
}
