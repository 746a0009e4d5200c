/**
 * Every pod acts as a service account: `default` unless it names one, and the account must exist. Pull secrets of the account
 * are added to pods that name none. Kubernetes' ServiceAccount.
 *
 * The API token is not mounted into every pod: a module that wants one declares a projected volume (TokenRequest), because
 * most wasm modules never speak to the API and each mount costs a token to sign and to renew.
 */
import type { ApiObject } from '../machinery/meta.ts';
import { forbidden } from '../machinery/status.ts';
import type { Clock } from '../platform/types.ts';
import { type Attributes, isResource, type Lister, type Plugin } from './chain.ts';

const SERVICE_ACCOUNTS = { group: '', resource: 'serviceaccounts' };
/** `default` is made by a controller just after its namespace: pods that come at once wait for it a little. */
const DEFAULT_ATTEMPTS = 10;
const ATTEMPT_INTERVAL_MS = 100;

interface Account extends ApiObject {
  imagePullSecrets?: { name?: string }[];
}

interface PodLike extends ApiObject {
  spec: { serviceAccountName?: string; serviceAccount?: string; imagePullSecrets?: { name?: string }[] };
}

export const serviceAccount = (lister: Lister, clock: Clock): Plugin => ({
  name: 'ServiceAccount',
  operations: ['CREATE'],
  mutate: async attributes => {
    if (!isResource(attributes, '', 'pods')) return;
    const pod = attributes.object as PodLike;
    pod.spec.serviceAccountName ||= pod.spec.serviceAccount || 'default';
    pod.spec.serviceAccount = pod.spec.serviceAccountName;
    const account = await find(attributes, pod.spec.serviceAccountName, lister, clock);
    if (account.imagePullSecrets?.length && !pod.spec.imagePullSecrets?.length) {
      pod.spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
    }
  },
});

async function find({ resource, key }: Attributes, name: string, lister: Lister, clock: Clock): Promise<Account> {
  const attempts = name === 'default' ? DEFAULT_ATTEMPTS : 1;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await clock.sleep(ATTEMPT_INTERVAL_MS);
    const account = await lister.get<Account>(SERVICE_ACCOUNTS, { namespace: key.namespace, name });
    if (account) return account;
  }
  const why = `error looking up service account ${key.namespace}/${name}: serviceaccount "${name}" not found`;
  throw forbidden(resource, key.name, why);
}
