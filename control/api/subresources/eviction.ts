/**
 * POST pods/NAME/eviction: a deletion that may be refused for the sake of those who depend on the pod (disruption budgets).
 * `kubectl drain` empties nodes this way.
 */
import { eviction } from '../../kinds/bodies.ts';
import { badRequest } from '../../machinery/status.ts';
import type { Verb } from '../api.ts';
import { decodeRequest, isDryRun } from '../decode.ts';
import { checkDeleteOptions, deleteOne } from '../deletion.ts';
import { success } from '../errors.ts';
import { respondValue } from '../respond.ts';

export const evict: Verb = async (api, c, kind) => {
  const info = c.get('info');
  const { object } = await decodeRequest(c, eviction);
  const { name, namespace } = object.metadata;
  if (name && name !== info.name) throw badRequest('name in URL does not match name in Eviction object');
  if (namespace && namespace !== info.namespace)
    throw badRequest('namespace in URL does not match that of the Eviction');
  const options = checkDeleteOptions({ ...object.deleteOptions });
  if (isDryRun(c.get('query'))) options.dryRun = ['All'];
  const attributes = {
    operation: 'CREATE' as const,
    resource: kind,
    subresource: 'eviction',
    key: { namespace: info.namespace, name: info.name },
    object,
    user: c.get('user'),
    dryRun: options.dryRun?.length === 1,
    warn: (text: string) => c.get('warnings').push(text),
  };
  await api.admission.mutate(attributes);
  await api.admission.validate(attributes);
  await deleteOne(api, kind, info, options, async () => {});
  return respondValue(c, 201, success(undefined, 201));
};
