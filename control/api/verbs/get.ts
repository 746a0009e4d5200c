/** GET of one object. A resourceVersion in the query means "not older than". */
import { notFound } from '../../machinery/status.ts';
import type { Verb } from '../api.ts';
import { revisionOf } from '../list-options.ts';
import { objectKey } from '../objects.ts';
import { respondObject } from '../respond.ts';
import { waitForRevision } from '../wait-for-revision.ts';

export const get: Verb = async (api, c, kind) => {
  const info = c.get('info');
  await waitForRevision(api, revisionOf(c.get('query').get('resourceVersion') ?? '') ?? 0);
  const kv = await api.store.get(objectKey(kind, info));
  if (!kv) throw notFound(kind, info.name);
  return respondObject(api, c, kind, 200, kv);
};
