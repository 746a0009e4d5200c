/** The Kinds by their address. The first version of a group that is listed is the stored one. */
import type { Kind } from '../kinds/strategy.ts';
import type { Kinds } from './api.ts';

export function createKinds(all: readonly Kind[]): Kinds {
  const byAddress = new Map(all.map(kind => [`${kind.group}/${kind.version}/${kind.resource}`, kind]));
  const stored = new Map<string, Kind>();
  for (const kind of all) {
    const key = `${kind.group}/${kind.resource}`;
    if (!stored.has(key)) stored.set(key, kind);
  }
  return {
    find: (group, version, resource) => byAddress.get(`${group}/${version}/${resource}`),
    stored: (group, resource) => stored.get(`${group}/${resource}`),
    all: () => all,
  };
}
