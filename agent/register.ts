/**
 * Makes this box a Node of the cluster and says that it is alive: the Node object, its Lease, its status. Called by main.
 *
 * Always: the Lease is renewed every heartbeat; the status is sent when something changed and every five minutes; a Node that
 * somebody deleted comes back; a server that is away is no reason to stop.
 */
import { join } from 'node:path';
import { createBackoff } from '../control/client/backoff.ts';
import type { Client } from '../control/client/client.ts';
import { createInformer } from '../control/client/informer.ts';
import type { Lease } from '../control/kinds/lease.ts';
import type { Node } from '../control/kinds/node.ts';
import type { NodeCondition, NodeStatus } from '../control/kinds/types/node.ts';
import { type AddressRanges, RANGE_ANNOTATIONS } from '../control/machinery/address-ranges.ts';
import { equal } from '../control/machinery/equal.ts';
import type { Log } from '../control/machinery/log.ts';
import { timestamp } from '../control/machinery/meta.ts';
import { LEASES, NODES } from '../control/machinery/resources.ts';
import { isReason } from '../control/machinery/status.ts';
import type { Clock, Dice, Files } from '../control/platform/types.ts';
import type { Addresses } from './addresses.ts';
import { readHealth } from './host-facts.ts';
import { type HostFacts, nodeConditions, nodeInfo, nodeObject, nodeResources } from './node-object.ts';
import { RUNTIME_HANDLERS } from './runtime-class.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
/** How many heartbeats may be missed before others worry. */
const LEASE_HEARTBEATS = 4;
const STATUS_AT_LEAST_EVERY_MS = 5 * 60_000;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;
/** Kubernetes lists no more images in a node's status. */
const IMAGES_MAX = 50;

export interface Registration {
  /** The server has this node as Ready. */
  readonly ready: Promise<void>;
  /** The cluster's ranges, as the server says or as it said when this agent ran before. */
  readonly ranges: Promise<AddressRanges>;
  /** Says that this node will run nothing from now on. */
  stop(): Promise<void>;
}

export interface RegisterOptions {
  client: Client;
  clock: Clock;
  dice: Dice;
  files: Files;
  log: Log;
  signal: AbortSignal;
  name: string;
  nodeIp: string;
  facts: HostFacts;
  labels: Readonly<Record<string, string>>;
  maxPods: number;
  heartbeatSeconds: number;
  directory: string;
  addresses: Addresses;
  images(): { names: string[]; sizeBytes: number }[];
}

interface State {
  node?: Node;
  sent?: NodeStatus;
  sentAt: number;
  stopping: boolean;
  /** The status that is under way, and the one that follows it. */
  sending?: Promise<void>;
  following?: Promise<void>;
  ready: PromiseWithResolvers<void>;
  ranges: PromiseWithResolvers<AddressRanges>;
  leaseKnown: boolean;
}

export async function register(options: RegisterOptions): Promise<Registration> {
  const { log } = options;
  const state: State = {
    ...{ sentAt: 0, stopping: false, leaseKnown: false },
    ...{ ready: Promise.withResolvers(), ranges: Promise.withResolvers() },
  };
  await restoreRanges(options, state);
  const informer = createInformer<Node>({
    ...options,
    resource: NODES,
    fieldSelector: `metadata.name=${options.name}`,
  });
  informer.onChange((_, current) => {
    state.node = current;
    if (!current) {
      state.sent = undefined;
      if (!state.stopping) void attend(options, state);
      return;
    }
    // While this agent was late the server may have judged it: what it says is put right at once, not when it is news here.
    const judged = !state.stopping && overwritten(current, state.sent);
    if (judged) state.sent = undefined;
    if (!takeRanges(options, state, current) && !judged) return;
    void sendStatus(options, state).catch(error =>
      log('debug', 'the node status was not taken', { error: String(error) }),
    );
  });
  void attend(options, state).then(() => beat(options, state));
  return {
    ready: state.ready.promise,
    ranges: state.ranges.promise,
    async stop() {
      state.stopping = true;
      await sendStatus(options, state).catch(() => {});
    },
  };
}

const overwritten = ({ status }: Node, sent: NodeStatus | undefined): boolean =>
  sent?.conditions?.some(({ type, status: is }) => status?.conditions?.find(c => c.type === type)?.status !== is) ===
  true;

/** Registers, again and again until the server has taken it. */
async function attend(options: RegisterOptions, state: State): Promise<void> {
  const { clock, dice, log, signal } = options;
  const backoff = createBackoff({ initialMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS, dice });
  while (!signal.aborted) {
    try {
      state.node = await ensureNode(options);
      takeRanges(options, state, state.node);
      await Promise.all([sendStatus(options, state), renewLease(options, state)]);
      return;
    } catch (error) {
      if (signal.aborted) return;
      log('info', 'this node could not be registered yet', { error: String(error) });
      await clock.sleep(backoff.next(), signal).catch(() => {});
    }
  }
}

async function ensureNode({ client, name, facts, labels, signal }: RegisterOptions): Promise<Node> {
  const wanted = nodeObject(name, facts, labels);
  try {
    return await client.create<Node>(NODES, wanted, { signal });
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    const { labels: wantedLabels, annotations } = wanted.metadata;
    const patch = { metadata: { labels: wantedLabels, annotations } };
    return client.patch<Node>(NODES, { name }, patch, { type: 'merge', signal });
  }
}

