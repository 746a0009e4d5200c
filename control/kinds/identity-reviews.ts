/**
 * Questions about who somebody is. They are never stored: control/api answers them from its authenticators.
 */
import type { Resource } from '../machinery/meta.ts';
import { SELF_SUBJECT_REVIEWS, TOKEN_REVIEWS } from '../machinery/resources.ts';
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

export const tokenReview = review<TokenReview>(TOKEN_REVIEWS, tokenSchema);
export const selfSubjectReview = review<SelfSubjectReview>(SELF_SUBJECT_REVIEWS, selfSchema);

function review<T extends TokenReview | SelfSubjectReview>(resource: Resource, schema: ObjectSchema<T>): Kind<T> {
  return {
    ...resource,
    singular: resource.kind.toLowerCase(),
    listKind: `${resource.kind}List`,
    description: schema.description ?? '',
    schema,
    columns: [],
    verbs: ['create'],
    virtual: true,
    generation: false,
  };
}
