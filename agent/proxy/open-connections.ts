/**
 * The connections that this host's listeners have taken and that still run. They outlast changes of rules, and end with the
 * agent: one that lies still (a client that keeps it for later) soon, one that carries something as late as can be.
 *
 * Always: once told to end, none is left after LAST_MS, so that nothing keeps the agent's process alive.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../control/platform/types.ts';

const LOOK_MS = 50;
/** Nothing either way for so long: no request is under way, as far as bytes can tell. */
const STILL_MS = 150;
const LAST_MS = 2_000;

export interface OpenConnections {
  add(socket: Socket): void;
  end(): void;
}

interface Seen {
  bytes: number;
  since: number;
}

export function createOpenConnections(clock: Clock): OpenConnections {
  const open = new Map<Socket, Seen>();
  const look = (endedAt: number) => {
    const now = clock.monotonic();
    for (const [socket, seen] of open) {
      const bytes = socket.bytesRead + socket.bytesWritten;
      if (bytes !== seen.bytes) open.set(socket, { bytes, since: now });
      // The client reads an end, not an error as after a reset.
      else if (now - seen.since >= STILL_MS) socket.destroySoon();
      if (now - endedAt >= LAST_MS) socket.destroy();
    }
    if (open.size > 0) clock.after(LOOK_MS, () => look(endedAt));
  };
  return {
    add(socket) {
      open.set(socket, { bytes: -1, since: 0 });
      socket.once('close', () => open.delete(socket));
    },
    end: () => look(clock.monotonic()),
  };
}