async function beat(options: RegisterOptions, state: State): Promise<void> {
  const { clock, log, signal, heartbeatSeconds } = options;
  while (!signal.aborted && !state.stopping) {
    await clock.sleep(heartbeatSeconds * 1000, signal).catch(() => {});
    if (signal.aborted || state.stopping) return;
    const late = (error: unknown) => log('warn', 'a heartbeat was not taken', { error: String(error) });
    await Promise.all([renewLease(options, state).catch(late), sendStatus(options, state).catch(late)]);
  }
}

async function renewLease(options: RegisterOptions, state: State): Promise<void> {
  const { client, clock, name, heartbeatSeconds } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(heartbeatSeconds * 1000)]);
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: Math.max(1, Math.round(heartbeatSeconds * LEASE_HEARTBEATS)),
    renewTime: `${new Date(clock.now()).toISOString().slice(0, -1)}000Z`,
  };
  try {
    const key = { namespace: LEASE_NAMESPACE, name };
    if (state.leaseKnown) {
      await client.patch<Lease>(LEASES, key, { spec }, { type: 'merge', signal });
      return;
    }
    await createLease(client, name, state.node, spec, signal);
    state.leaseKnown = true;
  } catch (error) {
    if (isReason(error, 'AlreadyExists', 'NotFound')) {
      state.leaseKnown = isReason(error, 'AlreadyExists');
      return renewLease(options, state);
    }
    throw error;
  }
}

const createLease = (
  client: Client,
  name: string,
  node: Node | undefined,
  spec: Lease['spec'],
  signal: AbortSignal,
): Promise<Lease> => {
  const owner = { apiVersion: 'v1', kind: 'Node', name, uid: node?.metadata.uid ?? '' };
  const metadata = { name, namespace: LEASE_NAMESPACE, ownerReferences: owner.uid ? [owner] : undefined };
  return client.create<Lease>(
    LEASES,
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec },
    { signal },
  );
};

/** One at a time, so that an older status never lands on a newer one; all who ask meanwhile share the next. */
function sendStatus(options: RegisterOptions, state: State): Promise<void> {
  if (!state.sending) {
    state.sending = sendChanged(options, state).finally(() => {
      state.sending = undefined;
    });
    return state.sending;
  }
  const follow = () => {
    state.following = undefined;
    return sendStatus(options, state);
  };
  state.following ??= state.sending.then(follow, follow);
  return state.following;
}

async function sendChanged(options: RegisterOptions, state: State): Promise<void> {
  const { client, clock, name, facts, maxPods, nodeIp, signal } = options;
  const now = clock.now();
  const health = { ...(await readHealth(options.directory)), notReady: notReadyReason(options, state) };
  const before: readonly NodeCondition[] = state.sent?.conditions ?? state.node?.status?.conditions ?? [];
  const status: NodeStatus = {
    ...nodeResources(facts, maxPods),
    addresses: [
      { type: 'Hostname', address: name },
      { type: 'InternalIP', address: nodeIp },
    ],
    conditions: nodeConditions(health, before, timestamp(now)),
    nodeInfo: nodeInfo(facts),
    images: options.images().slice(0, IMAGES_MAX),
    runtimeHandlers: RUNTIME_HANDLERS.map(handler => ({ name: handler })),
  };
  const overdue = now - state.sentAt >= STATUS_AT_LEAST_EVERY_MS;
  if (!overdue && state.sent && equal(withoutTimes(status), withoutTimes(state.sent))) return;
  await client.patch<Node>(NODES, { name }, { status }, { type: 'strategic', subresource: 'status', signal });
  state.sent = status;
  state.sentAt = now;
  if (!health.notReady) state.ready.resolve();
}

const notReadyReason = ({ addresses }: RegisterOptions, { stopping }: State): string => {
  if (stopping) return 'node is shutting down';
  return addresses.range ? '' : 'pod network is not ready: this node has no range of pod addresses yet';
};

const withoutTimes = (status: NodeStatus) => ({
  ...status,
  conditions: status.conditions?.map(({ type, status: is, reason, message }) => ({ type, is, reason, message })),
});

/** The node's own range, and those of the cluster. */
interface Kept extends AddressRanges {
  node: string;
}

const rangesPath = (directory: string): string => join(directory, 'ranges.json');

/** Is there something new? The server writes a node's range and the cluster's ranges together. */
function takeRanges(options: RegisterOptions, state: State, { spec, metadata }: Node): boolean {
  const podCidr = metadata.annotations?.[RANGE_ANNOTATIONS.podCidr];
  const serviceCidr = metadata.annotations?.[RANGE_ANNOTATIONS.serviceCidr];
  const node = spec?.podCIDR;
  if (!node || !podCidr || !serviceCidr || node === options.addresses.range) return false;
  useRanges(options, state, { node, podCidr, serviceCidr });
  void keepRanges(options, { node, podCidr, serviceCidr });
  return true;
}

function useRanges({ addresses }: RegisterOptions, state: State, { node, podCidr, serviceCidr }: Kept): void {
  addresses.setRange(node, podCidr);
  state.ranges.resolve({ podCidr, serviceCidr });
}

async function restoreRanges(options: RegisterOptions, state: State): Promise<void> {
  const { files, directory, log } = options;
  const kept = await files.read(rangesPath(directory)).catch(() => undefined);
  try {
    if (kept) useRanges(options, state, JSON.parse(Buffer.from(kept).toString('utf8')) as Kept);
  } catch (error) {
    log('warn', 'the ranges of addresses cannot be read back', { error: String(error) });
  }
}

async function keepRanges({ files, directory, log }: RegisterOptions, ranges: Kept): Promise<void> {
  await files
    .replace(rangesPath(directory), Buffer.from(JSON.stringify(ranges)), { mode: 0o600 })
    .catch(error => log('warn', 'the ranges of addresses were not kept', { error: String(error) }));
}
