/**
 * ClusterRole: permissions in all namespaces and outside of them.
 */
import { pathSegmentErrors } from '../machinery/names.ts';
import { CLUSTER_ROLES } from '../machinery/resources.ts';
import { createdColumn, nameColumn } from './columns.ts';
import { apiObject, array, optional, pointer, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { AggregationRule, PolicyRule } from './types/rbac.ts';
import { ruleFaults } from './validation/rbac.ts';

const schema = apiObject(
  'io.k8s.api.rbac.v1.ClusterRole',
  'Permissions in all namespaces and outside of them.',
  ObjectMeta,
  {
    rules: optional(2, array(PolicyRule, { type: 'atomic' }), 'What is allowed.'),
    aggregationRule: pointer(3, AggregationRule, 'Puts the rules together from other ClusterRoles.'),
  },
);

export type ClusterRole = Static<typeof schema>;

export const clusterRole: Kind<ClusterRole> = {
  ...CLUSTER_ROLES,
  singular: 'clusterrole',
  listKind: 'ClusterRoleList',
  description: 'Permissions in all namespaces and outside of them.',
  schema,
  columns: [nameColumn, createdColumn],
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  generation: false,
  validateName: pathSegmentErrors,
  validate: object => ruleFaults(object.rules, false),
};
