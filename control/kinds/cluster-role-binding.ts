/**
 * ClusterRoleBinding: grants a ClusterRole everywhere.
 */
import { apiObject, array, optional, required, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { RoleRef, Subject } from './types/rbac.ts';

const schema = apiObject('io.k8s.api.rbac.v1.ClusterRoleBinding', 'Grants a ClusterRole everywhere.', ObjectMeta, {
  subjects: optional(2, array(Subject, { type: 'atomic' }), 'Who gets the role.'),
  roleRef: required(3, RoleRef, 'The role; cannot be changed.'),
});

export type ClusterRoleBinding = Static<typeof schema>;

export const clusterRoleBinding: Kind<ClusterRoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
  singular: 'clusterrolebinding',
  listKind: 'ClusterRoleBindingList',
  namespaced: false,
  description: 'Grants a ClusterRole everywhere.',
  schema,
  columns: [],
};
