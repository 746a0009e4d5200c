/**
 * Puts an agent together and runs it until the signal fires: identity, client, node, pods, tunnel. Called by main, and by
 * tests with a network of their own.
 *
 * Always: started top down, stopped in reverse; pods that were running before start again even when no server answers.
 */
import { join, resolve } from 'node:path';
import type { Client } from '../control/client/client.ts';
import { createEventRecorder } from '../control/client/event-recorder.ts';
import { createClient } from '../control/client/rest.ts';
import type { AddressRanges } from '../control/machinery/address-ranges.ts';
import type { Log } from '../control/machinery/log.ts';
import { VERSION } from '../control/machinery/version.ts';
import { createTlsTransport } from '../control/platform/http-transport.ts';
import type { Platform } from '../control/platform/types.ts';
import type { Runtime } from '../runtime/sandbox.ts';
import { claimAddress } from './address-claim.ts';
import { type Addresses, createAddresses } from './addresses.ts';
import { createCheckpoints } from './checkpoint.ts';
import { type AgentConfig, ConfigError } from './config.ts';
import { findNodeIp, readHostFacts } from './host-facts.ts';
import { type Identity, type IdentityDeps, joinCluster, loadIdentity } from './identity.ts';
import { openImageStore } from './image-store.ts';
import { createImages, type Images } from './images.ts';
import { createPodLogs } from './logs.ts';
import { type HostFacts, nodeResources } from './node-object.ts';
import { createObjectCache } from './object-cache.ts';
import type { NodeContext, PodNetwork } from './pod-run.ts';
import { type Pods, startPods } from './pods.ts';
import { type Registration, register } from './register.ts';
import { createFetchImage } from './registry.ts';
import { renewIdentity } from './renewal.ts';
import { createStatusReporter } from './status-reporter.ts';
import { createTokens } from './tokens.ts';
import { runTunnel } from './tunnel.ts';
import { createRoutes } from './tunnel-routes.ts';

/** Pods wait this long for the first list of services, which their environment comes from. */
const SERVICES_WAIT_MS = 2_000;
const COLLECT_EVERY_MS = 5 * 60_000;
/** The server gets this long to hear the last words. */
const FAREWELL_MS = 1_000;

interface NetworkOptions extends AddressRanges {
  client: Client;
  platform: Platform;
  log: Log;
  nodeName: string;
  nodeIp: string;
  hostId: string;
  /** The agent's state directory. */
  directory: string;
  hostListeners: boolean;
  signal: AbortSignal;
}

export interface AgentDeps {
  platform: Platform;
  runtime: Runtime;
  log: Log;
  /** The service proxy (agent/proxy). */
  startNetwork(options: NetworkOptions): Promise<PodNetwork & { synced: Promise<void> }>;
  /** The node is Ready for the first time. */
  ready(): void;
}

/** Resolves when everything has ended after the signal. Rejects with ConfigError for what a person has to put right. */
export async function runAgent(config: AgentConfig, deps: AgentDeps, signal: AbortSignal): Promise<void> {
  const { platform, runtime, log } = deps;
  const directory = resolve(config.directory);
  await platform.files.makeDirectory(directory, { mode: 0o700 });
  const unlock = await lockDirectory(platform, directory);
  // Loops end only after the pods have: until then the server hears how they ended.
  const ending = new AbortController();
  let connection: Connection | undefined;
  try {
    const identityDeps = { ...config, ...platform, directory, log, signal };
    const identity =
      (await loadIdentity(identityDeps, config.token)) ?? (await joinCluster(identityDeps, config.token));
    connection = connect(config.server, identity);
    const running = await start(config, deps, { ...identityDeps, signal: ending.signal }, connection, signal);
    await new Promise(stopped =>
      signal.aborted ? stopped(0) : signal.addEventListener('abort', stopped, { once: true }),
    );
    log('info', 'stopping: the pods of this node end with its agent, and start again with it');
    const farewell = running.registration.stop();
    await running.pods.shutDown(config.stopSeconds * 1000);
    await Promise.race([Promise.all([farewell, running.settled()]), platform.clock.sleep(FAREWELL_MS)]);
  } finally {
    ending.abort(signal.reason);
    connection?.close();
    await runtime.close();
    await unlock();
  }
}

async function lockDirectory({ files }: Platform, directory: string): Promise<() => Promise<void>> {
  try {
    return await files.lock(join(directory, 'lock'));
  } catch (error) {
    if ((error as { code?: string }).code !== 'ELOCKED') throw error;
    throw new ConfigError(`another agent is running with --state ${directory}`);
  }
}

