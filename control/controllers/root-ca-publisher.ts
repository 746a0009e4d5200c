/** Each namespace has a ConfigMap with the cluster's CA, so that pods can check whom they talk to. */
import type { ConfigMap } from '../kinds/config-map.ts';
import type { Namespace } from '../kinds/namespace.ts';
import { CONFIG_MAPS } from '../machinery/resources.ts';
import type { Action } from './actions.ts';
import type { Context, Controller } from './controller.ts';

const NAME = 'kube-root-ca.crt';
const FILE = 'ca.crt';

export function planRootCa(namespace: Namespace, current: ConfigMap | undefined, caPem: string): Action[] {
  if (namespace.metadata.deletionTimestamp || namespace.status?.phase === 'Terminating') return [];
  if (current?.data?.[FILE] === caPem) return [];
  const key = { namespace: namespace.metadata.name, name: NAME };
  const data = { [FILE]: caPem };
  if (current) return [{ type: 'patch', resource: CONFIG_MAPS, key, patch: { data } }];
  const annotations = { 'kubernetes.io/description': 'The certificate authority of the API server of this cluster.' };
  const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...key, annotations }, data };
  return [{ type: 'create', resource: CONFIG_MAPS, object, existingIsFine: true }];
}

export function rootCaPublisher({ informers }: Context, caPem: string): Controller {
  return {
    name: 'root-ca-cert-publisher',
    setUp({ queue, perform }) {
      const namespaces = informers.namespaces();
      const maps = informers.part<ConfigMap>(CONFIG_MAPS, { fieldSelector: `metadata.name=${NAME}` });
      namespaces.onChange((old, namespace) => queue.add((namespace ?? old!).metadata.name));
      maps.onChange((old, map) => queue.add((map ?? old!).metadata.namespace ?? ''));
      return {
        synced: [namespaces.synced, maps.synced],
        reconcile: async name => {
          const namespace = namespaces.store.get(name);
          if (namespace) await perform(planRootCa(namespace, maps.store.get({ namespace: name, name: NAME }), caPem));
        },
      };
    },
  };
}
