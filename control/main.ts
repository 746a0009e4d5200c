/**
 * `skerry server`: the composition root of the control plane. Wires, decides nothing: platform → store → API → listener →
 * in-process clients → scheduler and controllers. Stops in the reverse order.
 */
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { defaultAdmission } from './admission/all.ts';
import { type ApiServer, createApi } from './api/app.ts';
import { writeDefaultObjects } from './api/default-objects.ts';
import { joinToken } from './api/join-token.ts';
import { differingRanges } from './api/kept-ranges.ts';
import { type Listener, listen } from './api/listen.ts';
import { openPki, type Pki } from './api/pki.ts';
import { createSecurity } from './api/security.ts';
import { createTunnels } from './api/tunnel.ts';
import { tunnelUpgrade } from './api/tunnel-upgrade.ts';
import { AUTHENTICATED, BOOTSTRAPPERS, MASTERS } from './auth/identity.ts';
import type { Command, Context, Input } from './cli/command.ts';
import type { Client } from './client/client.ts';
import { createClient } from './client/rest.ts';
import { ConfigError, configOf, SERVER_OPTIONS, type ServerConfig } from './config.ts';
import { startControllers } from './controllers/start.ts';
import { kinds } from './kinds/all.ts';
import { addressAt, parseCidr } from './machinery/cidr.ts';
import { createLog, type Log, stackOf } from './machinery/log.ts';
import { VERSION } from './machinery/version.ts';
import type { Platform } from './platform/types.ts';
import { type Access, createRegistry, type Verdict } from './registry/app.ts';
import { collectHourly } from './registry/collect-hourly.ts';
import { startScheduler } from './scheduler/scheduler.ts';
import { openEmbeddedStore } from './store/engines/embedded.ts';
import type { Store } from './store/store.ts';

const DAY_MS = 86_400_000;
const SERVICE_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

export const command: Command = {
  name: 'server',
  summary: 'Runs the control plane of a cluster on this box',
  operands: '',
  options: SERVER_OPTIONS,
  notes: 'Writes admin.kubeconfig and join-token into --state once it serves.',
  run,
};

