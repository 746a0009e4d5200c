/**
 * The network side of the API: one TLS port that speaks HTTP/2, HTTP/1.1 and to clients without ALPN, asks for a client
 * certificate without insisting on one, and hands upgraded connections to whoever takes them.
 *
 * Always: bindings are built here from the socket alone, so no request can claim an identity; a client that aborts,
 * stalls or sends rubbish costs its own connection and nothing else.
 */
import type { IncomingMessage } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2Session,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { createAdaptorServer } from '@hono/node-server';
import type { Clock } from '../platform/types.ts';
import type { Bindings } from './request.ts';

/** A client must have sent its request's headers by then. */
const HEADERS_TIMEOUT_MS = 20_000;
/** Long enough for the largest body over a slow link; watches are responses and not limited by it. */
const REQUEST_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_TIMEOUT_MS = 90_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const STREAMS_PER_CONNECTION_MAX = 1_000;
/** Some 60 KB each, whoever it is: what comes on top is not taken, so that the box's memory is not a stranger's to fill. */
const CONNECTIONS_MAX = 4_000;
/** How long a stop waits for open requests before it cuts them. */
const DRAIN_MS = 1_000;

export interface ListenOptions {
  fetch: (request: Request, bindings: Bindings) => Response | Promise<Response>;
  host: string;
  port: number;
  /** PEM. */
  certificate: ServerCertificate;
  /** PEM of the CA whose client certificates are expected; sent to clients as a hint only. */
  clientCa: string;
  /** Takes over an upgraded connection; answers and closes it itself when it refuses. */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, bindings: Bindings) => void;
  clock: Clock;
  log: (message: string) => void;
}

export interface ServerCertificate {
  certificate: string;
  key: string;
}

export interface Listener {
  port: number;
  /** New connections are answered with a fresh certificate when the current one's time has come. */
  renewIfDue(isDue: (certificatePem: string) => boolean, make: () => Promise<ServerCertificate>): Promise<void>;
  close(): Promise<void>;
}

export async function listen(options: ListenOptions): Promise<Listener> {
  let current = options.certificate;
  const server = createAdaptorServer({
    fetch: (request, env) => options.fetch(request, bindingsOfRequest(env.incoming)),
    createServer: createSecureServer,
    // Bodies that a filter refused unread must not be kept waiting for.
    autoCleanupIncoming: true,
    serverOptions: {
      allowHTTP1: true,
      requestCert: true,
      rejectUnauthorized: false,
      ...contextOf(options.clientCa, current),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      settings: { maxConcurrentStreams: STREAMS_PER_CONNECTION_MAX, enablePush: false },
    },
  }) as Http2SecureServer;
  server.maxConnections = CONNECTIONS_MAX;
  const sockets = trackSockets(server);
  const sessions = trackSessions(server);
  surviveClients(server);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      options.upgrade(request, socket, head, bindingsOf(socket, socket as TLSSocket));
    } catch (error) {
      options.log(`upgrade of ${request.url}: ${error}`);
      socket.destroy();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', error => options.log(`listener: ${error.message}`));
  return {
    port: (server.address() as AddressInfo).port,
    renewIfDue: async (isDue, make) => {
      if (!isDue(current.certificate)) return;
      current = await make();
      server.setSecureContext({ ...contextOf(options.clientCa, current) });
    },
    close: () => drain(server, { sockets, sessions }, options.clock),
  };
}

const contextOf = (ca: string, { certificate, key }: ServerCertificate) => ({
  ca,
  cert: certificate,
  key,
  minVersion: 'TLSv1.2' as const,
});

/** The certificate is read once per connection and keeps its identity, so that its verification can be remembered by it. */
const bindingsByConnection = new WeakMap<object, Bindings>();

function bindingsOfRequest(incoming: IncomingMessage | Http2ServerRequest): Bindings {
  // An HTTP/2 request shows a socket of its own; the connection is the session.
  const session = 'stream' in incoming ? incoming.stream.session : undefined;
  if (session) return bindingsOf(session, session.socket as TLSSocket);
  return bindingsOf(incoming.socket, incoming.socket as TLSSocket);
}

function bindingsOf(connection: object, socket: TLSSocket): Bindings {
  const known = bindingsByConnection.get(connection);
  if (known) return known;
  const certificate = socket.getPeerX509Certificate?.();
  const bindings: Bindings = {
    peerCertificate: certificate ? new Uint8Array(certificate.raw) : undefined,
    remoteAddress: socket.remoteAddress,
  };
  bindingsByConnection.set(connection, bindings);
  return bindings;
}

function trackSockets(server: Http2SecureServer): Set<Socket> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', track);
  server.on('secureConnection', track);
  return sockets;
}

function trackSessions(server: Http2SecureServer): Set<Http2Session> {
  const sessions = new Set<Http2Session>();
  server.on('session', session => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  return sessions;
}

/** Resets, failed handshakes and malformed frames are the peer's business: the connection ends, the server goes on. */
function surviveClients(server: Http2SecureServer): void {
  server.on('tlsClientError', (_error, socket: Socket) => socket.destroy());
  server.on('clientError', (_error: Error, socket: Duplex) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_TIMEOUT_MS);
  });
  server.on('session', session => {
    session.on('error', () => session.destroy());
    endWhenIdle(session);
  });
  server.on('sessionError', (_error, session) => session.destroy());
  server.on('stream', stream => stream.on('error', () => stream.destroy()));
}

/** As HTTP/1.1 connections end that nobody uses; one with an open watch is in use, however silent. */
function endWhenIdle(session: ServerHttp2Session): void {
  let open = 0;
  session.on('stream', stream => {
    open++;
    stream.once('close', () => open--);
  });
  session.setTimeout(KEEP_ALIVE_TIMEOUT_MS, () => {
    if (open === 0) session.close();
  });
}

/** Tells clients to go elsewhere, lets them finish what they asked for, and then cuts. */
async function drain(
  server: Http2SecureServer,
  { sockets, sessions }: { sockets: Set<Socket>; sessions: Set<Http2Session> },
  clock: Clock,
): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  for (const session of sessions) session.close();
  const cancel = clock.after(DRAIN_MS, () => {
    for (const socket of sockets) socket.destroy();
  });
  await closed;
  cancel();
}
