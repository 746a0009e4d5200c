/**
 * Questions about what somebody may do. They are never stored: control/api answers them from the RBAC rules.
 */
import type { Resource } from '../machinery/meta.ts';
import {
  LOCAL_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_RULES_REVIEWS,
  SUBJECT_ACCESS_REVIEWS,
} from '../machinery/resources.ts';
import { apiObject, type ObjectSchema, optional, required, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import {
  SelfSubjectAccessReviewSpec,
  SelfSubjectRulesReviewSpec,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
  SubjectRulesReviewStatus,
} from './types/authorization.ts';
import { ObjectMeta } from './types/meta.ts';

const status = optional(3, SubjectAccessReviewStatus, 'The answer.');

const selfAccess = apiObject(
  'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  'Asks whether the caller may do something.',
  ObjectMeta,
  { spec: required(2, SelfSubjectAccessReviewSpec, 'What the caller would like to do.'), status },
);
export type SelfSubjectAccessReview = Static<typeof selfAccess>;

const access = apiObject(
  'io.k8s.api.authorization.v1.SubjectAccessReview',
  'Asks whether somebody may do something.',
  ObjectMeta,
  { spec: required(2, SubjectAccessReviewSpec, 'Who would like to do what.'), status },
);
export type SubjectAccessReview = Static<typeof access>;

const localAccess = apiObject(
  'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  'Asks whether somebody may do something in one namespace.',
  ObjectMeta,
  { spec: required(2, SubjectAccessReviewSpec, 'Who would like to do what.'), status },
);
export type LocalSubjectAccessReview = Static<typeof localAccess>;

const selfRules = apiObject(
  'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  'Asks for all that the caller may do in a namespace.',
  ObjectMeta,
  {
    spec: required(2, SelfSubjectRulesReviewSpec, 'The namespace.'),
    status: optional(3, SubjectRulesReviewStatus, 'The answer.'),
  },
);
export type SelfSubjectRulesReview = Static<typeof selfRules>;

export const selfSubjectAccessReview = review<SelfSubjectAccessReview>(SELF_SUBJECT_ACCESS_REVIEWS, selfAccess);
export const subjectAccessReview = review<SubjectAccessReview>(SUBJECT_ACCESS_REVIEWS, access);
export const localSubjectAccessReview = review<LocalSubjectAccessReview>(LOCAL_SUBJECT_ACCESS_REVIEWS, localAccess);
export const selfSubjectRulesReview = review<SelfSubjectRulesReview>(SELF_SUBJECT_RULES_REVIEWS, selfRules);

function review<T extends SelfSubjectAccessReview | SelfSubjectRulesReview>(
  resource: Resource,
  schema: ObjectSchema<T>,
): Kind<T> {
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
