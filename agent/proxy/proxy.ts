/**
 * The front door of the service proxy: follows Services and EndpointSlices, listens for this host's processes, and decides
 * where each pod's connections go. One per agent.
 *
 * Always: a connection is balanced once, when it is made, by the rules of that moment; connections that are open are left
 * alone. While the API is away the last rules stay; an agent that starts while it is away starts with those it had.
 */
import { lookup } from 'node:dns/promises';
import type { Client } from '../../control/client/client.ts';
import { createEventRecorder } from '../../control/client/event-recorder.ts';
import { createInformer, type Informer } from '../../control/client/informer.ts';
import { byNamespace } from '../../control/client/store-index.ts';
import type { EndpointSlice } from '../../control/kinds/endpoint-slice.ts';
import type { Service } from '../../control/kinds/service.ts';
import type { Log } from '../../control/machinery/log.ts';
import { keyText } from '../../control/machinery/meta.ts';
import { ENDPOINT_SLICES, SERVICES } from '../../control/machinery/resources.ts';
import type { Clock, Dice } from '../../control/platform/types.ts';
import type { Network } from '../../runtime/sandbox.ts';
import { createZone, type ZoneSource } from '../dns/zone.ts';
import type { KnownServices, ServiceCheckpoint } from './checkpoint.ts';
import { startHostListeners } from './host-listeners.ts';
import { createHosts } from './hosts.ts';
import { createPicker } from './pick.ts';
import { createPodNetwork, type PodIdentity } from './pod-network.ts';
import { createRanges } from './ranges.ts';
import { type PortRule, rulesOf } from './rules.ts';
import { serviceEnv } from './service-env.ts';
import { serviceKeyOf } from './slice-owner.ts';
import { createTable } from './table.ts';

export interface ProxyOptions {
  client: Client;
  clock: Clock;
  dice: Dice;
  log: Log;
  nodeName: string;
  /** Node ports are bound here and on 127.0.0.1. */
  nodeIp: string;
  /** False: pods only, nothing is bound on this host. */
  hostListeners: boolean;
  /** Of this box. */
  hostId: string;
  signal: AbortSignal;
  podCidr: string;
  serviceCidr: string;
  /** Absent: nothing is known before the API answers. */
  checkpoint?: ServiceCheckpoint;
  clusterDomain?: string;
}

export interface Proxy {
  network(pod: PodIdentity): Network;
  serviceEnv(namespace: string): Record<string, string>;
  /** Resolves when the rules know every Service and endpoint; rejects when the signal fires before. */
  readonly synced: Promise<void>;
  /** `address:port` of this host that lead to Services now. */
  listening(): string[];
}

const CLUSTER_DOMAIN = 'cluster.local';

export function startProxy(options: ProxyOptions): Proxy {
  const { clock, nodeName, signal, podCidr, serviceCidr, checkpoint } = options;
  const kept = checkpoint?.kept;
  const ranges = createRanges(podCidr, serviceCidr);
  const { services, slices } = startInformers(options);
  const table = createTable();
  const picker = createPicker();
  const foreign = tellForeignPorts(options, services);
  const scope = `${podCidr}-${serviceCidr}`;
  const listeners = startHostListeners({ ...options, scope, ranges, picker, foreign });
  /** What is worth keeping; nothing before the API has answered. */
  let known: (() => KnownServices) | undefined;
  const slicesOf = (key: string) => slices.store.byIndex('service', key);

  const rebuild = (keys: Iterable<string>) => {
    for (const key of keys) {
      const service = services.store.get(key);
      const rules = service ? rulesOf(service, slicesOf(key), context) : [];
      for (const gone of table.set(key, rules)) picker.forget(gone);
    }
    listeners.refresh(table.rules());
    if (known) checkpoint?.changed(() => known!());
  };
  const all = () => services.store.list().map(service => keyText(service.metadata));
  const hosts = createHosts({ ...options, elsewhere: kept?.elsewhere ?? [], changed: () => rebuild(all()) });
  const context = { nodeName, reachable: hosts.reachable };
  const follow = () => {
    const mark = batched(clock, keys => !signal.aborted && rebuild(keys));
    services.onChange((old, current) => mark(keyText((current ?? old)!.metadata)));
    slices.onChange((old, current) => {
      if (old) mark(serviceKeyOf(old));
      if (current) mark(serviceKeyOf(current));
    });
    rebuild(all());
  };

  // Rules of Services without their endpoints would refuse connections: those of before stay until both are known.
  if (kept) follow();
  const synced = Promise.all([services.synced, slices.synced]).then(() => {
    known = () => ({
      ...{ services: services.store.list(), slices: slices.store.list(), elsewhere: hosts.elsewhere() },
    });
    if (kept) rebuild(all());
    else follow();
  });
  synced.catch(() => {});
  const networkContext = {
    ranges,
    zone: createZone(zoneSource(services, slicesOf), options.clusterDomain ?? CLUSTER_DOMAIN),
    lookUp,
    failed: (ip: string, port: number) => picker.failed({ key: `${ip}:${port}` }, clock.monotonic()),
    pick(ip: string, port: number, client: string) {
      const rule = table.byAddress(ip, port);
      return rule && (picker.pick(rule, rule.inside, { now: clock.monotonic(), client }) ?? null);
    },
  };

  return {
    network: pod => createPodNetwork(networkContext, pod),
    serviceEnv: namespace =>
      serviceEnv(services.store.byIndex('namespace', namespace), services.store.get('default/kubernetes')),
    synced,
    listening: listeners.bound,
  };
}

