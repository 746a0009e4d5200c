/**
 * One connection: from the client that was accepted, to an endpoint that can be reached, bytes both ways until both sides
 * have ended. Called by proxy.ts for each socket that listen.ts accepts.
 *
 * Always: every socket has a buffer of its own, and it is read into again only when the kernel has taken what was in it
 * (sharing one corrupts streams); a side that reads slowly slows the other down; an end is handed on as an end, an abort as
 * an abort; another endpoint is tried only before the first byte.
 */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../control/platform/types.ts';
import type { Endpoint } from './rules.ts';

const CONNECT_TIMEOUT_MS = 1_000;
const CONNECT_TRIES_MAX = 3;
const BUFFER_BYTES_MIN = 16 * 1024;
const BUFFER_BYTES_MAX = 256 * 1024;

export interface Route {
  /** Undefined: nobody is left to try. */
  pick(tried: ReadonlySet<string>): Endpoint | undefined;
  failed(endpoint: Endpoint): void;
  worked(endpoint: Endpoint): void;
  /** Where an endpoint is dialled. */
  address(endpoint: Endpoint): { host: string; port: number };
}

/** `client` is paused, and was accepted with allowHalfOpen. */
export function relay(client: Socket, route: Route, clock: Clock): void {
  const tried = new Set<string>();
  let upstream: Socket | undefined;
  client.setNoDelay(true);
  const clientGone = () => upstream?.destroy();
  client.on('error', clientGone);
  client.on('close', clientGone);

  const attempt = () => {
    const endpoint = tried.size < CONNECT_TRIES_MAX ? route.pick(tried) : undefined;
    if (!endpoint) return client.resetAndDestroy();
    tried.add(endpoint.key);
    dial(route.address(endpoint), client, clock, {
      started: socket => (upstream = socket),
      connected(socket) {
        route.worked(endpoint);
        client.off('error', clientGone);
        client.off('close', clientGone);
        join(client, socket);
      },
      failed() {
        if (client.destroyed) return;
        route.failed(endpoint);
        attempt();
      },
    });
  };
  attempt();
}

interface DialEvents {
  started(socket: Socket): void;
  connected(socket: Socket): void;
  failed(): void;
}

/** Bytes that come before `join` has set up the other direction go to the client all the same: it is there. */
function dial(to: { host: string; port: number }, client: Socket, clock: Clock, events: DialEvents): void {
  const reader = createReader(client);
  const socket = connect({ ...to, allowHalfOpen: true, noDelay: true, onread: reader.onread });
  reader.attach(socket);
  events.started(socket);
  let settled = false;
  const settle = (done: () => void) => {
    if (settled) return;
    settled = true;
    cancel();
    socket.off('error', failed);
    socket.off('close', failed);
    done();
  };
  const failed = () => {
    settle(() => {
      socket.on('error', () => {});
      socket.destroy();
      events.failed();
    });
  };
  const cancel = clock.after(CONNECT_TIMEOUT_MS, failed);
  socket.once('error', failed);
  socket.once('close', failed);
  socket.once('connect', () => settle(() => events.connected(socket)));
}

/**
 * Reads `source` into one buffer and writes from it to `sink`. The buffer grows while reads fill it. When the kernel has not
 * taken a write at once, reading stops until it has.
 */
function createReader(sink: Socket) {
  let source: Socket | undefined;
  let buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES_MIN);
  let held = false;
  const taken = () => {
    if (!held || sink.writableLength > 0) return;
    held = false;
    if (source && !source.destroyed) source.resume();
  };
  return {
    attach(socket: Socket) {
      source = socket;
    },
    onread: {
      buffer: () => buffer,
      callback(count: number, filled: Uint8Array): boolean {
        if (sink.destroyed) return false;
        sink.write(filled.subarray(0, count), taken);
        if (sink.writableLength > 0) {
          held = true;
          return false;
        }
        if (count === buffer.length && count < BUFFER_BYTES_MAX) buffer = Buffer.allocUnsafeSlow(count * 2);
        return true;
      },
    },
  };
}

/** Client → upstream by `data` and `drain`; upstream → client is the reader's; ends and aborts both ways. */
function join(client: Socket, upstream: Socket): void {
  client.on('data', chunk => {
    if (!upstream.write(chunk)) client.pause();
  });
  upstream.on('drain', () => client.resume());
  client.on('end', () => upstream.end());
  upstream.on('end', () => client.end());
  client.on('error', () => upstream.resetAndDestroy());
  upstream.on('error', () => client.resetAndDestroy());
  // A side that has ended both ways closes while the other may still have bytes to send.
  client.on('close', () => upstream.writableEnded || upstream.destroy());
  upstream.on('close', () => client.writableEnded || client.destroy());
  client.resume();
}
