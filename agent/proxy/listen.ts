/**
 * The addresses on which this host's own processes reach Services: what should be bound, compared with what is.
 *
 * Always: an address that somebody else has (another agent of this box, as a rule) is taken as soon as it is free; waiting
 * costs one attempt per RETRY_MS however many addresses wait, because they mostly become free together.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../../control/machinery/log.ts';
import type { Clock } from '../../control/platform/types.ts';

export const RETRY_MS = 200;
const CONNECTIONS_MAX = 10_000;
const BACKLOG = 1_024;
const PRIVILEGED_PORTS = 1_024;

export interface Listeners {
  /** `address:port` of everything that should be bound from now on. Connections that are open stay so. */
  want(keys: Iterable<string>): void;
  /** What is bound now. */
  bound(): string[];
  close(): void;
}

interface Options {
  clock: Clock;
  log: Log;
  /** A paused, half-open socket that came in at `key`. */
  accept(key: string, socket: Socket): void;
  /** What becomes of an address; `waiting` after each attempt that finds it taken. */
  heard?(key: string, state: 'bound' | 'waiting' | 'gone'): void;
}

type State = { is: 'opening' | 'bound'; server: Server } | { is: 'waiting' } | { is: 'impossible' };

export function createListeners({ clock, log, accept, heard = () => {} }: Options): Listeners {
  const states = new Map<string, State>();
  /** In the order in which they are tried. */
  const waiting = new Set<string>();
  let cancelRetry: (() => void) | undefined;
  let privilegeLogged = false;

  const open = (key: string) => {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, socket => accept(key, socket));
    server.maxConnections = CONNECTIONS_MAX;
    states.set(key, { is: 'opening', server });
    waiting.delete(key);
    server.on('error', (error: NodeJS.ErrnoException) => refused(key, server, error));
    server.listen({ ...split(key), exclusive: true, backlog: BACKLOG }, () => {
      if (states.get(key)?.is !== 'opening') return void server.close();
      states.set(key, { is: 'bound', server });
      heard(key, 'bound');
      // The one before has gone: the others have probably become free with it.
      for (const other of [...waiting]) open(other);
    });
  };

  const refused = (key: string, server: Server, error: NodeJS.ErrnoException) => {
    const state = states.get(key);
    if (!state || !('server' in state) || state.server !== server) return;
    // Accepting failed (too many files): the listener itself goes on.
    if (state.is === 'bound') return log('warn', `cannot accept at ${key}`, { error: error.message });
    if (error.code === 'EADDRINUSE') return wait(key);
    states.set(key, { is: 'impossible' });
    if (error.code !== 'EACCES' || split(key).port >= PRIVILEGED_PORTS)
      return log('warn', `cannot listen at ${key}`, { error: error.message });
    if (!privilegeLogged)
      log(
        'info',
        `no permission to listen below port ${PRIVILEGED_PORTS}: pods reach these Services, this host does not`,
        { key },
      );
    privilegeLogged = true;
  };

  const wait = (key: string) => {
    states.set(key, { is: 'waiting' });
    waiting.add(key);
    heard(key, 'waiting');
    cancelRetry ??= clock.after(RETRY_MS, retry, { background: true });
  };
  const retry = () => {
    cancelRetry = undefined;
    const next = waiting.keys().next();
    if (!next.done) open(next.value);
  };
  const drop = (key: string) => {
    const state = states.get(key);
    states.delete(key);
    waiting.delete(key);
    heard(key, 'gone');
    if (state && 'server' in state) state.server.close();
  };

  return {
    want(keys) {
      const wanted = new Set(keys);
      for (const key of [...states.keys()]) if (!wanted.has(key)) drop(key);
      for (const key of wanted) if (!states.has(key)) open(key);
    },
    bound: () => [...states].filter(([, state]) => state.is === 'bound').map(([key]) => key),
    close() {
      cancelRetry?.();
      for (const key of [...states.keys()]) drop(key);
    },
  };
}

function split(key: string): { host: string; port: number } {
  const colon = key.lastIndexOf(':');
  return { host: key.slice(0, colon), port: Number(key.slice(colon + 1)) };
}
