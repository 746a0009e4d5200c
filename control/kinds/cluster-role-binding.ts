/**
 * ClusterRoleBinding: grants a ClusterRole everywhere.
 */
import { pathSegmentErrors } from '../machinery/names.ts';
import { CLUSTER_ROLE_BINDINGS } from '../machinery/resources.ts';
import { bindingColumns } from './binding-columns.ts';
import { apiObject, array, optional, required, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { RoleRef, Subject } from './types/rbac.ts';
import { bindingFaults, roleRefFaults, setBindingDefaults } from './validation/rbac.ts';

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
  columns: bindingColumns,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  generation: false,
  validateName: pathSegmentErrors,
  setDefaults: setBindingDefaults,
  validate: object => bindingFaults(object, ['ClusterRole']),
  validateUpdate: roleRefFaults,
};
