/**
 * What travels with one request through the filters to a verb: who asks, what for, and what to warn about.
 *
 * Always: `identity` is set by in-process callers only; the network adapter (listen.ts) builds its bindings itself and
 * never sets it.
 */
import type { Context, MiddlewareHandler } from 'hono';
import type { Identity } from '../auth/identity.ts';
import type { RequestInfo } from '../machinery/resource.ts';

export interface Bindings {
  identity?: Identity;
  /** The client certificate in DER; the handshake proved that the peer has its key, nobody has verified its issuer yet. */
  peerCertificate?: Uint8Array;
  remoteAddress?: string;
}

interface Variables {
  auditId: string;
  info: RequestInfo;
  query: URLSearchParams;
  user: Identity;
  /** Sent back as Warning headers. */
  warnings: string[];
}

export type ApiEnv = { Bindings: Bindings; Variables: Variables };
export type ApiContext = Context<ApiEnv>;
export type Filter = MiddlewareHandler<ApiEnv>;

/** Go's reading of a boolean in a query: only its absence, `false` and `0` (and ParseBool's `f`) are false. */
export const flag = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && !/^(false|0|f)$/i.test(value);
};

/** Requests that live as long as their client wishes: no deadline, no place among the requests in flight. */
export const isLongRunning = (info: RequestInfo, query: URLSearchParams): boolean =>
  (info.verb === 'watch' && info.resourceRequest) ||
  (!info.resourceRequest && info.path.startsWith('/v2')) ||
  ['attach', 'exec', 'portforward', 'proxy', 'tunnel'].includes(info.subresource) ||
  (info.subresource === 'log' && flag(query, 'follow'));