interface Connection {
  client: Client;
  identity(): Identity;
  /** A renewed certificate: new requests use it, streams that are open are opened again by their owners. */
  use(identity: Identity): void;
  close(): void;
}

function connect(server: string, first: Identity): Connection {
  let identity = first;
  let transport = createTlsTransport({ server, ...first });
  return {
    client: createClient({ transport: (path, init) => transport(path, init), userAgent: `skerry-agent/${VERSION}` }),
    identity: () => identity,
    use(renewed) {
      identity = renewed;
      const old = transport;
      transport = createTlsTransport({ server, ...renewed });
      old.close();
    },
    close: () => transport.close(),
  };
}

interface Running {
  pods: Pods;
  registration: Registration;
  settled(): Promise<unknown>;
}

async function start(
  config: AgentConfig,
  deps: AgentDeps,
  shared: IdentityDeps,
  connection: Connection,
  stopping: AbortSignal,
): Promise<Running> {
  const { platform, log } = deps;
  const { signal } = shared;
  const { client } = connection;
  const facts = await readHostFacts(shared.directory);
  const nodeIp = config.nodeIp ?? (await findNodeIp(config.server));
  const addresses = createAddresses(claimAddress);
  const images = await openImages(config, platform, client, shared.directory);
  const registration = await register({
    ...{ ...config, ...platform, client, log, signal, nodeIp, facts, addresses },
    directory: shared.directory,
    images: images.list,
  });
  void registration.ready.then(deps.ready);
  void renewIdentity({ ...shared, client, identity: connection.identity(), renewed: connection.use });
  const network = await deps.startNetwork({
    ...(await unlessAborted(registration.ranges, stopping)),
    ...{ client, platform, log, nodeIp, signal, hostId: facts.hostId, directory: shared.directory },
    ...{ nodeName: config.name, hostListeners: config.hostListeners },
  });
  const node = nodeContext(config, deps, shared, { client, facts, nodeIp, addresses, images, network });
  await Promise.race([network.synced, platform.clock.sleep(SERVICES_WAIT_MS)]).catch(() => {});
  const pods = await startPods(node, signal);
  const handle = createRoutes({ pods, logs: node.logs, clock: platform.clock, nodeName: config.name, log });
  void runTunnel({
    ...platform,
    server: config.server,
    nodeName: config.name,
    identity: connection.identity,
    handle,
    log,
    signal,
  });
  void collectImages(images, pods, platform, log, signal);
  const settled = () => Promise.all(pods.list().map(({ run }) => run.reporter.settled()));
  return { pods, registration, settled };
}

async function unlessAborted<T>(wanted: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([wanted, aborted]).finally(() => signal.removeEventListener('abort', abort));
}

async function openImages(
  { server }: AgentConfig,
  { files, clock }: Platform,
  client: Client,
  directory: string,
): Promise<Images> {
  const store = await openImageStore({ directory: join(directory, 'images'), files, clock });
  const ownHosts = new Set([new URL(server).host]);
  return createImages({ store, clock, fetchImage: createFetchImage({ client, store, ownHosts }) });
}

function nodeContext(
  { name, maxPods }: AgentConfig,
  { platform, runtime, log }: AgentDeps,
  { directory, signal }: IdentityDeps,
  parts: {
    client: Client;
    facts: HostFacts;
    nodeIp: string;
    addresses: Addresses;
    images: Images;
    network: PodNetwork;
  },
): NodeContext {
  const { client, facts, nodeIp, addresses, images, network } = parts;
  const { clock, dice, files } = platform;
  const common = { client, clock, dice, log, signal };
  return {
    ...{ client, clock, dice, files, log, runtime, images, addresses, network, directory },
    events: createEventRecorder({ ...common, component: 'kubelet', host: name }),
    objects: createObjectCache({ ...common, files, directory: join(directory, 'objects') }),
    logs: createPodLogs({ clock, log }),
    checkpoints: createCheckpoints(join(directory, 'checkpoints'), files, log),
    reporter: createStatusReporter(common),
    token: createTokens(client, clock),
    nodeName: name,
    hostIP: nodeIp,
    allocatable: nodeResources(facts, maxPods).allocatable ?? {},
  };
}

async function collectImages(
  images: Images,
  pods: Pods,
  { clock }: Platform,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(COLLECT_EVERY_MS, signal).catch(() => {});
    await images
      .collect(pods.modulesInUse())
      .catch(error => log('warn', 'modules were not cleaned up', { error: String(error) }));
  }
}
