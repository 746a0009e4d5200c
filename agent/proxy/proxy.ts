/**
 * The front door of the service proxy: follows Services and EndpointSlices, listens for this host's processes, and decides
 * where each pod's connections go. One per agent.
 *
 * Always: a connection is balanced once, when it is made, by the rules of that moment; connections that are open are left
 * alone. While the API is away the last rules stay.
 */
import { lookup } from 'node:dns/promises';
import type { Client } from '../../control/client/client.ts';
import { createInformer, type Informer } from '../../control/client/informer.ts';
import { byNamespace } from '../../control/client/store-index.ts';
import type { Log } from '../../control/machinery/log.ts';
import { keyText } from '../../control/machinery/meta.ts';
import type { Clock, Dice } from '../../control/platform/types.ts';
import type { Network } from '../../runtime/sandbox.ts';
import { createZone, type ZoneSource } from '../dns/zone.ts';
import { createHosts } from './hosts.ts';
import { createListeners } from './listen.ts';
import { ENDPOINT_SLICES, type EndpointSlice, SERVICES, type Service, serviceKeyOf } from './objects.ts';
import { createPicker, type Picker } from './pick.ts';
import { createPodNetwork, type PodIdentity } from './pod-network.ts';
import { createRanges, type Ranges } from './ranges.ts';
import { type PortRule, rulesOf } from './rules.ts';
import { serviceEnv } from './service-env.ts';
import { createTable } from './table.ts';
import { type Route, relay } from './tcp.ts';

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
  signal: AbortSignal;
  podCidr?: string;
  serviceCidr?: string;
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

const POD_CIDR = '10.244.0.0/16';
const SERVICE_CIDR = '10.96.0.0/16';
const CLUSTER_DOMAIN = 'cluster.local';
const NODE_PORT_LOOPBACK = '127.0.0.1';

export function startProxy(options: ProxyOptions): Proxy {
  const { clock, nodeName, signal } = options;
  const ranges = createRanges(options.podCidr ?? POD_CIDR, options.serviceCidr ?? SERVICE_CIDR);
  const { services, slices } = startInformers(options);
  const table = createTable();
  const picker = createPicker();
  const listeners = startListeners(options, ranges, picker);
  const slicesOf = (key: string) => slices.store.byIndex('service', key);

  const rebuild = (keys: Iterable<string>) => {
    for (const key of keys) {
      const service = services.store.get(key);
      const rules = service ? rulesOf(service, slicesOf(key), context) : [];
      for (const gone of table.set(key, rules)) picker.forget(gone);
    }
    listeners.refresh(table.rules());
  };
  const all = () => services.store.list().map(service => keyText(service.metadata));
  const hosts = createHosts({ ...options, changed: () => rebuild(all()) });
  const context = { nodeName, reachable: hosts.reachable };

  const synced = Promise.all([services.synced, slices.synced]).then(() => {
    const mark = batched(clock, keys => !signal.aborted && rebuild(keys));
    services.onChange((old, current) => mark(keyText((current ?? old)!.metadata)));
    slices.onChange((old, current) => {
      if (old) mark(serviceKeyOf(old));
      if (current) mark(serviceKeyOf(current));
    });
    rebuild(all());
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

/** The listeners of this host, each leading to the rule that has its address when a connection comes. */
function startListeners({ clock, log, nodeIp, hostListeners, signal }: ProxyOptions, ranges: Ranges, picker: Picker) {
  const routes = createRoutes(ranges.alias, [...new Set([nodeIp, NODE_PORT_LOOPBACK])]);
  const listeners = createListeners({
    clock,
    log,
    accept(key, socket) {
      const client = socket.remoteAddress;
      const toEndpoint: Route = {
        // Asked again for each try: the rules may have changed in between.
        pick(tried) {
          const route = routes.find(key);
          return route && picker.pick(route.rule, route.endpoints, { now: clock.monotonic(), client, tried });
        },
        failed: endpoint => picker.failed(endpoint, clock.monotonic()),
        worked: picker.worked,
        address: ({ ip, port }) => ({ host: ranges.alias(ip), port }),
      };
      relay(socket, toEndpoint, clock);
    },
  });
  signal.addEventListener('abort', listeners.close, { once: true });
  return {
    refresh: (rules: Iterable<PortRule>) => hostListeners && !signal.aborted && listeners.want(routes.refresh(rules)),
    bound: listeners.bound,
  };
}

function startInformers(options: ProxyOptions) {
  const { client, clock, dice, log, signal } = options;
  const common = { client, clock, dice, log, signal };
  const services = createInformer<Service>({ ...common, resource: SERVICES, indexes: { namespace: byNamespace } });
  const service = (slice: EndpointSlice) => {
    const key = serviceKeyOf(slice);
    return key === undefined ? [] : [key];
  };
  const slices = createInformer<EndpointSlice>({ ...common, resource: ENDPOINT_SLICES, indexes: { service } });
  return { services, slices };
}

/** Which rule answers at which of this host's addresses. Looked up when a connection comes, so a change needs no new listener. */
function createRoutes(alias: (ip: string) => string, nodeAddresses: readonly string[]) {
  let routes = new Map<string, { rule: PortRule; endpoints: PortRule['inside'] }>();
  return {
    find: (key: string) => routes.get(key),
    /** Answers the addresses that should be bound. External addresses are routed by somebody else, so they are not. */
    refresh(rules: Iterable<PortRule>): Iterable<string> {
      routes = new Map();
      for (const rule of rules) {
        for (const ip of rule.addresses)
          if (alias(ip) !== ip) routes.set(`${alias(ip)}:${rule.port}`, { rule, endpoints: rule.inside });
        for (const ip of rule.nodePort === undefined ? [] : nodeAddresses)
          routes.set(`${ip}:${rule.nodePort}`, { rule, endpoints: rule.outside });
      }
      return routes.keys();
    },
  };
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
