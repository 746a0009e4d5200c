/**
 * What the network is to one pod: names, and where each connection really goes. The runtime asks before every connection.
 *
 * Always: an answer is an address, never a name, so nothing is looked up behind our back; the box's own loopback is never
 * the answer unless the tables or the pod's own address say so.
 */
import type { Address, Network } from '../../runtime/sandbox.ts';
import type { Answer } from '../dns/zone.ts';
import type { Ranges } from './ranges.ts';
import type { Endpoint } from './rules.ts';

export interface PodIdentity {
  namespace: string;
  name: string;
  ip: string;
  uid: string;
}

export interface NetworkContext {
  ranges: Ranges;
  zone(name: string, namespace: string): Answer;
  /** Undefined: the address is no Service's. Null: it is, and nobody is there. */
  pick(ip: string, port: number, client: string): Endpoint | null | undefined;
  /** Nobody is at this endpoint, though it was picked. */
  failed(ip: string, port: number): void;
  /** The host's own resolver, for names outside the cluster. */
  lookUp(name: string): Promise<string[]>;
}

const ALIASES_MAX = 8;

export function createPodNetwork(context: NetworkContext, pod: PodIdentity): Network {
  const { ranges } = context;

  const resolve = async (host: string): Promise<string[]> => {
    const literal = ranges.place(host);
    if (literal) return [literal.address];
    let name = host;
    for (let aliases = 0; aliases <= ALIASES_MAX; aliases++) {
      if (isLocalhost(name)) return ['127.0.0.1'];
      const answer = context.zone(name, pod.namespace);
      if (answer.is === 'addresses') return answer.addresses;
      if (answer.is === 'outside') return context.lookUp(answer.name);
      if (answer.is === 'absent') throw refusal('ENOTFOUND', `${host} does not exist`);
      name = `${answer.name.replace(/\.$/, '')}.`;
    }
    throw refusal('ENOTFOUND', `${host} leads from alias to alias`);
  };

  const connect = async (host: string, port: number, unreached?: Address): Promise<Address> => {
    const address = ranges.place(host)?.address ?? (await resolve(host))[0];
    const place = address === undefined ? undefined : ranges.place(address);
    if (!place) throw refusal('ENOTFOUND', `${host} has no address`);
    if (unreached && place.is === 'service') context.failed(ranges.original(unreached.host), unreached.port);
    const endpoint = context.pick(place.address, port, pod.ip);
    if (endpoint) return { host: ranges.alias(endpoint.ip), port: endpoint.port };
    if (endpoint === null) throw refusal('ECONNREFUSED', `the Service at ${host}:${port} has no endpoints`);
    switch (place.is) {
      case 'own':
        return { host: ranges.alias(pod.ip), port };
      case 'pod':
        return { host: ranges.alias(place.address), port };
      case 'plain':
        return { host: place.address, port };
      case 'service':
        throw refusal('ECONNREFUSED', `no Service has ${place.address}:${port}`);
      case 'forbidden':
        throw refusal('EACCES', `pods may not connect to ${place.address}`);
    }
  };

  return { resolve, connect };
}

const isLocalhost = (name: string): boolean => /^(?:.+\.)?localhost\.?$/i.test(name);

const refusal = (code: string, message: string): Error => Object.assign(new Error(message), { code });
