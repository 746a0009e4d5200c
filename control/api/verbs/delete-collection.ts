/** DELETE of a collection: every object that the selectors mean, one after the other. Answers with the list of them. */
import { isReason } from '../../machinery/status.ts';
import type { KeyValue } from '../../store/store.ts';
import type { Verb } from '../api.ts';
import { deleteOne } from '../deletion.ts';
import { listOptions } from '../list-options.ts';
import { objectRange } from '../objects.ts';
import { respondList } from '../respond-list.ts';
import { selectionOf } from '../selection.ts';
import { admitDeletion, readDeleteOptions } from './delete.ts';
import { readList } from './list.ts';

export const removeCollection: Verb = async (api, c, kind) => {
  const info = c.get('info');
  const query = c.get('query');
  const options = await readDeleteOptions(c);
  const [start, end] = objectRange(kind, info.namespace || undefined);
  const reading = { start, end, options: listOptions(query, start), selection: selectionOf(kind, info, query) };
  const found = await readList(api, kind, info.namespace, reading);
  const items: KeyValue[] = [];
  for (const kv of found.items) {
    const { namespace, name } = api.objects.glance(kv).metadata;
    try {
      const key = { namespace, name };
      const { kv: last } = await deleteOne(api, kind, key, { ...options }, admitDeletion(api, c, kind, key, options));
      items.push(last);
    } catch (error) {
      // Somebody else was faster: it is gone, which is what was asked for.
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
  return respondList(api, c, kind, { ...found, items });
};
