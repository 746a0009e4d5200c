/**
 * The API server as a Hono app: filters from the outside in, then discovery, OpenAPI, health, and the resources. The
 * network (listen.ts) and in-process callers enter through the same `fetch`; there is no side door.
 *
 * Always: filters run in apiserver's order; everything thrown becomes a Status; nothing here knows a Kind by name.
 */
import { Hono } from 'hono';
import type { Admission } from '../admission/chain.ts';
import type { Tokens } from '../auth/tokens.ts';
import type { Kind } from '../kinds/strategy.ts';
import { DEFAULT_RANGES } from '../machinery/address-ranges.ts';
import type { Log } from '../machinery/log.ts';
import type { Clock, Dice } from '../platform/types.ts';
import type { Store } from '../store/store.ts';
import { createAllocators } from './allocation.ts';
import type { Api, Authenticate, Authorize, RulesOf } from './api.ts';
import { createDiscovery } from './discovery.ts';
import { dispatch, nothingThere } from './dispatch.ts';
import { statusOf } from './errors.ts';
import { authentication } from './filters/authentication.ts';
import { authorization } from './filters/authorization.ts';
import { deadline } from './filters/deadline.ts';
import { impersonation } from './filters/impersonation.ts';
import { inFlight } from './filters/in-flight.ts';
import { receive } from './filters/receive.ts';
import { type HealthChecks, mountHealth } from './health.ts';
import { createKinds } from './kind-index.ts';
import { createLister } from './lister.ts';
import { mountDiscovery } from './mount-discovery.ts';
import { createObjects } from './objects.ts';
import { createOpenApi } from './openapi.ts';
import type { ApiContext, ApiEnv, Bindings } from './request.ts';
import { headersOf, send } from './respond.ts';
import type { Tunnels } from './tunnel.ts';

export interface ApiOptions {
  store: Store;
  kinds: readonly Kind[];
  authenticate: Authenticate;
  authorize: Authorize;
  /** For SelfSubjectRulesReview. */
  rulesOf?: RulesOf;
  admission: (api: Api) => Admission;
  clock: Clock;
  dice: Dice;
  log: Log;
  version: string;
  signal: AbortSignal;
  /** Served under /v2 to those who are known; its environment has the `user`. */
  registry?: { fetch(request: Request, env?: unknown): Response | Promise<Response> };
  tunnels?: Tunnels;
  tokens?: Tokens;
  health?: HealthChecks;
  /** Where Services get their addresses; absent: the default block. */
  serviceCidr?: string;
  /** PEM: what a joining agent checks against its token before it trusts anything else. */
  clusterCa?: string;
}

export interface ApiServer {
  fetch(request: Request, bindings?: Bindings): Promise<Response>;
  api: Api;
}

export function createApi(options: ApiOptions): ApiServer {
  const { store, clock, dice, log, authorize } = options;
  const kinds = createKinds(options.kinds);
  const objects = createObjects();
  const api: Api = {
    ...{ store, clock, dice, log, authorize, kinds, objects },
    signal: options.signal,
    authenticate: options.authenticate,
    rulesOf: options.rulesOf,
    allocatorOf: createAllocators({ serviceCidr: options.serviceCidr ?? DEFAULT_RANGES.serviceCidr }),
    lister: createLister({ store, objects, kinds }),
    tunnels: options.tunnels,
    tokens: options.tokens,
    admission: { mutate: async () => {}, validate: async () => {} },
  };
  api.admission = options.admission(api);
  const app = new Hono<ApiEnv>();
  app.onError((error, c) => respondError(c as ApiContext, error, log));
  app.notFound(c => respondError(c as ApiContext, nothingThere(), log));
  app.use(receive(dice));
  if (options.clusterCa) app.get('/cacerts', c => send(c, 200, 'application/x-pem-file', options.clusterCa!));
  app.use(authentication(options.authenticate), impersonation(authorize));
  if (options.registry) {
    const { registry } = options;
    const serve = (c: ApiContext) => registry.fetch(c.req.raw, { user: c.get('user') });
    app.all('/v2', serve);
    app.all('/v2/*', serve);
  }
  app.use(inFlight(), authorization(authorize), deadline(clock));
  mountHealth(app, options.health ?? { live: {}, ready: {} });
  const discovery = createDiscovery(options.kinds);
  mountDiscovery(app, { discovery, openApi: createOpenApi(discovery), version: options.version });
  app.all('/api/*', c => dispatch(api, c));
  app.all('/apis/*', c => dispatch(api, c));
  return { api, fetch: async (request, bindings = {}) => app.fetch(request, bindings) };
}

function respondError(c: ApiContext, error: unknown, log: Log): Response {
  const { status, retryAfterSeconds } = statusOf(error, log, `${c.req.method} ${c.get('info')?.path}`);
  const headers = headersOf(c, 'application/json');
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
  if (status.code === 401) headers['www-authenticate'] = 'Bearer realm="skerry"';
  return new Response(`${JSON.stringify(status)}\n`, { status: status.code, headers });
}
