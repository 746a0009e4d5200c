/**
 * An API server in this process, on the memory store, for tests: real Kinds, real RBAC, a clock that is the machine's.
 * `as` gives a fetch that speaks as somebody; `admin` may do everything.
 */
import { defaultAdmission } from '../../control/admission/all.ts';
import { type ApiServer, createApi } from '../../control/api/app.ts';
import type { Tunnels } from '../../control/api/tunnel.ts';
import { createAuthorizer } from '../../control/auth/authorize.ts';
import { defaultClusterRoleBindings, defaultClusterRoles } from '../../control/auth/default-roles.ts';
import { AUTHENTICATED, type Identity, MASTERS } from '../../control/auth/identity.ts';
import { createRbac } from '../../control/auth/rbac.ts';
import { kinds } from '../../control/kinds/all.ts';
import { VERSION } from '../../control/machinery/version.ts';
import { createNodePlatform } from '../../control/platform/node.ts';
import type { Platform } from '../../control/platform/types.ts';
import { createMemoryStore } from '../../control/store/engines/memory.ts';
import type { Store } from '../../control/store/store.ts';

export interface TestServer {
  server: ApiServer;
  store: Store;
  platform: Platform;
  /** JSON in and out as the administrator. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  as(identity: Identity): TestServer['call'];
  close(): Promise<void>;
}

interface Answer {
  code: number;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into has many shapes
  body: any;
  text: string;
  headers: Headers;
}

export const ADMIN: Identity = { name: 'kubernetes-admin', groups: [MASTERS, AUTHENTICATED] };

export async function startTestServer(
  options: { tunnels?: Tunnels; logs?: string[]; serviceCidr?: string } = {},
): Promise<TestServer> {
  const platform = createNodePlatform();
  const store = createMemoryStore({ clock: platform.clock });
  const policy = {
    clusterRoles: defaultClusterRoles(),
    clusterRoleBindings: defaultClusterRoleBindings(),
    roles: [],
    roleBindings: [],
  };
  const rbac = createRbac(() => policy);
  const stopping = new AbortController();
  // What a listening socket does for a real server: timers in the background alone would let the process end.
  const alive = setInterval(() => {}, 60_000);
  const { authorize } = createAuthorizer({ rbac });
  const server = createApi({
    store,
    kinds,
    authenticate: () => undefined,
    authorize,
    admission: api => defaultAdmission({ lister: api.lister, rights: api, clock: platform.clock }),
    clock: platform.clock,
    dice: platform.dice,
    log: (level, message) => options.logs?.push(`${level}: ${message}`),
    version: VERSION,
    signal: stopping.signal,
    tunnels: options.tunnels,
    serviceCidr: options.serviceCidr,
  });
  const as =
    (identity: Identity): TestServer['call'] =>
    async (method, path, body, headers = {}) => {
      const sent = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
      const request = new Request(`http://test${path}`, {
        method,
        body: sent,
        headers: { ...JSON_TYPE(body), ...headers },
      });
      const response = await server.fetch(request, { identity });
      const text = await response.text();
      return { code: response.status, text, body: parsed(text), headers: response.headers };
    };
  const call = as(ADMIN);
  for (const name of ['default', 'kube-system']) {
    await call('POST', '/api/v1/namespaces', { metadata: { name } });
    await call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
  }
  const close = async () => {
    clearInterval(alive);
    stopping.abort();
    await store.close();
  };
  return { server, store, platform, call, as, close };
}

const JSON_TYPE = (body: unknown): Record<string, string> =>
  body === undefined ? {} : { 'content-type': 'application/json' };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
