/**
 * Holds a pod's address against other agents in the same network namespace, for instance those of a second local cluster:
 * a listener on a port that nobody else uses, which the kernel closes when this process ends, however it ends.
 */
import { createServer } from 'node:net';
import { aliasOf, type Claim } from './addresses.ts';

const CLAIM_PORT = 65_535;

export const claimAddress: Claim = ip => {
  const { promise, resolve } = Promise.withResolvers<(() => void) | undefined>();
  const server = createServer(socket => socket.destroy());
  // Where aliases cannot be bound at all, there is nothing to hold: the guest's own listener will say what is wrong.
  server.once('error', error => resolve((error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? undefined : () => {}));
  server.listen({ host: aliasOf(ip), port: CLAIM_PORT, exclusive: true }, () => {
    server.unref();
    resolve(() => void server.close());
  });
  return promise;
};
