/**
 * Roles and who has them.
 */
import { array, object, optional, required, type Static, string } from '../schema.ts';
import { LabelSelector } from './selector.ts';

export const PolicyRule = object('io.k8s.api.rbac.v1.PolicyRule', 'Verbs that are allowed on resources or paths.', {
  verbs: required(
    1,
    array(string(), { type: 'atomic' }),
    'Verbs such as get, list, watch, create, update, patch, delete; * is all.',
  ),
  apiGroups: optional(2, array(string(), { type: 'atomic' }), 'API groups; the empty one is core, * is all.'),
  resources: optional(3, array(string(), { type: 'atomic' }), 'Resources, as in pods or pods/log; * is all.'),
  resourceNames: optional(4, array(string(), { type: 'atomic' }), 'Only objects of these names.'),
  nonResourceURLs: optional(
    5,
    array(string(), { type: 'atomic' }),
    'Paths outside of resources, such as /healthz; only in ClusterRoles.',
  ),
});
export type PolicyRule = Static<typeof PolicyRule>;

export const Subject = object(
  'io.k8s.api.rbac.v1.Subject',
  'A user, group or service account.',
  {
    kind: required(1, string(), 'User, Group or ServiceAccount.'),
    apiGroup: optional(2, string()),
    name: required(3, string(), 'Name of the subject.'),
    namespace: optional(4, string(), 'Namespace of a ServiceAccount.'),
  },
  { atomic: true },
);
export type Subject = Static<typeof Subject>;

export const RoleRef = object(
  'io.k8s.api.rbac.v1.RoleRef',
  'The role that is granted.',
  {
    apiGroup: required(1, string()),
    kind: required(2, string()),
    name: required(3, string()),
  },
  { atomic: true },
);
export type RoleRef = Static<typeof RoleRef>;

export const AggregationRule = object(
  'io.k8s.api.rbac.v1.AggregationRule',
  'Which ClusterRoles this one is put together from.',
  {
    clusterRoleSelectors: optional(1, array(LabelSelector, { type: 'atomic' })),
  },
);
export type AggregationRule = Static<typeof AggregationRule>;
