/**
 * The same server, but its writes are pretended: compares are checked as for a real one, nothing is stored and nothing is
 * remembered. Called by verbs for `dryRun=All`.
 */
import type { Store } from '../store/store.ts';
import type { Api } from './api.ts';

export const dryRunOf = (api: Api): Api => ({
  ...api,
  store: { ...api.store, txn: pretend(api.store) },
  objects: { ...api.objects, remember: () => {} },
});

const pretend =
  (store: Store): Store['txn'] =>
  async compares => {
    const current = await Promise.all(compares.map(compare => store.get(compare.key)));
    const revision = store.revision();
    if (compares.every((compare, i) => (current[i]?.modRevision ?? 0) === compare.modRevision)) {
      return { succeeded: true, revision };
    }
    return { succeeded: false, revision, current };
  };
