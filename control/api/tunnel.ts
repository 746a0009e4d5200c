/**
 * The way back to the agents: each dials out, upgrades one TLS connection, and from then on serves HTTP/2 on it while
 * this side is the client. Logs, exec and metrics of a node travel here; a node needs no inbound port.
 *
 * Always: one tunnel per node, the newest wins; who may open it was decided by the caller (listen.ts).
 * Called by listen.ts (accept) and by subresources (request, open).
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { serviceUnavailable } from '../machinery/status.ts';
import { responseOf } from '../platform/http2-stream.ts';
import type { Clock } from '../platform/types.ts';

export const TUNNEL_PROTOCOL = 'skerry-tunnel/1';
/** A half-open connection is noticed after at most two of these. */
const PING_INTERVAL_MS = 20_000;
const TUNNEL_WINDOW_BYTES = 1024 * 1024;

export interface Tunnels {
  /** Speaks HTTP over the node's tunnel; the body of the response streams. Rejects with ServiceUnavailable when the node has none. */
  request(node: string, path: string, init?: TunnelRequest): Promise<Response>;
  /** A raw two-way stream (CONNECT-like POST) for exec and port-forward; resolves when the agent has answered 200. */
  open(node: string, path: string, headers?: Record<string, string>): Promise<Duplex>;
  /** Takes over an upgraded connection of this node. */
  accept(node: string, socket: Duplex, head: Uint8Array): void;
  nodes(): string[];
  close(): void;
}

interface TunnelRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
  signal?: AbortSignal;
}

export function createTunnels({ clock, log }: { clock: Clock; log: (message: string) => void }): Tunnels {
  const sessions = new Map<string, ClientHttp2Session>();

  function accept(node: string, socket: Duplex, head: Uint8Array): void {
    const answer = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${TUNNEL_PROTOCOL}\r\n\r\n`;
    if (head.byteLength > 0) socket.unshift(head);
    socket.on('error', error => log(`tunnel of ${node}: ${error.message}`));
    // Node aborts the process when HTTP/2 takes over a TLS socket whose last write is not finished.
    socket.write(answer, error => (error ? socket.destroy() : begin(node, socket)));
  }

  function begin(node: string, socket: Duplex): void {
    const session = connect(`http://${node}`, {
      createConnection: () => socket,
      settings: { initialWindowSize: TUNNEL_WINDOW_BYTES, enablePush: false },
    });
    const previous = sessions.get(node);
    sessions.set(node, session);
    previous?.close();
    const stopPings = keepAlive(session, clock);
    session.on('error', error => log(`tunnel of ${node}: ${error.message}`));
    session.on('close', () => {
      stopPings();
      if (sessions.get(node) === session) sessions.delete(node);
    });
  }

  function start(node: string, path: string, init: TunnelRequest): ClientHttp2Stream {
    const session = sessions.get(node);
    if (!session || session.closed || session.destroyed) throw unreachable(node, path, 'its agent is not connected');
    const stream = session.request(
      { ...init.headers, ':method': init.method ?? 'GET', ':path': path },
      { endStream: init.body === undefined && (init.method ?? 'GET') === 'GET' },
    );
    const cancel = () => stream.close();
    init.signal?.addEventListener('abort', cancel, { once: true });
    stream.once('close', () => init.signal?.removeEventListener('abort', cancel));
    if (init.signal?.aborted) cancel();
    return stream;
  }

  return {
    accept,
    request: async (node, path, init = {}) => {
      const stream = start(node, path, init);
      if (init.body !== undefined) stream.end(init.body);
      return responseOf(stream, await answer(stream, node, path));
    },
    open: async (node, path, headers) => {
      const stream = start(node, path, { method: 'POST', headers });
      const { ':status': status } = await answer(stream, node, path);
      if (Number(status) === 200) return stream;
      stream.close();
      throw unreachable(node, path, `the agent answered ${status}`);
    },
    nodes: () => [...sessions.keys()],
    close: () => {
      for (const session of sessions.values()) session.destroy();
      sessions.clear();
    },
  };
}

/** Worded as the kubelet client's errors are, so that `kubectl logs` reads familiar. */
const unreachable = (node: string, path: string, why: string) =>
  serviceUnavailable(`Get "https://${node}:10250${path}": tunnel to node "${node}": ${why}`);

function answer(stream: ClientHttp2Stream, node: string, path: string): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    stream.once('response', resolve);
    // Later errors belong to the body; without a listener they would end the process.
    stream.on('error', error => reject(unreachable(node, path, error.message)));
    stream.once('close', () => reject(unreachable(node, path, 'the connection was lost')));
  });
}

function keepAlive(session: ClientHttp2Session, clock: Clock): () => void {
  let answered = true;
  let cancel = () => {};
  const tick = () => {
    if (!answered) return session.destroy(new Error('no answer to a ping'));
    answered = false;
    session.ping(error => {
      answered = !error;
    });
    cancel = clock.after(PING_INTERVAL_MS, tick, { background: true });
  };
  cancel = clock.after(PING_INTERVAL_MS, tick, { background: true });
  return () => cancel();
}
