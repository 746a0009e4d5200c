/**
 * The way by which the server reaches this agent: we dial out, upgrade the connection, and serve HTTP/2 on it. Called by main.
 *
 * Always: reconnects for as long as the agent runs; a connection that went dead without a word is found by pings.
 */
import { type Http2Session, performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import { connect, type TLSSocket } from 'node:tls';
import { createBackoff } from '../control/client/backoff.ts';
import type { Log } from '../control/machinery/log.ts';
import type { Clock, Dice } from '../control/platform/types.ts';
import type { Identity } from './identity.ts';

const TUNNEL_PROTOCOL = 'skerry-tunnel/1';
const CONNECT_TIMEOUT_MS = 10_000;
const HEAD_BYTES_MAX = 16 * 1024;
const PING_INTERVAL_MS = 20_000;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;
/** A connection that lasted this long was a good one: the next try comes at once. */
const GOOD_MS = 10_000;

/** Answers one request of the server's. */
export type StreamHandler = (stream: ServerHttp2Stream, path: string, method: string) => void;

export interface TunnelOptions {
  server: string;
  nodeName: string;
  identity(): Identity;
  handle: StreamHandler;
  clock: Clock;
  dice: Dice;
  log: Log;
  signal: AbortSignal;
}

export async function runTunnel(options: TunnelOptions): Promise<void> {
  const { clock, dice, log, signal } = options;
  const backoff = createBackoff({ initialMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS, dice });
  while (!signal.aborted) {
    const began = clock.monotonic();
    try {
      const socket = await dial(options);
      log('debug', 'the tunnel to the server is open');
      await serve(socket, options);
    } catch (error) {
      if (!signal.aborted) log('debug', 'the tunnel to the server was lost', { error: String(error) });
    }
    if (clock.monotonic() - began > GOOD_MS) backoff.reset();
    await clock.sleep(backoff.next(), signal).catch(() => {});
  }
}

/** A TLS connection after the server's 101. */
async function dial({ server, nodeName, identity, signal, clock }: TunnelOptions): Promise<TLSSocket> {
  const { hostname, port } = new URL(server);
  const { ca, cert, key } = identity();
  const socket = connect({
    host: hostname,
    port: Number(port || 443),
    ca,
    cert,
    key,
    ALPNProtocols: ['http/1.1'],
    servername: serverName(hostname),
  });
  const stop = () => socket.destroy(new Error('the agent is stopping'));
  signal.addEventListener('abort', stop, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', stop));
  const cancel = clock.after(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error('the server did not answer in time')));
  try {
    await event(socket, 'secureConnect');
    socket.setKeepAlive(true, PING_INTERVAL_MS);
    socket.setNoDelay(true);
    await written(
      socket,
      `GET /apis/skerry.dev/v1/nodes/${nodeName}/tunnel HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: ${TUNNEL_PROTOCOL}\r\n\r\n`,
    );
    const head = await readHead(socket);
    if (!/^HTTP\/1\.1 101 /.test(head)) throw new Error(`the server refused the tunnel: ${head.split('\r\n', 1)[0]}`);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    cancel();
  }
}

const serverName = (hostname: string): string | undefined => (/^[\d.]+$|:/.test(hostname) ? undefined : hostname);

function event(socket: TLSSocket, name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(name, () => resolve());
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('the connection was closed')));
  return promise;
}

/** Node aborts the process when HTTP/2 takes over a TLS socket whose last write is not finished. */
const written = (socket: TLSSocket, text: string): Promise<void> =>
  new Promise((resolve, reject) => void socket.write(text, error => (error ? reject(error) : resolve())));

/** The head of the answer; what follows it stays in the socket, for HTTP/2 to read. */
async function readHead(socket: TLSSocket): Promise<string> {
  let seen = Buffer.alloc(0);
  for (;;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) {
      await event(socket, 'readable');
      continue;
    }
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf('\r\n\r\n');
    if (end === -1 && seen.length > HEAD_BYTES_MAX) throw new Error('the server sent no answer to the upgrade');
    if (end === -1) continue;
    const rest = seen.subarray(end + 4);
    if (rest.length > 0) socket.unshift(rest);
    socket.removeAllListeners('readable');
    return seen.toString('latin1', 0, end);
  }
}

/** Resolves when the connection has ended. */
function serve(socket: TLSSocket, { handle, clock, log }: TunnelOptions): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const session = performServerHandshake(socket);
  session.on('stream', (stream, headers) => {
    stream.on('error', error => log('debug', 'a stream of the tunnel failed', { error: String(error) }));
    handle(stream, headers[':path'] ?? '/', headers[':method'] ?? 'GET');
  });
  const stopPings = keepAlive(session, clock);
  session.on('error', error => log('debug', 'the tunnel failed', { error: String(error) }));
  session.on('close', () => {
    stopPings();
    socket.destroy();
    resolve();
  });
  return promise;
}

function keepAlive(session: Http2Session, clock: Clock): () => void {
  let cancel = () => {};
  let answered = true;
  const tick = () => {
    if (session.destroyed) return;
    if (!answered) return session.destroy(new Error('no answer to a ping'));
    answered = false;
    session.ping(error => {
      answered = error === null;
    });
    cancel = clock.after(PING_INTERVAL_MS, tick, { background: true });
  };
  cancel = clock.after(PING_INTERVAL_MS, tick, { background: true });
  return () => cancel();
}
