/**
 * Volatile keys: heartbeats, whose every update need not reach the disk. An update of an existing key under a volatile
 * prefix is applied and ordered like any other but leaves no entry in the log; its present value is written (settled) once a
 * minute, and before any logged transaction that touches it, so that replaying the log judges compares as they were judged.
 * Creations and deletions are ordinary writes. Called by driver.ts.
 */
import type { State } from './apply.ts';
import type { SettledItem } from './command.ts';
import type { Compare, StoreEvent, Write } from './store.ts';

export interface VolatileKeys {
  /** Whether this may bypass the log. */
  admits(writes: readonly Write[]): boolean;
  /** An update has bypassed the log. */
  bypassed(events: readonly StoreEvent[]): void;
  /** These keys, as the log has them, are up to date. */
  logged(events: readonly StoreEvent[]): void;
  settled(items: readonly SettledItem[]): void;
  /** What to settle before these transactions are logged; everything, without an argument. */
  unsettled(transactions?: readonly { compares: readonly Compare[]; writes: readonly Write[] }[]): SettledItem[];
}

export function createVolatileKeys({ revisions }: State, prefixes: readonly string[]): VolatileKeys {
  /** Keys whose value in the log is older than the present one. */
  const ahead = new Set<string>();
  const isVolatile = (key: string) => prefixes.some(prefix => key.startsWith(prefix));

  return {
    admits: writes =>
      writes.length > 0 &&
      writes.every(({ type, key }) => type === 'put' && isVolatile(key) && revisions.get(key) !== undefined),
    bypassed(events) {
      for (const event of events) if (event.type === 'put') ahead.add(event.current.key);
    },
    logged(events) {
      if (ahead.size === 0) return;
      for (const event of events) ahead.delete(event.type === 'put' ? event.current.key : event.key);
    },
    settled(items) {
      for (const { key, modRevision } of items) if (revisions.get(key)?.modRevision === modRevision) ahead.delete(key);
    },
    unsettled(transactions) {
      if (ahead.size === 0) return [];
      const keys = transactions
        ? new Set(transactions.flatMap(t => [...t.compares, ...t.writes].map(x => x.key)))
        : ahead;
      const items: SettledItem[] = [];
      for (const key of keys) {
        const current = ahead.has(key) ? revisions.get(key) : undefined;
        if (current) items.push({ key, modRevision: current.modRevision, value: current.value });
      }
      return items.sort((a, b) => a.modRevision - b.modRevision);
    },
  };
}
