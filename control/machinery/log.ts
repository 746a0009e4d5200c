/** How a part says what it does, for the person who runs the server. One line each; `fields` are for machines to search. */
import { timestamp } from './meta.ts';

export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Lines as `2026-11-21T09:00:00Z warn  message name=value`; debug ones only when asked for. */
export const createLog =
  (write: (line: string) => void, now: () => number, debug: boolean): Log =>
  (level, message, fields = {}) => {
    if (level === 'debug' && !debug) return;
    const rest = Object.entries(fields).map(
      ([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    write(`${timestamp(now())} ${level.padEnd(5)} ${message}${rest.join('')}`);
  };

/** For the log of a bug: where it happened. */
export const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
