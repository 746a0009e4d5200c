/** How tests of the store write transactions and compare answers: as lines of text. */
import type { suite } from 'uvu';
import { type KeyValue, type Store, StoreError, type StoreEvent, type Write } from '../../control/store/store.ts';

export type Test = ReturnType<typeof suite<{ store: Store }>>;
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (content: Uint8Array): string => new TextDecoder().decode(content);
export const put = (key: string, value: string): Write => ({ type: 'put', key, value: bytes(value) });
export const del = (key: string): Write => ({ type: 'delete', key });
/** What makes two answers comparable: `key=value@modRevision/createRevision`. */
export const line = (kv: KeyValue | undefined): string =>
  kv ? `${kv.key}=${text(kv.value)}@${kv.modRevision}/${kv.createRevision}` : '-';

export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
  return 'none';
}

export async function collect(store: Store, start: string, end: string, fromRevision: number, count: number) {
  const ended = new AbortController();
  const watch = store.watch(start, end, { fromRevision, signal: ended.signal });
  const events: StoreEvent[] = [];
  while (events.length < count) events.push(...((await watch.next()) ?? []));
  ended.abort();
  return events;
}

export const eventLine = (event: StoreEvent): string =>
  event.type === 'put'
    ? `put ${line(event.current)} was ${line(event.previous)}`
    : `delete ${event.key}@${event.revision} was ${line(event.previous)}`;
