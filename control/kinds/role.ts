/**
 * Role: permissions in one namespace.
 */
import { pathSegmentErrors } from '../machinery/names.ts';
import { ROLES } from '../machinery/resources.ts';
import { createdColumn, nameColumn } from './columns.ts';
import { apiObject, array, optional, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { PolicyRule } from './types/rbac.ts';
import { ruleFaults } from './validation/rbac.ts';

const schema = apiObject('io.k8s.api.rbac.v1.Role', 'Permissions in one namespace.', ObjectMeta, {
  rules: optional(2, array(PolicyRule, { type: 'atomic' }), 'What is allowed.'),
});

export type Role = Static<typeof schema>;

export const role: Kind<Role> = {
  ...ROLES,
  singular: 'role',
  listKind: 'RoleList',
  description: 'Permissions in one namespace.',
  schema,
  columns: [nameColumn, createdColumn],
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  generation: false,
  validateName: pathSegmentErrors,
  validate: object => ruleFaults(object.rules, true),
};
