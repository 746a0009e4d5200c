/**
 * Decides what becomes of one thing that happened: a new Event, a higher count on one written before, or silence. Pure but
 * for its memory, which is bounded. Numbers are client-go's. Used by event-recorder.
 */
import type { ObjectReference } from '../kinds/types/reference.ts';

/** Similar events (same but for the message) within this time are combined once there are more than this many. */
const SIMILAR_MAX = 10;
const SIMILAR_WINDOW_MS = 600_000;
/** Each (source, object) may say this much at once, and then one more every five minutes. */
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;
const MEMORY_ENTRIES_MAX = 4_096;

interface Happening {
  regarding: ObjectReference;
  type: string;
  reason: string;
  message: string;
  component: string;
}

export interface Correlated {
  message: string;
  count: number;
  firstSeen: number;
  record: { name?: string };
}

export function createCorrelator(): (happening: Happening, now: number) => Correlated | undefined {
  const buckets = createMemory<{ tokens: number; at: number }>();
  const similar = createMemory<{ messages: Set<string>; at: number }>();
  const written = createMemory<Omit<Correlated, 'message'>>();

  const allowed = (key: string, now: number): boolean => {
    const bucket = buckets.get(key) ?? { tokens: SPAM_BURST, at: now };
    const tokens = Math.min(SPAM_BURST, bucket.tokens + (now - bucket.at) / SPAM_REFILL_MS);
    buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1;
  };

  const combines = (key: string, message: string, now: number): boolean => {
    const known = similar.get(key);
    const entry = known && now - known.at <= SIMILAR_WINDOW_MS ? known : { messages: new Set<string>(), at: now };
    entry.at = now;
    entry.messages.add(message);
    similar.set(key, entry);
    if (entry.messages.size < SIMILAR_MAX) return false;
    // Enough is remembered to go on combining.
    entry.messages.delete(entry.messages.values().next().value!);
    return true;
  };

  return ({ regarding, type, reason, message, component }, now) => {
    const object = [regarding.kind, regarding.namespace, regarding.name, regarding.uid, regarding.apiVersion].join('/');
    const source = `${component} ${object}`;
    const group = `${source} ${regarding.fieldPath ?? ''} ${type} ${reason}`;
    const combined = combines(group, message, now);
    const text = combined ? `(combined from similar events): ${message}` : message;
    const key = combined ? group : `${group} ${message}`;
    const before = written.get(key);
    const entry = before ?? { count: 0, firstSeen: now, record: {} };
    entry.count++;
    written.set(key, entry);
    if (!allowed(source, now)) return undefined;
    return { ...entry, message: text };
  };
}

/** Forgets what was used least recently. */
function createMemory<V>(): { get(key: string): V | undefined; set(key: string, value: V): void } {
  const entries = new Map<string, V>();
  return {
    get: key => entries.get(key),
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size > MEMORY_ENTRIES_MAX) entries.delete(entries.keys().next().value!);
    },
  };
}
