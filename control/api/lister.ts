/** What admission may look up: stored objects by their address, shared and not to be changed. */
import type { Lister } from '../admission/chain.ts';
import type { ApiObject } from '../machinery/meta.ts';
import type { Api } from './api.ts';
import { objectKey } from './objects.ts';

export const createLister = ({ store, objects, kinds }: Pick<Api, 'store' | 'objects' | 'kinds'>): Lister => ({
  get: async <T extends ApiObject>(
    { group, resource }: { group: string; resource: string },
    key: { namespace?: string; name: string },
  ) => {
    const kind = kinds.stored(group, resource);
    const kv = kind && (await store.get(objectKey(kind, key)));
    return kv && (objects.peek(kv) as T);
  },
});
