/**
 * RoleBinding: grants a role in one namespace.
 */
import { pathSegmentErrors } from '../machinery/names.ts';
import { ROLE_BINDINGS } from '../machinery/resources.ts';
import { bindingColumns } from './binding-columns.ts';
import { apiObject, array, optional, required, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { RoleRef, Subject } from './types/rbac.ts';
import { bindingFaults, roleRefFaults, setBindingDefaults } from './validation/rbac.ts';

const schema = apiObject('io.k8s.api.rbac.v1.RoleBinding', 'Grants a role in one namespace.', ObjectMeta, {
  subjects: optional(2, array(Subject, { type: 'atomic' }), 'Who gets the role.'),
  roleRef: required(3, RoleRef, 'The role; cannot be changed.'),
});

export type RoleBinding = Static<typeof schema>;

export const roleBinding: Kind<RoleBinding> = {
  ...ROLE_BINDINGS,
  singular: 'rolebinding',
  listKind: 'RoleBindingList',
  description: 'Grants a role in one namespace.',
  schema,
  columns: bindingColumns,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  generation: false,
  validateName: pathSegmentErrors,
  setDefaults: setBindingDefaults,
  validate: object => bindingFaults(object, ['ClusterRole', 'Role']),
  validateUpdate: roleRefFaults,
};
