/**
 * TCP for sandboxes, over node:net. Listening is for the one address that a sandbox's spec names; dialling is called only
 * with addresses that Network.connect has answered.
 */
import { connect as connectTcp, createServer, type Socket } from 'node:net';

export interface Connection {
  /** Set before the first byte can arrive. */
  data(bytes: Uint8Array): void;
  /** The other side will send no more. */
  ended(): void;
  /** There is room to write again. */
  drained(): void;
  closed(error: Error | undefined): void;
  /** False when `drained` will be called before more should be written. */
  write(bytes: Uint8Array): boolean;
  /** Bytes written that the kernel has not taken. */
  unsent(): number;
  pause(): void;
  resume(): void;
  /** Sends what is left, then closes. */
  end(): void;
  destroy(): void;
}

export interface Listener {
  port: number;
  /** Accepts no more; connections that are open stay so. */
  close(): void;
}

const BACKLOG = 1_024;
const nothing = () => undefined;

export function listen(host: string, port: number, accept: (connection: Connection) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, socket => accept(wrap(socket)));
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG, exclusive: true }, () => {
      const address = server.address();
      server.off('error', reject);
      // Running out of file descriptors while accepting must not end the sandbox.
      server.on('error', nothing);
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        close: () => server.close(),
      });
    });
  });
}

export interface DialOptions {
  host: string;
  port: number;
  timeoutMs: number;
  /** The name to check the certificate against; absent for plain TCP. */
  tls?: string;
}

export async function dial(options: DialOptions): Promise<Connection> {
  const { host, port } = options;
  // Loaded when first needed: most guests never speak TLS.
  const tls = options.tls === undefined ? undefined : await import('node:tls');
  return new Promise((resolve, reject) => {
    const socket =
      tls === undefined
        ? connectTcp({ host, port, noDelay: true, allowHalfOpen: true })
        : tls.connect({ host, port, servername: options.tls, ALPNProtocols: ['http/1.1'] });
    const failed = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(options.timeoutMs, () => failed(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
    socket.once('error', failed);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.setTimeout(0);
      socket.off('error', failed);
      resolve(wrap(socket));
    });
  });
}

function wrap(socket: Socket): Connection {
  let failure: Error | undefined;
  const connection: Connection = {
    data: nothing,
    ended: nothing,
    drained: nothing,
    closed: nothing,
    write: bytes => socket.write(bytes),
    unsent: () => socket.writableLength,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.end(),
    destroy: () => socket.destroy(),
  };
  socket.on('data', (bytes: Uint8Array) => connection.data(bytes));
  socket.on('end', () => connection.ended());
  socket.on('drain', () => connection.drained());
  socket.on('error', error => (failure = error));
  socket.on('close', () => connection.closed(failure));
  return connection;
}
