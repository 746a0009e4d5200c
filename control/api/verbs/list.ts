/**
 * GET of a collection: filtered, in chunks, all of one revision.
 *
 * Always: a chunk ends with a token that continues at the same revision; when that revision is gone the client gets 410
 * and a token to go on with what is current.
 */
import type { Kind } from '../../kinds/strategy.ts';
import { expired } from '../../machinery/status.ts';
import { type KeyValue, StoreError } from '../../store/store.ts';
import type { Api, Verb } from '../api.ts';
import { encodeContinue } from '../continue-token.ts';
import { type ListOptions, listOptions } from '../list-options.ts';
import { objectKey, objectRange } from '../objects.ts';
import { respondList } from '../respond-list.ts';
import { type Selection, selectionOf } from '../selection.ts';
import { waitForRevision } from '../wait-for-revision.ts';

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
const LIST_EXPIRED = 'The resourceVersion for the provided list is too old.';
/** Keys looked at per step when a selector drops most of them. */
const PAGE_KEYS = 500;

export interface ListResult {
  items: KeyValue[];
  revision: number;
  continue?: string;
  remainingItemCount?: number;
}

export const list: Verb = async (api, c, kind) => {
  const info = c.get('info');
  const query = c.get('query');
  const [start, end] = objectRange(kind, info.namespace || undefined);
  const options = listOptions(query, start);
  const selection = selectionOf(kind, info, query);
  if (options.read.mode !== 'latest') await waitForRevision(api, options.read.revision);
  const result = await readList(api, kind, info.namespace, { start, end, options, selection });
  return respondList(api, c, kind, result);
};

interface Reading {
  start: string;
  end: string;
  options: ListOptions;
  selection: Selection;
}

export async function readList(api: Api, kind: Kind, namespace: string, reading: Reading): Promise<ListResult> {
  const { name } = reading.selection;
  const one = name !== undefined && (!kind.namespaced || namespace !== '') && !reading.options.continued;
  try {
    if (one && reading.options.read.mode !== 'exact') return await readOne(api, kind, namespace, name, reading);
    return await readRange(api, reading);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'compacted') throw tooOld(reading);
    throw error;
  }
}

function tooOld({ start, options }: Reading) {
  if (!options.continued) return expired(LIST_EXPIRED);
  return expired(CONTINUE_EXPIRED, encodeContinue({ revision: -1, start: options.continued.start }, start));
}

/** The revision is taken before the read: what the client then watches from may repeat a change, never miss one. */
async function readOne(
  api: Api,
  kind: Kind,
  namespace: string,
  name: string,
  { selection }: Reading,
): Promise<ListResult> {
  const key = objectKey(kind, { namespace, name });
  const { items, revision } = await api.store.range(key, `${key}\0`);
  return { items: items.filter(kv => selection.matches?.(api.objects.peek(kv)) ?? true), revision };
}

async function readRange(api: Api, { start, end, options, selection }: Reading): Promise<ListResult> {
  const { limit, continued, read } = options;
  let from = continued?.start ?? start;
  let revision = read.mode === 'exact' ? read.revision : undefined;
  if (continued && continued.revision > 0) revision = continued.revision;
  const items: KeyValue[] = [];
  for (;;) {
    const page = await api.store.range(from, end, { revision, limit: pageSize(limit, items.length, selection) });
    revision = page.revision;
    for (const [i, kv] of page.items.entries()) {
      if (selection.matches && !selection.matches(api.objects.glance(kv))) continue;
      items.push(kv);
      if (limit === 0 || items.length < limit) continue;
      const more = page.more || i < page.items.length - 1;
      if (!more) break;
      const token = encodeContinue({ revision, start: `${kv.key}\0` }, start);
      const remaining = selection.matches ? undefined : page.count - (i + 1);
      return { items, revision, continue: token, remainingItemCount: remaining };
    }
    if (!page.more) return { items, revision };
    from = `${page.items.at(-1)!.key}\0`;
  }
}

const pageSize = (limit: number, have: number, { matches }: Selection): number =>
  limit === 0 ? 0 : matches ? Math.max(PAGE_KEYS, limit) : limit - have;
