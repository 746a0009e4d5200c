/**
 * PUT, and what every change of an existing object goes through (patch, scale, approval, …): identity is checked, what the
 * server keeps is restored, then admission and the Kind have their say, on whatever is current when it is stored.
 */
import { admitUpdate } from '../../kinds/prepare.ts';
import type { Kind } from '../../kinds/strategy.ts';
import type { ApiObject } from '../../machinery/meta.ts';
import { badRequest, invalid, isReason } from '../../machinery/status.ts';
import type { KeyValue } from '../../store/store.ts';
import type { Api, Verb } from '../api.ts';
import { type Decoded, decodeRequest, isDryRun } from '../decode.ts';
import { dryRunOf } from '../dry-run.ts';
import { carryOver, checkIdentity, dedupOwners, placeInNamespace } from '../metadata.ts';
import type { ApiContext } from '../request.ts';
import { respondObject, type Source } from '../respond.ts';
import { change } from '../write.ts';
import { createDecoded } from './create.ts';

export const update: Verb = async (api, c, kind) => {
  const decoded = await decodeRequest(c, kind);
  const { object } = decoded;
  const { uid, resourceVersion } = object.metadata;
  if (!resourceVersion && !kind.allowUnconditionalUpdate) {
    const message = 'Invalid value: 0x0: must be specified for an update';
    throw invalid(kind, c.get('info').name, [
      { reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' },
    ]);
  }
  const make = () => {
    // Another attempt starts from what was sent, not from what the last one made of it.
    object.metadata.uid = uid;
    object.metadata.resourceVersion = resourceVersion;
    return decoded;
  };
  try {
    return respondObject(api, c, kind, 200, await changeObject(api, c, kind, make));
  } catch (error) {
    const mayCreate = kind.allowCreateOnUpdate && !c.get('info').subresource && !resourceVersion;
    if (!mayCreate || !isReason(error, 'NotFound')) throw error;
    return createDecoded(api, c, kind, decoded);
  }
};

export type Make = (current: Readonly<ApiObject>, kv: KeyValue) => Decoded | Promise<Decoded>;

export async function changeObject(api: Api, c: ApiContext, kind: Kind, make: Make): Promise<Source> {
  const info = c.get('info');
  const subresource = info.subresource || undefined;
  const dryRun = isDryRun(c.get('query'));
  const warn = (text: string) => c.get('warnings').push(text);
  const { kv } = await change(dryRun ? dryRunOf(api) : api, kind, info, async (current, kv) => {
    const { object: next, causes } = await make(current, kv);
    if (next.metadata.name === undefined) throw badRequest('name must be provided');
    placeInNamespace(next.metadata, kind, info);
    checkIdentity(next, current, kind);
    carryOver(next, current);
    dedupOwners(next, warn);
    const attributes = {
      operation: 'UPDATE' as const,
      resource: kind,
      subresource,
      key: { namespace: current.metadata.namespace, name: info.name },
      object: next,
      oldObject: current as ApiObject,
      user: c.get('user'),
      dryRun,
      warn,
    };
    await api.admission.mutate(attributes);
    admitUpdate(kind, next, current as ApiObject, subresource, causes);
    await api.admission.validate(attributes);
    return next;
  });
  return dryRun ? api.objects.read(kv) : kv;
}
