/**
 * Questions about who somebody is. They are never stored: control/api answers them from its authenticators.
 */
import { apiObject, type ObjectSchema, optional, required, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { SelfSubjectReviewStatus, TokenReviewSpec, TokenReviewStatus } from './types/authentication.ts';
import { ObjectMeta } from './types/meta.ts';

const tokenSchema = apiObject('io.k8s.api.authentication.v1.TokenReview', 'Asks whose a token is.', ObjectMeta, {
  spec: required(2, TokenReviewSpec, 'The token.'),
  status: optional(3, TokenReviewStatus, 'The answer.'),
});
export type TokenReview = Static<typeof tokenSchema>;

const selfSchema = apiObject('io.k8s.api.authentication.v1.SelfSubjectReview', 'Asks who the caller is.', ObjectMeta, {
  status: optional(2, SelfSubjectReviewStatus, 'The answer.'),
});
export type SelfSubjectReview = Static<typeof selfSchema>;

export const tokenReview = review<TokenReview>('TokenReview', tokenSchema);
export const selfSubjectReview = review<SelfSubjectReview>('SelfSubjectReview', selfSchema);

function review<T extends TokenReview | SelfSubjectReview>(kind: string, schema: ObjectSchema<T>): Kind<T> {
  return {
    group: 'authentication.k8s.io',
    version: 'v1',
    resource: `${kind.toLowerCase()}s`,
    kind,
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    namespaced: false,
    description: schema.description ?? '',
    schema,
    columns: [],
    verbs: ['create'],
    virtual: true,
    generation: false,
  };
}
