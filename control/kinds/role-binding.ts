/**
 * RoleBinding: grants a role in one namespace.
 */
import { apiObject, array, optional, required, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { RoleRef, Subject } from './types/rbac.ts';

const schema = apiObject('io.k8s.api.rbac.v1.RoleBinding', 'Grants a role in one namespace.', ObjectMeta, {
  subjects: optional(2, array(Subject, { type: 'atomic' }), 'Who gets the role.'),
  roleRef: required(3, RoleRef, 'The role; cannot be changed.'),
});

export type RoleBinding = Static<typeof schema>;

export const roleBinding: Kind<RoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'rolebindings',
  kind: 'RoleBinding',
  singular: 'rolebinding',
  listKind: 'RoleBindingList',
  namespaced: true,
  description: 'Grants a role in one namespace.',
  schema,
  columns: [],
};
