/**
 * Questions that are asked by POSTing an object and answered with it: who am I, may I, may they, whose token is this.
 * Nothing is stored.
 */
import type { Identity } from '../auth/identity.ts';
import type { SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview } from '../kinds/access-reviews.ts';
import type { TokenReview } from '../kinds/identity-reviews.ts';
import { admitNew } from '../kinds/prepare.ts';
import type { Kind } from '../kinds/strategy.ts';
import type { ApiObject } from '../machinery/meta.ts';
import { badRequest, StatusError } from '../machinery/status.ts';
import type { Api, Verb } from './api.ts';
import { decodeRequest } from './decode.ts';
import { nothingThere } from './dispatch.ts';
import type { ApiContext } from './request.ts';
import { respondValue } from './respond.ts';

type Answer = (api: Api, c: ApiContext, object: ApiObject) => Promise<unknown> | unknown;

const ANSWERS: Readonly<Record<string, Answer>> = {
  selfsubjectreviews: (_api, c) => ({ userInfo: userInfo(c.get('user')) }),
  selfsubjectaccessreviews: (api, c, object) => mayDo(api, c.get('user'), (object as SelfSubjectAccessReview).spec),
  subjectaccessreviews: (api, _c, object) => maySubject(api, (object as SubjectAccessReview).spec),
  localsubjectaccessreviews: (api, c, object) => {
    const { spec } = object as SubjectAccessReview;
    if (spec.resourceAttributes?.namespace !== c.get('info').namespace) {
      throw badRequest('spec.resourceAttributes.namespace must match namespace');
    }
    return maySubject(api, spec);
  },
  selfsubjectrulesreviews: async (api, c, object) => {
    const { namespace } = (object as SelfSubjectRulesReview).spec;
    if (!namespace) throw badRequest('no namespace on request');
    return (
      (await api.rulesOf?.(c.get('user'), namespace)) ?? { resourceRules: [], nonResourceRules: [], incomplete: true }
    );
  },
  tokenreviews: (api, _c, object) => whose(api, (object as TokenReview).spec.token ?? ''),
};

export function reviewOf(kind: Kind): Verb {
  const answer = ANSWERS[kind.resource];
  if (!answer) throw nothingThere();
  return async (api, c) => {
    const { object, causes } = await decodeRequest(c, kind);
    admitNew(kind, object, causes);
    const { generation: _none, ...metadata } = object.metadata;
    return respondValue(c, 201, { ...object, metadata, status: await answer(api, c, object) });
  };
}

const userInfo = ({ name, uid, groups, extra }: Identity) => ({ username: name, uid, groups, extra });

type AccessSpec = SelfSubjectAccessReview['spec'];

async function mayDo(
  api: Api,
  user: Identity,
  { resourceAttributes, nonResourceAttributes }: AccessSpec,
): Promise<unknown> {
  if (!resourceAttributes === !nonResourceAttributes) {
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  }
  const {
    verb = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
  } = resourceAttributes ?? { verb: nonResourceAttributes?.verb };
  const path = nonResourceAttributes?.path ?? '';
  const asked = { verb, group, version, resource, subresource, namespace, name, path };
  const { allowed, reason, evaluationError } = await api.authorize({
    user,
    ...asked,
    resourceRequest: resourceAttributes !== undefined,
  });
  return { allowed, reason: reason || undefined, evaluationError };
}

function maySubject(api: Api, spec: SubjectAccessReview['spec']): Promise<unknown> {
  if (!spec.user && !spec.groups?.length) throw badRequest('at least one of user or group must be specified');
  const user = { name: spec.user ?? '', groups: spec.groups ?? [], uid: spec.uid };
  return mayDo(api, user, spec);
}

async function whose(api: Api, token: string): Promise<unknown> {
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  try {
    const user = await api.authenticate({ authorization: `Bearer ${token}` });
    const anonymous = !user || user.name === 'system:anonymous';
    return anonymous ? { authenticated: false } : { authenticated: true, user: userInfo(user) };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { authenticated: false, error: error.message };
  }
}
