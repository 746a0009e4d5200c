/**
 * The addresses of this host that lead to Services, and where a connection at each of them goes. Called by proxy.ts with the
 * rules whenever they change.
 *
 * Always: what a connection finds is looked up when it comes, so a change of rules needs no new listener.
 */
import type { Log } from '../../control/machinery/log.ts';
import type { Clock } from '../../control/platform/types.ts';
import { createForeignPorts } from './foreign-ports.ts';
import { createListeners } from './listen.ts';
import { createOpenConnections } from './open-connections.ts';
import type { Picker } from './pick.ts';
import type { Ranges } from './ranges.ts';
import type { PortRule } from './rules.ts';
import { type Route, relay } from './tcp.ts';

const NODE_PORT_LOOPBACK = '127.0.0.1';

export interface HostListeners {
  refresh(rules: Iterable<PortRule>): void;
  /** `address:port` of this host that lead to Services now. */
  bound(): string[];
}

export function startHostListeners(options: {
  clock: Clock;
  log: Log;
  nodeIp: string;
  /** Equal for agents of one cluster. */
  scope: string;
  hostListeners: boolean;
  signal: AbortSignal;
  ranges: Ranges;
  picker: Picker;
  /** A node port cannot be had: a program that is none of ours holds it at `address`. */
  foreign(rule: PortRule, address: string): void;
}): HostListeners {
  const { clock, log, nodeIp, scope, hostListeners, signal, ranges, picker } = options;
  const nodeAddresses = new Set([nodeIp, NODE_PORT_LOOPBACK]);
  const routes = createRoutes(ranges.alias, nodeAddresses);
  const foreignPorts = createForeignPorts({
    clock,
    scope,
    foreign(key) {
      const route = routes.find(key);
      if (route) options.foreign(route.rule, key);
    },
  });
  const connections = createOpenConnections(clock);
  const listeners = createListeners({
    clock,
    log,
    heard: (key, state) => nodeAddresses.has(key.slice(0, key.lastIndexOf(':'))) && foreignPorts.heard(key, state),
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
      connections.add(socket);
      relay(socket, toEndpoint, clock);
    },
  });
  const close = () => {
    listeners.close();
    connections.end();
    foreignPorts.close();
  };
  signal.addEventListener('abort', close, { once: true });
  return {
    refresh: rules => {
      if (hostListeners && !signal.aborted) listeners.want(routes.refresh(rules));
    },
    bound: listeners.bound,
  };
}

/** Which rule answers at which of this host's addresses. */
function createRoutes(alias: (ip: string) => string, nodeAddresses: ReadonlySet<string>) {
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
