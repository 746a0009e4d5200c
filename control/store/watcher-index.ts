/**
 * Which watches an event concerns, in as many look-ups as its key has slashes: Kubernetes watches a resource, a namespace of
 * it, or one object. Any other range is tried one by one. Called by watch.ts.
 */
import { compareKeys, isPrefixRange } from './key-order.ts';

export interface WatcherIndex<W> {
  add(start: string, end: string, watcher: W): void;
  remove(start: string, end: string, watcher: W): void;
  forEach(key: string, visit: (watcher: W) => void): void;
  all(): W[];
}

export const inRange = (key: string, start: string, end: string): boolean =>
  isPrefixRange(start, end) ? key.startsWith(start) : compareKeys(key, start) >= 0 && compareKeys(key, end) < 0;

export function createWatcherIndex<W>(): WatcherIndex<W> {
  const byKey = new Map<string, Set<W>>();
  const byPrefix = new Map<string, Set<W>>();
  const others = new Map<W, { start: string; end: string }>();

  const tableFor = (start: string, end: string): Map<string, Set<W>> | undefined => {
    if (end === `${start}\0`) return byKey;
    return start.endsWith('/') && isPrefixRange(start, end) ? byPrefix : undefined;
  };

  return {
    add(start, end, watcher) {
      const table = tableFor(start, end);
      if (!table) others.set(watcher, { start, end });
      else if (table.get(start)?.add(watcher) === undefined) table.set(start, new Set([watcher]));
    },
    remove(start, end, watcher) {
      others.delete(watcher);
      const table = tableFor(start, end);
      const set = table?.get(start);
      set?.delete(watcher);
      if (set?.size === 0) table!.delete(start);
    },
    forEach(key, visit) {
      byKey.get(key)?.forEach(visit);
      if (byPrefix.size > 0)
        for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1))
          byPrefix.get(key.slice(0, slash + 1))?.forEach(visit);
      for (const [watcher, { start, end }] of others) if (inRange(key, start, end)) visit(watcher);
    },
    all: () => [...[...byKey.values(), ...byPrefix.values()].flatMap(set => [...set]), ...others.keys()],
  };
}
