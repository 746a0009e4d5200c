/** What a table shows of a RoleBinding and of a ClusterRoleBinding: the same, as in Kubernetes. */
import type { ApiObject } from '../machinery/meta.ts';
import { ageColumn, nameColumn, text, wide } from './columns.ts';
import type { Column } from './strategy.ts';
import type { RoleRef, Subject } from './types/rbac.ts';
import { subjectsText } from './validation/rbac.ts';

interface Binding extends ApiObject {
  subjects?: Subject[];
  roleRef: RoleRef;
}

export const bindingColumns: readonly Column<Binding>[] = [
  nameColumn,
  text('Role', 'The role that is granted.', o => `${o.roleRef.kind}/${o.roleRef.name}`),
  ageColumn,
  wide(text('Users', 'Users who get it.', o => subjectsText(o.subjects, 'User'))),
  wide(text('Groups', 'Groups who get it.', o => subjectsText(o.subjects, 'Group'))),
  wide(text('ServiceAccounts', 'Service accounts who get it.', o => subjectsText(o.subjects, 'ServiceAccount'))),
];
