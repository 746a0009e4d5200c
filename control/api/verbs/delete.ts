/**
 * DELETE of one object. Answers with the object while it is still there (grace, finalizers), else with a Status that says
 * what is gone; objects with a grace period are always answered with themselves, as Kubernetes does for pods.
 */
import { type DeleteOptions, deleteOptions } from '../../kinds/bodies.ts';
import type { Kind } from '../../kinds/strategy.ts';
import type { ApiObject } from '../../machinery/meta.ts';
import type { Api, Verb } from '../api.ts';
import { decodeOptional, isDryRun } from '../decode.ts';
import { checkDeleteOptions, deleteOne, type Ended } from '../deletion.ts';
import { success } from '../errors.ts';
import { type ApiContext, flag } from '../request.ts';
import { respondObject, respondValue } from '../respond.ts';

export const remove: Verb = async (api, c, kind) => {
  const info = c.get('info');
  const options = await readDeleteOptions(c);
  const ended = await deleteOne(api, kind, info, options, admitDeletion(api, c, kind, info, options));
  return respondDeleted(api, c, kind, ended, options);
};

export async function readDeleteOptions(c: ApiContext): Promise<DeleteOptions> {
  const query = c.get('query');
  const body = await decodeOptional(c, deleteOptions);
  const options: DeleteOptions = body ?? fromQuery(query);
  if (isDryRun(query)) options.dryRun = ['All'];
  return checkDeleteOptions(options);
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const options: DeleteOptions = {};
  const grace = query.get('gracePeriodSeconds');
  if (grace !== null && /^-?\d+$/.test(grace)) options.gracePeriodSeconds = Number(grace);
  if (query.has('orphanDependents')) options.orphanDependents = flag(query, 'orphanDependents');
  const policy = query.get('propagationPolicy');
  if (policy) options.propagationPolicy = policy;
  return options;
}

export const admitDeletion =
  (api: Api, c: ApiContext, kind: Kind, key: { namespace?: string; name: string }, options: DeleteOptions) =>
  async (oldObject: Readonly<ApiObject>): Promise<void> => {
    const attributes = {
      operation: 'DELETE' as const,
      resource: kind,
      subresource: undefined,
      key: { namespace: key.namespace || undefined, name: key.name },
      oldObject: oldObject as ApiObject,
      user: c.get('user'),
      dryRun: options.dryRun?.includes('All') === true,
      warn: (text: string) => c.get('warnings').push(text),
    };
    await api.admission.mutate(attributes);
    await api.admission.validate(attributes);
  };

function respondDeleted(
  api: Api,
  c: ApiContext,
  kind: Kind,
  { kv, removed }: Ended,
  options: DeleteOptions,
): Response | Promise<Response> {
  if (!removed || kind.gracePeriodSeconds) {
    const code = !removed && options.orphanDependents === false ? 202 : 200;
    return respondObject(api, c, kind, code, options.dryRun?.length ? api.objects.read(kv) : kv);
  }
  const { name, uid } = api.objects.glance(kv).metadata;
  return respondValue(c, 200, success({ name, group: kind.group || undefined, kind: kind.resource, uid }));
}
