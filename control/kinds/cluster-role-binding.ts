/**
 * ClusterRoleBinding: grants a ClusterRole everywhere.
 */
import { pathSegmentErrors } from '../machinery/names.ts';
import { CLUSTER_ROLE_BINDINGS } from '../machinery/resources.ts';
import { ageColumn, nameColumn, text, wide } from './columns.ts';
import { apiObject, array, optional, required, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { RoleRef, Subject } from './types/rbac.ts';
import { bindingFaults, roleRefFaults, setBindingDefaults, subjectsText } from './validation/rbac.ts';

const schema = apiObject('io.k8s.api.rbac.v1.ClusterRoleBinding', 'Grants a ClusterRole everywhere.', ObjectMeta, {
  subjects: optional(2, array(Subject, { type: 'atomic' }), 'Who gets the role.'),
  roleRef: required(3, RoleRef, 'The role; cannot be changed.'),
});

export type ClusterRoleBinding = Static<typeof schema>;

export const clusterRoleBinding: Kind<ClusterRoleBinding> = {
  ...CLUSTER_ROLE_BINDINGS,
  singular: 'clusterrolebinding',
  listKind: 'ClusterRoleBindingList',
  description: 'Grants a ClusterRole everywhere.',
  schema,
  columns: [
    nameColumn,
    text('Role', 'The role that is granted.', o => `${o.roleRef.kind}/${o.roleRef.name}`),
    ageColumn,
    wide(text('Users', 'Users who get it.', o => subjectsText(o.subjects, 'User'))),
    wide(text('Groups', 'Groups who get it.', o => subjectsText(o.subjects, 'Group'))),
    wide(text('ServiceAccounts', 'Service accounts who get it.', o => subjectsText(o.subjects, 'ServiceAccount'))),
  ],
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  generation: false,
  validateName: pathSegmentErrors,
  setDefaults: setBindingDefaults,
  validate: object => bindingFaults(object, ['ClusterRole']),
  validateUpdate: roleRefFaults,
};
