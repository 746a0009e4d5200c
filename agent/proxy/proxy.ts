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
import { createPicker } from './pick.ts';
import { createPodNetwork, type PodIdentity } from './pod-network.ts';
import { createRanges } from './ranges.ts';
import { type PortRule, rulesOf } from './rules.ts';
import { serviceEnv } from './service-env.ts';
import { createTable } from './table.ts';
import { relay } from './tcp.ts';

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

export const POD_CIDR = '10.244.0.0/16';
export const SERVICE_CIDR = '10.96.0.0/16';
export const CLUSTER_DOMAIN = 'cluster.local';
const NODE_PORT_LOOPBACK = '127.0.0.1';

export function startProxy(options: ProxyOptions): Proxy {
  const { clock, log, nodeName, signal } = options;
  const ranges = createRanges(options.podCidr ?? POD_CIDR, options.serviceCidr ?? SERVICE_CIDR);
  const { services, slices } = startInformers(options);
  const table = createTable();
  const picker = createPicker();
  const dirty = new Set<string>();
  let scheduled = false;

  const slicesOf = (key: string) => slices.store.byIndex('service', key);
  const context = { nodeName, reachable: (name: string | undefined) => hosts.reachable(name) };
  const rebuild = () => {
    scheduled = false;
    for (const key of dirty) {
      const service = services.store.get(key);
      const rules = service ? rulesOf(service, slicesOf(key), context) : [];
      for (const gone of table.set(key, rules)) picker.forget(gone);
    }
    dirty.clear();
    if (options.hostListeners && !signal.aborted) listeners.want(routes.refresh(table.rules()));
  };
  const mark = (key: string | undefined) => {
    if (key === undefined) return;
    dirty.add(key);
    if (!scheduled) clock.endOfTurn(rebuild);
    scheduled = true;
  };
  const changed = () => services.store.list().forEach(service => mark(keyText(service.metadata)));
  const hosts = createHosts({ client: options.client, nodeName, log, signal, changed });

  const routes = createRoutes(ranges.alias, [...new Set([options.nodeIp, NODE_PORT_LOOPBACK])]);
  const listeners = createListeners({
    clock,
    log,
    accept(key, socket) {
      const route = routes.find(key);
      if (!route) return socket.resetAndDestroy();
      const { rule, endpoints } = route;
      const client = socket.remoteAddress;
      relay(
        socket,
        {
          pick: tried => picker.pick(rule, endpoints, { now: clock.monotonic(), client, tried }),
          failed: endpoint => picker.failed(endpoint, clock.monotonic()),
          worked: picker.worked,
          address: ({ ip, port }) => ({ host: ranges.alias(ip), port }),
        },
        clock,
      );
    },
  });
  services.onChange((old, current) => mark(keyText((current ?? old)!.metadata)));
  slices.onChange((old, current) => {
    for (const slice of [old, current]) if (slice) mark(serviceKeyOf(slice));
  });
  signal.addEventListener('abort', listeners.close, { once: true });

  const synced = Promise.all([services.synced, slices.synced]).then(rebuild);
  synced.catch(() => {});
  const zone = createZone(zoneSource(services, slicesOf), options.clusterDomain ?? CLUSTER_DOMAIN);
  const networkContext = {
    ranges,
    zone,
    lookUp,
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
