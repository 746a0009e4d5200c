/**
 * POST serviceaccounts/NAME/token: a signed token of the account, for a time, for an audience, bound to a pod or Secret when
 * asked: then it dies with that object.
 */
import { tokenRequest } from '../../kinds/bodies.ts';
import type { Kind } from '../../kinds/strategy.ts';
import { type ApiObject, timestamp } from '../../machinery/meta.ts';
import {
  badRequest,
  type Cause,
  conflict,
  forbidden,
  invalid,
  notFound,
  serviceUnavailable,
} from '../../machinery/status.ts';
import type { Api, Verb } from '../api.ts';
import { decodeRequest } from '../decode.ts';
import { objectKey } from '../objects.ts';
import { respondValue } from '../respond.ts';

const DURATION_DEFAULT_S = 3600;
const DURATION_MIN_S = 600;
const DURATION_MAX_S = 2 ** 32;

export const requestToken: Verb = async (api, c, kind) => {
  const info = c.get('info');
  if (!api.tokens) throw serviceUnavailable('this server signs no tokens');
  const { object } = await decodeRequest(c, tokenRequest);
  const account = await api.store.get(objectKey(kind, info));
  if (!account) throw notFound(kind, info.name);
  const { metadata } = api.objects.peek(account);
  const attributes = {
    operation: 'CREATE' as const,
    resource: kind,
    subresource: 'token',
    key: { namespace: info.namespace, name: info.name },
    object,
    user: c.get('user'),
    dryRun: false,
    warn: (text: string) => c.get('warnings').push(text),
  };
  await api.admission.mutate(attributes);
  await api.admission.validate(attributes);
  const seconds = object.spec.expirationSeconds || DURATION_DEFAULT_S;
  checkDuration(seconds, info.name);
  const bound = await boundObject(api, kind, info.namespace, info.name, object.spec.boundObjectRef);
  const signed = await api.tokens.sign({
    namespace: info.namespace,
    serviceAccount: { name: metadata.name, uid: metadata.uid ?? '' },
    ...bound,
    audiences: object.spec.audiences ?? [],
    expirationSeconds: seconds,
  });
  return respondValue(c, 201, {
    ...object,
    metadata: { name: info.name, namespace: info.namespace, creationTimestamp: timestamp(api.clock.now()) },
    spec: { ...object.spec, expirationSeconds: seconds },
    status: signed,
  });
};

function checkDuration(seconds: number, name: string): void {
  const why =
    seconds < DURATION_MIN_S
      ? 'may not specify a duration less than 10 minutes'
      : seconds > DURATION_MAX_S
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (!why) return;
  const cause: Cause = {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${seconds}: ${why}`,
    field: 'spec.expirationSeconds',
  };
  throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, [cause]);
}

interface Reference {
  kind?: string;
  apiVersion?: string;
  name?: string;
  uid?: string;
}

const BOUND: Readonly<Record<string, 'pods' | 'secrets' | 'nodes'>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

async function boundObject(api: Api, accounts: Kind, namespace: string, account: string, ref: Reference | undefined) {
  if (!ref) return {};
  const resource = BOUND[ref.kind ?? ''];
  const kind = resource && ref.apiVersion === 'v1' ? api.kinds.stored('', resource) : undefined;
  if (!kind || !ref.name)
    throw badRequest(`cannot bind token for serviceaccount "${account}" to type ${ref.apiVersion}/${ref.kind}`);
  const kv = await api.store.get(objectKey(kind, { namespace, name: ref.name }));
  if (!kv) throw notFound(kind, ref.name);
  const object = api.objects.peek(kv) as ApiObject & { spec?: { serviceAccountName?: string } };
  const uid = object.metadata.uid ?? '';
  if (ref.uid && ref.uid !== uid) {
    throw conflict(
      kind,
      ref.name,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (ref.kind === 'Pod' && object.spec?.serviceAccountName !== account) {
    throw forbidden(
      accounts,
      account,
      `cannot bind token for serviceaccount "${account}" to pod running with different serviceaccount name.`,
    );
  }
  const named = { name: ref.name, uid };
  return ref.kind === 'Pod' ? { pod: named } : ref.kind === 'Secret' ? { secret: named } : { node: named };
}
