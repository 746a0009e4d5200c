/** Each namespace has a ServiceAccount `default`, which pods use that name none. */
import type { Namespace } from '../kinds/namespace.ts';
import { SERVICE_ACCOUNTS } from '../machinery/resources.ts';
import type { Action } from './actions.ts';
import type { Context, Controller } from './controller.ts';

export function planServiceAccount(namespace: Namespace, exists: boolean): Action[] {
  if (exists || namespace.metadata.deletionTimestamp || namespace.status?.phase === 'Terminating') return [];
  const metadata = { name: 'default', namespace: namespace.metadata.name };
  const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  return [{ type: 'create', resource: SERVICE_ACCOUNTS, object, existingIsFine: true }];
}

export function serviceAccountController({ informers }: Context): Controller {
  return {
    name: 'service-account-controller',
    setUp({ queue, perform }) {
      const namespaces = informers.namespaces();
      const accounts = informers.part(SERVICE_ACCOUNTS, { fieldSelector: 'metadata.name=default' });
      namespaces.onChange((old, namespace) => queue.add((namespace ?? old!).metadata.name));
      accounts.onChange((old, account) => queue.add((account ?? old!).metadata.namespace ?? ''));
      return {
        synced: [namespaces.synced, accounts.synced],
        reconcile: async name => {
          const namespace = namespaces.store.get(name);
          const exists = accounts.store.get({ namespace: name, name: 'default' }) !== undefined;
          if (namespace) await perform(planServiceAccount(namespace, exists));
        },
      };
    },
  };
}
