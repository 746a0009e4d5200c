/**
 * POST: a new object. The order is apiserver's: decode, clear what only the server sets, mutate, name, validate, store.
 *
 * Always: uid and creation time are stamped here and only here; a generated name that is taken is drawn again.
 */
import type { Attributes } from '../../admission/chain.ts';
import { admitNew } from '../../kinds/prepare.ts';
import type { Kind } from '../../kinds/strategy.ts';
import type { ApiObject } from '../../machinery/meta.ts';
import { generateName } from '../../machinery/names.ts';
import { badRequest, isReason } from '../../machinery/status.ts';
import type { KeyValue } from '../../store/store.ts';
import type { Api, Verb } from '../api.ts';
import { decodeRequest, isDryRun } from '../decode.ts';
import { dryRunOf } from '../dry-run.ts';
import { clearSystemFields, dedupOwners, stamp } from '../metadata.ts';
import type { ApiContext } from '../request.ts';
import { respondObject } from '../respond.ts';
import { insert } from '../write.ts';

const NAME_ATTEMPTS_MAX = 8;

export const create: Verb = async (api, c, kind) => {
  const decoded = await decodeRequest(c, kind);
  return createDecoded(api, c, kind, decoded);
};

/** Also called by update and apply for what may be created by them. */
export async function createDecoded(
  api: Api,
  c: ApiContext,
  kind: Kind,
  { object, causes }: Awaited<ReturnType<typeof decodeRequest>>,
): Promise<Response> {
  const info = c.get('info');
  const dryRun = isDryRun(c.get('query'));
  clearSystemFields(object, kind, info);
  if (info.name !== '' && object.metadata.name !== info.name) {
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${info.name})`,
    );
  }
  dedupOwners(object, text => c.get('warnings').push(text));
  const attributes = attributesOf(c, kind, object, dryRun);
  stamp(object, api.dice.uuid(), api.clock.now());
  await api.admission.mutate(attributes);
  const generated = !object.metadata.name && Boolean(object.metadata.generateName);
  for (let attempt = 1; ; attempt++) {
    if (generated) attributes.key.name = nameAnew(object, api.dice.random);
    if (attempt === 1) {
      admitNew(kind, object, causes);
      await api.admission.validate(attributes);
    }
    try {
      const source = dryRun ? await pretend(api, kind, object) : await insert(api, kind, object);
      return respondObject(api, c, kind, 201, source);
    } catch (error) {
      if (!generated || !isReason(error, 'AlreadyExists')) throw error;
      if (attempt < NAME_ATTEMPTS_MAX) continue;
      error.status.details!.retryAfterSeconds = 1;
      throw error;
    }
  }
}

const nameAnew = (object: ApiObject, random: () => number): string => {
  object.metadata.name = generateName(object.metadata.generateName!, random);
  return object.metadata.name;
};

const attributesOf = (c: ApiContext, kind: Kind, object: ApiObject, dryRun: boolean): Attributes => ({
  operation: 'CREATE',
  resource: kind,
  subresource: undefined,
  key: { namespace: object.metadata.namespace, name: object.metadata.name || object.metadata.generateName || '' },
  object,
  user: c.get('user'),
  dryRun,
  warn: text => c.get('warnings').push(text),
});

/** A dry run answers as the real one would: also that the name is taken. */
async function pretend(api: Api, kind: Kind, object: ApiObject): Promise<KeyValue | ApiObject> {
  await insert(dryRunOf(api), kind, object);
  delete object.metadata.resourceVersion;
  return object;
}