async function run(input: Input, { platform, terminal, env, signal }: Context): Promise<number> {
  const log = createLog(terminal.error, () => platform.clock.now(), env['SKERRY_LOG'] === 'debug');
  process.on('unhandledRejection', error => log('error', 'a promise was rejected unseen', { error: stackOf(error) }));
  try {
    const config = configOf(name => input.text(name), { addresses: ownAddresses(), resolve: path => resolve(path) });
    await runServer(config, { platform, log, ready: url => terminal.out(`skerry server ready ${url}`) }, signal);
    return 0;
  } catch (error) {
    const code = (error as { code?: string }).code;
    const explained = error instanceof ConfigError || code === 'EADDRINUSE' || code === 'ELOCKED' || code === 'EACCES';
    if (!explained) throw error;
    terminal.error(`skerry server: ${(error as Error).message}`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

interface ServerParts {
  platform: Platform;
  log: Log;
  ready(url: string): void;
}

/** Serves until the signal; resolves when everything has stopped. */
export async function runServer(config: ServerConfig, { platform, log, ready }: ServerParts, signal: AbortSignal) {
  const { files, clock } = platform;
  await files.makeDirectory(config.directory, { mode: 0o700 });
  const unlock = await files.lock(`${config.directory}/lock`);
  const stopping = new AbortController();
  const cleanups: (() => Promise<void> | void)[] = [unlock];
  try {
    const differing = await differingRanges(config.ranges, { files, path: `${config.directory}/ranges.json` });
    if (differing) throw new ConfigError(differing);
    const store = await openEmbeddedStore({
      directory: `${config.directory}/store`,
      platform,
      report: line => log('info', `store: ${line}`),
    });
    cleanups.push(() => store.close());
    const pki = await openPki(platform, `${config.directory}/pki`);
    const { server, listener } = await serve(config, { platform, log, store, pki, signal: stopping.signal });
    cleanups.push(() => listener.close());
    const port = listener.port;
    const address = isLoopback(config.advertise) ? undefined : config.advertise;
    await writeDefaultObjects(server, { address, port, serviceIp: serviceAddress(config) });
    const loops = startLoops(config, { platform, log, server, pki, signal: stopping.signal });
    cleanups.push(() => loops);
    const url = `https://${config.advertise.includes(':') ? `[${config.advertise}]` : config.advertise}:${port}`;
    await writeAccess(config, { platform, server, pki, url });
    ready(url);
    keepRenewed(config, { pki, listener, clock, log, signal: stopping.signal });
    await ended(signal);
    log('info', 'stopping');
  } finally {
    stopping.abort();
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

interface Serving {
  platform: Platform;
  log: Log;
  store: Store;
  pki: Pki;
  signal: AbortSignal;
}

async function serve(
  config: ServerConfig,
  { platform, log, store, pki, signal }: Serving,
): Promise<{ server: ApiServer; listener: Listener }> {
  const { clock, dice, files } = platform;
  let server: ApiServer;
  const security = createSecurity(() => server.api, pki);
  const tunnels = createTunnels({ clock, log: message => log('debug', message) });
  signal.addEventListener('abort', () => tunnels.close(), { once: true });
  const registry = createRegistry({
    ...{ clock, dice, files, log },
    directory: registryDirectory(config),
    authorize,
  });
  server = createApi({
    ...{ store, kinds, clock, dice, log, tunnels, registry, signal },
    authenticate: security.authenticate,
    authorize: security.authorize,
    rulesOf: security.rulesOf,
    tokens: security.tokens,
    admission: api =>
      defaultAdmission({ lister: api.lister, rights: api, clock, tolerationSeconds: config.tolerationSeconds }),
    version: VERSION,
    clusterCa: pki.caPem,
    serviceCidr: config.ranges.serviceCidr,
    health: { live: {}, ready: { store: () => store.status().alarm } },
  });
  await security.follow(signal);
  const listener = await listen({
    ...{ host: config.host, port: config.port, clock, clientCa: pki.caPem },
    fetch: server.fetch,
    certificate: await pki.issueServer(sansOf(config)),
    upgrade: tunnelUpgrade({ tunnels, authenticate: security.authenticate, authorize: security.authorize, log }),
    log: message => log('warn', message),
  });
  return { server, listener };
}

/** Agents and who else is known pull; who administers the cluster pushes; a box that only joins has no business here. */
function authorize({ env, action }: Access): Verdict {
  const { groups } = (env as { user: { groups: string[] } }).user;
  if (groups.includes(MASTERS)) return 'allowed';
  if (!groups.includes(AUTHENTICATED)) return 'unauthenticated';
  return action === 'pull' && !groups.includes(BOOTSTRAPPERS) ? 'allowed' : 'forbidden';
}

interface Loops {
  platform: Platform;
  log: Log;
  server: ApiServer;
  pki: Pki;
  signal: AbortSignal;
}

async function startLoops(config: ServerConfig, { platform, log, server, pki, signal }: Loops): Promise<void> {
  const { clock, dice } = platform;
  const as = (name: string): Client => inProcessClient(server, name);
  await Promise.all([
    startScheduler({ ...{ clock, dice, log, signal }, client: as('system:kube-scheduler') }),
    startControllers({
      ...{ clock, dice, log, signal },
      client: as('system:kube-controller-manager'),
      sign: pki.sign,
      caPem: pki.caPem,
      options: { nodeGraceMs: config.nodeGraceMs, ranges: config.ranges },
    }),
    collectHourly({ directory: registryDirectory(config), files: platform.files, clock, log, signal }),
  ]);
}

/** The API's own door, with the rights of this name. */
function inProcessClient(server: ApiServer, name: string): Client {
  const identity = { name, groups: [AUTHENTICATED] };
  const userAgent = name.slice('system:'.length);
  return createClient({
    userAgent,
    transport: (path, { signal, ...init }) =>
      server.fetch(new Request(`http://skerry${path}`, { ...init, signal } as RequestInit), { identity }),
  });
}

async function writeAccess(
  { directory }: ServerConfig,
  { platform, server, pki, url }: { platform: Platform; server: ApiServer; pki: Pki; url: string },
): Promise<void> {
  const { files } = platform;
  const write = (name: string, text: string) =>
    files.replace(`${directory}/${name}`, new TextEncoder().encode(text), { mode: 0o600 });
  const token = await joinToken(server, { platform, path: `${directory}/join-token`, caPem: pki.caPem });
  await write('join-token', `${token}\n`);
  const base64 = (text: string) => new TextEncoder().encode(text).toBase64();
  const name = 'skerry';
  const user = { 'client-certificate-data': base64(pki.admin.certificate), 'client-key-data': base64(pki.admin.key) };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': base64(pki.caPem) } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  await write('admin.kubeconfig', `${JSON.stringify(kubeconfig, null, 2)}\n`);
}

/** The server's certificate is looked at once a day. */
function keepRenewed(
  config: ServerConfig,
  {
    pki,
    listener,
    clock,
    log,
    signal,
  }: { pki: Pki; listener: Listener; clock: Platform['clock']; log: Log; signal: AbortSignal },
): void {
  const stop = clock.after(
    DAY_MS,
    () => {
      if (signal.aborted) return;
      listener
        .renewIfDue(pki.isDue, () => pki.issueServer(sansOf(config)))
        .catch(error => log('error', 'the server certificate could not be renewed', { error: stackOf(error) }));
      keepRenewed(config, { pki, listener, clock, log, signal });
    },
    { background: true },
  );
  signal.addEventListener('abort', stop, { once: true });
}

const registryDirectory = ({ directory }: ServerConfig): string => `${directory}/registry`;

/** First of its range: the API itself. */
const serviceAddress = ({ ranges }: ServerConfig): string => addressAt(parseCidr(ranges.serviceCidr)!, 1);

function sansOf(config: ServerConfig): { dns: string[]; ip: string[] } {
  const { host, advertise, sans } = config;
  const all = new Set([
    ...SERVICE_NAMES,
    'localhost',
    '127.0.0.1',
    serviceAddress(config),
    host,
    advertise,
    ...sans,
    ...ownAddresses(),
  ]);
  const isAddress = (name: string) => /^\d+\.\d+\.\d+\.\d+$/.test(name) || name.includes(':');
  const wildcard = new Set(['0.0.0.0', '::']);
  const names = [...all].filter(name => !wildcard.has(name));
  return { dns: names.filter(name => !isAddress(name)), ip: names.filter(isAddress) };
}

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);

const isLoopback = (host: string): boolean => host.startsWith('127.') || host === 'localhost' || host === '::1';

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise(done => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
