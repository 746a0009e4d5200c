/** Accepts a sandbox's connections and keeps their deadlines. No timer runs while no connection is open. */
import { after, every, httpDate, monotonicMillis } from '../host/clock.ts';
import { listen } from '../host/net.ts';
import { type Exchange, type ServedConnection, serveConnection } from './connection.ts';

export interface HttpServer {
  port: number;
  /**
   * Asks clients to leave with each answer, after `settleMs` accepts no more; resolves when the exchanges under way are over.
   */
  drain(settleMs: number): Promise<void>;
  close(): void;
}

const SWEEP_MS = 1_000;
const CONNECTIONS_MAX = 2_048;

export async function createHttpServer(
  host: string,
  port: number,
  serve: (exchange: Exchange) => void,
): Promise<HttpServer> {
  const open = new Set<ServedConnection>();
  let date = httpDate();
  let stopSweep: (() => void) | undefined;
  let emptied: (() => void) | undefined;
  let leaving = false;

  const sweep = () => {
    date = httpDate();
    const now = monotonicMillis();
    for (const connection of open) connection.sweep(now);
  };
  const listener = await listen(host, port, connection => {
    if (open.size >= CONNECTIONS_MAX) return connection.destroy();
    if (stopSweep === undefined) {
      date = httpDate();
      stopSweep = every(SWEEP_MS, sweep);
    }
    const served = serveConnection(connection, {
      serve,
      date: () => date,
      leaving: () => leaving,
      closed() {
        open.delete(served);
        if (open.size > 0) return;
        stopSweep?.();
        stopSweep = undefined;
        emptied?.();
      },
    });
    open.add(served);
  });
  return {
    port: listener.port,
    async drain(settleMs) {
      leaving = true;
      if (settleMs > 0) await new Promise<void>(resolve => after(settleMs, resolve));
      listener.close();
      for (const connection of open) connection.drain();
      if (open.size > 0) await new Promise<void>(resolve => (emptied = resolve));
    },
    close() {
      listener.close();
      for (const connection of open) connection.destroy();
    },
  };
}
