/**
 * Reviews of what somebody may do.
 */
import {
  array,
  boolean,
  enumeration,
  map,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
  wrappedArray,
} from '../schema.ts';
import { LabelSelectorRequirement } from './selector.ts';

const FieldSelectorRequirement = object(
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement',
  'One condition on one field.',
  {
    key: required(1, string()),
    operator: required(2, enumeration('DoesNotExist', 'Exists', 'In', 'NotIn')),
    values: optional(3, array(string(), { type: 'atomic' })),
  },
);

const FieldSelectorAttributes = object(
  'io.k8s.api.authorization.v1.FieldSelectorAttributes',
  'The field selector of a request.',
  {
    rawSelector: optional(1, string()),
    requirements: optional(2, array(FieldSelectorRequirement, { type: 'atomic' })),
  },
);

const LabelSelectorAttributes = object(
  'io.k8s.api.authorization.v1.LabelSelectorAttributes',
  'The label selector of a request.',
  {
    rawSelector: optional(1, string()),
    requirements: optional(2, array(LabelSelectorRequirement, { type: 'atomic' })),
  },
);

const ResourceAttributes = object('io.k8s.api.authorization.v1.ResourceAttributes', 'An action on a resource.', {
  namespace: optional(1, string()),
  verb: optional(2, string()),
  group: optional(3, string()),
  version: optional(4, string()),
  resource: optional(5, string()),
  subresource: optional(6, string()),
  name: optional(7, string()),
  fieldSelector: pointer(8, FieldSelectorAttributes),
  labelSelector: pointer(9, LabelSelectorAttributes),
});

const NonResourceAttributes = object('io.k8s.api.authorization.v1.NonResourceAttributes', 'An action on a path.', {
  path: optional(1, string()),
  verb: optional(2, string()),
});

export const SelfSubjectAccessReviewSpec = object(
  'io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec',
  'What the caller would like to do; exactly one is set.',
  {
    resourceAttributes: pointer(1, ResourceAttributes),
    nonResourceAttributes: pointer(2, NonResourceAttributes),
  },
);
export type SelfSubjectAccessReviewSpec = Static<typeof SelfSubjectAccessReviewSpec>;

export const SubjectAccessReviewSpec = object(
  'io.k8s.api.authorization.v1.SubjectAccessReviewSpec',
  'Who would like to do what.',
  {
    resourceAttributes: pointer(1, ResourceAttributes),
    nonResourceAttributes: pointer(2, NonResourceAttributes),
    user: optional(3, string()),
    groups: optional(4, array(string(), { type: 'atomic' })),
    extra: optional(5, map(wrappedArray(string()))),
    uid: optional(6, string()),
  },
);
export type SubjectAccessReviewSpec = Static<typeof SubjectAccessReviewSpec>;

export const SubjectAccessReviewStatus = object(
  'io.k8s.api.authorization.v1.SubjectAccessReviewStatus',
  'Whether it is allowed, and why.',
  {
    allowed: required(1, boolean()),
    denied: optional(4, boolean()),
    reason: optional(2, string()),
    evaluationError: optional(3, string()),
  },
);
export type SubjectAccessReviewStatus = Static<typeof SubjectAccessReviewStatus>;

export const SelfSubjectRulesReviewSpec = object(
  'io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec',
  'The namespace to look at.',
  {
    namespace: optional(1, string()),
  },
);
export type SelfSubjectRulesReviewSpec = Static<typeof SelfSubjectRulesReviewSpec>;

const ResourceRule = object('io.k8s.api.authorization.v1.ResourceRule', 'Actions that are allowed on resources.', {
  verbs: required(1, array(string(), { type: 'atomic' })),
  apiGroups: optional(2, array(string(), { type: 'atomic' })),
  resources: optional(3, array(string(), { type: 'atomic' })),
  resourceNames: optional(4, array(string(), { type: 'atomic' })),
});

const NonResourceRule = object('io.k8s.api.authorization.v1.NonResourceRule', 'Actions that are allowed on paths.', {
  verbs: required(1, array(string(), { type: 'atomic' })),
  nonResourceURLs: optional(2, array(string(), { type: 'atomic' })),
});

export const SubjectRulesReviewStatus = object(
  'io.k8s.api.authorization.v1.SubjectRulesReviewStatus',
  'What the caller may do in the namespace.',
  {
    resourceRules: required(1, array(ResourceRule, { type: 'atomic' })),
    nonResourceRules: required(2, array(NonResourceRule, { type: 'atomic' })),
    incomplete: required(3, boolean()),
    evaluationError: optional(4, string()),
  },
);
export type SubjectRulesReviewStatus = Static<typeof SubjectRulesReviewStatus>;
