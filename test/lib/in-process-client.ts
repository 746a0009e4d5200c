/** A client that speaks with a test server in this process, as control/main makes them. */
import type { Identity } from '../../control/auth/identity.ts';
import type { Client } from '../../control/client/client.ts';
import { createClient } from '../../control/client/rest.ts';
import type { TestServer } from './api-server.ts';

export function inProcessClient({ server }: TestServer, identity: Identity): Client {
  return createClient({
    userAgent: `skerry-test/${identity.name}`,
    transport: (path, init) => {
      const body = init.body as RequestInit['body'];
      return server.fetch(new Request(`http://test${path}`, { ...init, body }), { identity });
    },
  });
}
