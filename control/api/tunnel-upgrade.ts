/**
 * Who may open a tunnel: an agent, with the certificate of its own node name. Everything else that wants to upgrade is
 * refused with the Status that a plain request would get.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { refusal } from '../auth/authorize.ts';
import type { Log } from '../machinery/log.ts';
import { requestInfo } from '../machinery/resource.ts';
import { badRequest, StatusError, unauthorized } from '../machinery/status.ts';
import type { Authenticate, Authorize } from './api.ts';
import { statusOf } from './errors.ts';
import type { Bindings } from './request.ts';
import { TUNNEL_PROTOCOL, type Tunnels } from './tunnel.ts';

interface Parts {
  tunnels: Tunnels;
  authenticate: Authenticate;
  authorize: Authorize;
  log: Log;
}

export const tunnelUpgrade =
  ({ tunnels, authenticate, authorize, log }: Parts) =>
  (request: IncomingMessage, socket: Duplex, head: Buffer, { peerCertificate }: Bindings): void => {
    const open = async () => {
      const { authorization } = request.headers;
      const user = await authenticate({ peerCertificate, authorization });
      if (!user) throw unauthorized();
      const path = (request.url ?? '/').split('?')[0]!;
      const info = requestInfo('GET', path, new URLSearchParams());
      const isTunnel = info.group === 'skerry.dev' && info.resource === 'nodes' && info.subresource === 'tunnel';
      if (!isTunnel || request.headers.upgrade?.toLowerCase() !== TUNNEL_PROTOCOL) {
        throw badRequest(`this path cannot be upgraded to ${request.headers.upgrade}`);
      }
      const attributes = { user, ...info };
      const decision = await authorize(attributes);
      // Rights come from the node's own name: what roles say in addition does not make one node another.
      const own = user.name === `system:node:${info.name}` || user.groups.includes('system:masters');
      if (!own || !decision.allowed) throw refusal(attributes, decision);
      tunnels.accept(info.name, socket, head);
      log('info', `tunnel of node ${info.name} is open`);
    };
    open().catch(error => refuse(socket, error, log));
  };

function refuse(socket: Duplex, error: unknown, log: Log): void {
  if (!(error instanceof StatusError)) log('error', `upgrade: ${error instanceof Error ? error.stack : error}`);
  const { status } = statusOf(error, log, 'upgrade');
  const body = JSON.stringify(status);
  // Whoever does not hang up after that must not keep the connection.
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