/** Calls `work` once for all keys that were marked in one turn of the event loop. */
function batched(clock: Clock, work: (keys: Iterable<string>) => void): (key: string | undefined) => void {
  let marked = new Set<string>();
  const flush = () => {
    const keys = marked;
    marked = new Set();
    work(keys);
  };
  return key => {
    if (key === undefined) return;
    if (marked.size === 0) clock.endOfTurn(flush);
    marked.add(key);
  };
}

/** Says on the Service that its node port is not to be had here. */
function tellForeignPorts(options: ProxyOptions, services: Informer<Service>): (rule: PortRule, at: string) => void {
  const { nodeName, log } = options;
  const record = createEventRecorder({ ...options, component: 'kube-proxy', host: nodeName });
  return ({ id, nodePort }, at) => {
    const service = services.store.get(id.slice(0, id.lastIndexOf(':')));
    if (!service) return;
    const message = `node port ${nodePort} cannot be bound on node ${nodeName}: another program holds ${at}`;
    log('warn', message, { service: id });
    record({ ...service, apiVersion: 'v1', kind: 'Service' }, 'Warning', 'FailedToBindNodePort', message);
  };
}

function startInformers(options: ProxyOptions) {
  const { client, clock, dice, log, signal, checkpoint } = options;
  const kept = checkpoint?.kept;
  const common = { client, clock, dice, log, signal };
  const services = createInformer<Service>({
    ...common,
    resource: SERVICES,
    indexes: { namespace: byNamespace },
    initial: kept?.services,
  });
  const service = (slice: EndpointSlice) => {
    const key = serviceKeyOf(slice);
    return key === undefined ? [] : [key];
  };
  const slices = createInformer<EndpointSlice>({
    ...common,
    resource: ENDPOINT_SLICES,
    indexes: { service },
    initial: kept?.slices,
  });
  return { services, slices };
}

function zoneSource(services: Informer<Service>, slicesOf: (key: string) => EndpointSlice[]): ZoneSource {
  return {
    service(namespace, name) {
      const spec = services.store.get(`${namespace}/${name}`)?.spec;
      return (
        spec && {
          clusterIP: spec.clusterIP,
          externalName: spec.type === 'ExternalName' ? spec.externalName : undefined,
        }
      );
    },
    endpoints(namespace, name) {
      const key = `${namespace}/${name}`;
      const unready = services.store.get(key)?.spec?.publishNotReadyAddresses === true;
      return slicesOf(key)
        .flatMap(slice => (slice.addressType === 'IPv4' ? (slice.endpoints ?? []) : []))
        .filter(endpoint => unready || (endpoint.conditions?.ready ?? true))
        .flatMap(endpoint => endpoint.addresses.map(ip => ({ ip, hostname: endpoint.hostname })));
    },
  };
}

const lookUp = async (name: string): Promise<string[]> =>
  (await lookup(name, { all: true, order: 'ipv4first' })).map(({ address }) => address);
