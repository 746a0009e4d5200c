/**
 * Tells a node port that some other program holds from one that a sibling holds, an agent of the same cluster on this box.
 * Whoever of the siblings binds an address also takes a mark for it, a name among Linux's abstract sockets, which live and
 * die with the process and are seen in the same network namespace only. So a mark that is free beside an address that is
 * taken means: nobody of us.
 *
 * Always: of all siblings one speaks, because speaking needs the mark; once for each time an address is waited for. Where
 * there are no abstract sockets nobody speaks.
 */
import { createServer, type Server } from 'node:net';
import { platform } from 'node:os';
import type { Clock } from '../../control/platform/types.ts';

/** A sibling that has just bound an address has its mark long before. */
const PATIENCE_MS = 2_000;
/** A sibling that ends may be followed by a foreigner. */
const LOOK_AGAIN_MS = 30_000;

export interface ForeignPorts {
  /** What has become of an address; `waiting` may be said again and again. */
  heard(key: string, state: 'bound' | 'waiting' | 'gone'): void;
  close(): void;
}

interface Watched {
  state: 'bound' | 'waiting';
  mark?: Server;
  told: boolean;
  cancel(): void;
}

export function createForeignPorts(options: {
  clock: Clock;
  /** What siblings have in common and other clusters of the box have not. */
  scope: string;
  /** Somebody else holds it. */
  foreign(key: string): void;
}): ForeignPorts {
  const { clock, scope, foreign } = options;
  const watched = new Map<string, Watched>();

  const look = async (key: string, entry: Watched) => {
    const outcome = entry.mark ?? (await takeMark(`\0skerry/${scope}/${key}`));
    if (watched.get(key) !== entry) return void (typeof outcome === 'object' && outcome.close());
    if (outcome === 'impossible') return;
    if (outcome === 'taken') return lookIn(LOOK_AGAIN_MS, key, entry);
    entry.mark = outcome;
    if (entry.state === 'bound' || entry.told) return;
    entry.told = true;
    foreign(key);
  };
  const lookIn = (ms: number, key: string, entry: Watched) => {
    entry.cancel();
    entry.cancel = clock.after(ms, () => void look(key, entry), { background: true });
  };
  const forget = (key: string, entry: Watched) => {
    entry.cancel();
    entry.mark?.close();
    watched.delete(key);
  };

  return {
    heard(key, state) {
      const entry = watched.get(key) ?? { state: 'waiting', told: false, cancel: () => {} };
      if (state === 'gone') return forget(key, entry);
      if (watched.has(key) && entry.state === state) return;
      watched.set(key, entry);
      entry.state = state;
      if (state === 'waiting') lookIn(PATIENCE_MS, key, entry);
      else {
        entry.cancel();
        void look(key, entry);
      }
    },
    close() {
      for (const [key, entry] of [...watched]) forget(key, entry);
    },
  };
}

function takeMark(path: string): Promise<Server | 'taken' | 'impossible'> {
  const { promise, resolve } = Promise.withResolvers<Server | 'taken' | 'impossible'>();
  if (platform() !== 'linux') return Promise.resolve('impossible');
  const server = createServer(socket => socket.destroy());
  server.once('error', error =>
    resolve((error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'taken' : 'impossible'),
  );
  server.listen({ path, exclusive: true }, () => {
    server.unref();
    resolve(server);
  });
  return promise;
}
