/** The pod's own lines of a hosts file: names that are known before anybody else is asked. Pure. */
import type { Pod } from '../control/kinds/pod.ts';
import type { Network } from '../runtime/sandbox.ts';

export function withHostAliases(network: Network, { spec }: Pod): Network {
  const known = new Map<string, string[]>();
  for (const { ip, hostnames = [] } of spec.hostAliases ?? []) {
    for (const name of hostnames) known.set(plain(name), [...(known.get(plain(name)) ?? []), ip]);
  }
  if (known.size === 0) return network;
  return {
    resolve: async host => known.get(plain(host)) ?? network.resolve(host),
    connect: (host, port, unreached) => network.connect(known.get(plain(host))?.[0] ?? host, port, unreached),
  };
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
