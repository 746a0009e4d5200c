/**
 * A client's transport to one cluster over TLS: one HTTP/2 connection carries every request and watch. Node only (Deno has
 * the same builtin). Used by the agent and the command line.
 *
 * Always: a request opens the connection when there is none, so it heals by itself; while anything is open, pings find a
 * server that died without a word and fail all its streams; an idle connection does not keep the process alive.
 */

import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';
import { type Http2Body, responseOf, sendBody } from './http2-stream.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 5_000;
/** Many watches share the connection: one that is read slowly must not block the others. */
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;
const STREAM_WINDOW_BYTES = 1024 * 1024;

export interface TlsTransportOptions {
  /** `https://host:port`; with several, the next is tried when one cannot be reached. */
  server: string | readonly string[];
  /** PEM. Absent: the system's authorities. */
  ca?: string;
  cert?: string;
  key?: string;
  token?: string | (() => string | undefined);
  /** The name in the server's certificate, when it is not the host of `server`. */
  serverName?: string;
  /** Takes any certificate: only for a kubeconfig that says so, or to fetch the CA that is then checked by its hash. */
  insecure?: boolean;
  pingIntervalMs?: number;
  pingTimeoutMs?: number;
}

export interface TlsTransport {
  (
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: Http2Body; signal?: AbortSignal },
  ): Promise<Response>;
  /** Ends the connection and everything on it. A later request opens a new one. */
  close(): void;
}

/** One connection. `open` counts the streams on it. */
interface Line {
  session: ClientHttp2Session;
  ready: Promise<void>;
  open: number;
  heardAt: number;
  pinger: NodeJS.Timeout | undefined;
}

export function createTlsTransport(options: TlsTransportOptions): TlsTransport {
  const servers = typeof options.server === 'string' ? [options.server] : [...options.server];
  const pingIntervalMs = options.pingIntervalMs ?? PING_INTERVAL_MS;
  const pingTimeoutMs = options.pingTimeoutMs ?? PING_TIMEOUT_MS;
  let next = 0;
  let line: Line | undefined;

  const dial = (): Line => {
    const server = servers[next % servers.length]!;
    const session = connect(server, {
      ca: options.ca,
      cert: options.cert,
      key: options.key,
      servername: options.serverName,
      rejectUnauthorized: !options.insecure,
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false },
    });
    const made: Line = {
      session,
      ready: whenConnected(session),
      open: 0,
      heardAt: performance.now(),
      pinger: undefined,
    };
    const leave = () => {
      if (line === made) line = undefined;
      clearTimeout(made.pinger);
    };
    made.ready.then(
      () => made.open === 0 && session.unref(),
      () => {
        next++;
        leave();
        session.destroy();
      },
    );
    // Its streams hear of it too and tell whoever waits.
    session.on('error', leave);
    session.on('close', leave);
    session.on('goaway', leave);
    return made;
  };

  const attempt = async (path: string, init: Parameters<TlsTransport>[1], on: Line): Promise<Response> => {
    await raceSignal(on.ready, init.signal);
    const token = typeof options.token === 'function' ? options.token() : options.token;
    const headers: Record<string, string> = { ':path': path, ':method': init.method ?? 'GET' };
    if (token) headers['authorization'] = `Bearer ${token}`;
    for (const [name, value] of Object.entries(init.headers ?? {})) headers[name.toLowerCase()] = value;
    const stream = on.session.request(headers, { endStream: init.body === undefined, signal: init.signal });
    watchOver(on, stream, pingIntervalMs, pingTimeoutMs);
    return exchange(stream, init.body, init.signal);
  };

  const transport = async (path: string, init: Parameters<TlsTransport>[1]): Promise<Response> => {
    init.signal?.throwIfAborted();
    const reused = line !== undefined && !line.session.closed;
    line = reused ? line : dial();
    try {
      return await attempt(path, init, line!);
    } catch (error) {
      // The old connection was gone before we noticed: a read is safe to send again, once.
      const safe = (init.method ?? 'GET') === 'GET' || isRefused(error);
      if (!reused || !safe || init.signal?.aborted || init.body instanceof ReadableStream) throw error;
      if (line?.session.destroyed || line?.session.closed) line = undefined;
      line ??= dial();
      return await attempt(path, init, line);
    }
  };
  return Object.assign(transport, { close: () => line?.session.destroy() });
}

function whenConnected(session: ClientHttp2Session): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error('the server did not answer in time')), CONNECT_TIMEOUT_MS);
  session.once('connect', () => {
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    resolve();
  });
  session.once('error', reject);
  session.once('close', () => reject(new Error('the connection was closed')));
  return promise.finally(() => clearTimeout(timer));
}

/** Pings while any stream is open; lets the process end when none is. */
function watchOver(line: Line, stream: ClientHttp2Stream, intervalMs: number, timeoutMs: number): void {
  const { session } = line;
  const ping = () => {
    if (session.destroyed) return;
    const deadline = setTimeout(() => session.destroy(new Error('the server no longer answers pings')), timeoutMs);
    const sent = session.ping(error => {
      clearTimeout(deadline);
      line.heardAt = performance.now();
      if (!error && line.open > 0) line.pinger = setTimeout(ping, intervalMs);
    });
    if (!sent) clearTimeout(deadline);
  };
  if (line.open++ === 0) {
    session.ref();
    // After a silence the connection may be dead without our knowing.
    line.pinger = setTimeout(ping, performance.now() - line.heardAt > intervalMs ? 0 : intervalMs);
  }
  stream.once('close', () => {
    if (--line.open > 0) return;
    clearTimeout(line.pinger);
    line.heardAt = Math.max(line.heardAt, performance.now());
    if (!session.destroyed) session.unref();
  });
}

function exchange(stream: ClientHttp2Stream, body: Http2Body | undefined, signal?: AbortSignal): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  stream.once('response', (headers: IncomingHttpHeaders) => resolve(responseOf(stream, headers)));
  stream.on('error', error => reject(signal?.aborted ? signal.reason : error));
  stream.once('close', () =>
    reject(signal?.aborted ? signal.reason : new Error('the connection was lost before an answer')),
  );
  if (body !== undefined) sendBody(stream, body).catch(reject);
  return promise;
}

function raceSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const fire = () => reject(signal.reason);
  signal.addEventListener('abort', fire, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', fire));
}

/** The server said that it did not begin: safe to send again whatever the method. */
const isRefused = (error: unknown): boolean => {
  const code = (error as { code?: string }).code;
  return (
    code === 'ERR_HTTP2_INVALID_SESSION' ||
    code === 'ERR_HTTP2_GOAWAY_SESSION' ||
    (error instanceof Error && error.message.includes('NGHTTP2_REFUSED_STREAM'))
  );
};
