/**
 * All rules of a node, and the address at which each is found. A change of one Service costs that Service's rules only.
 *
 * Always: of two Services that claim one address the older claim stays, so a later one cannot take traffic away.
 */
import type { PortRule } from './rules.ts';

export interface Table {
  /** Answers the ids of rules that are gone. */
  set(service: string, rules: readonly PortRule[]): string[];
  /** By virtual or external address. */
  byAddress(ip: string, port: number): PortRule | undefined;
  byNodePort(port: number): PortRule | undefined;
  rules(): Iterable<PortRule>;
}

export function createTable(): Table {
  const services = new Map<string, readonly PortRule[]>();
  const places = new Map<string, PortRule>();
  const take = (place: string, rule: PortRule) => {
    if (!places.has(place)) places.set(place, rule);
  };
  const leave = (place: string, rule: PortRule) => {
    if (places.get(place)?.id === rule.id) places.delete(place);
  };

  return {
    set(service, rules) {
      const before = services.get(service) ?? [];
      if (rules.length > 0) services.set(service, rules);
      else services.delete(service);
      for (const rule of before) for (const place of placesOf(rule)) leave(place, rule);
      for (const rule of rules) for (const place of placesOf(rule)) take(place, rule);
      const ids = new Set(rules.map(rule => rule.id));
      return before.map(rule => rule.id).filter(id => !ids.has(id));
    },
    byAddress: (ip, port) => places.get(`${ip}:${port}`),
    byNodePort: port => places.get(nodePlace(port)),
    *rules() {
      for (const rules of services.values()) yield* rules;
    },
  };
}

const nodePlace = (port: number): string => `node:${port}`;

const placesOf = (rule: PortRule): string[] => [
  ...rule.addresses.map(ip => `${ip}:${rule.port}`),
  ...(rule.nodePort === undefined ? [] : [nodePlace(rule.nodePort)]),
];
