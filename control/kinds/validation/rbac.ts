/**
 * Roles and bindings.
 */
import { equal } from '../../machinery/equal.ts';
import type { Cause } from '../../machinery/status.ts';
import type { PolicyRule, RoleRef, Subject } from '../types/rbac.ts';
import { eachFault, invalidFault, notSupportedFault, requiredFault } from './faults.ts';

const GROUP = 'rbac.authorization.k8s.io';

interface Binding {
  subjects?: Subject[];
  roleRef: RoleRef;
}

/** `namespaced` rules are those of a Role. */
export const ruleFaults = (rules: readonly PolicyRule[] | undefined, namespaced: boolean): Cause[] =>
  eachFault('rules', rules, (rule, field) => {
    const faults: Cause[] = [];
    if (rule.verbs.length === 0) faults.push(requiredFault(`${field}.verbs`, 'verbs must contain at least one value'));
    if (rule.nonResourceURLs?.length) {
      if (namespaced) {
        faults.push(
          invalidFault(
            `${field}.nonResourceURLs`,
            rule.nonResourceURLs,
            'namespaced rules cannot apply to non-resource URLs',
          ),
        );
      }
      if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
        faults.push(
          invalidFault(
            `${field}.nonResourceURLs`,
            rule.nonResourceURLs,
            'rules cannot apply to both regular resources and non-resource URLs',
          ),
        );
      }
      return faults;
    }
    if (!rule.apiGroups?.length) {
      faults.push(requiredFault(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
    }
    if (!rule.resources?.length) {
      faults.push(requiredFault(`${field}.resources`, 'resource rules must supply at least one resource'));
    }
    return faults;
  });

export function setBindingDefaults({ roleRef, subjects }: Binding): void {
  roleRef.apiGroup ||= GROUP;
  for (const subject of subjects ?? []) if (subject.kind !== 'ServiceAccount') subject.apiGroup ||= GROUP;
}

export function bindingFaults({ roleRef, subjects }: Binding, kinds: readonly string[]): Cause[] {
  const faults: Cause[] = [];
  if (roleRef.apiGroup !== GROUP) faults.push(notSupportedFault('roleRef.apiGroup', roleRef.apiGroup, [GROUP]));
  if (!kinds.includes(roleRef.kind)) faults.push(notSupportedFault('roleRef.kind', roleRef.kind, kinds));
  if (roleRef.name === '') faults.push(requiredFault('roleRef.name'));
  return [...faults, ...eachFault('subjects', subjects, subjectFaults)];
}

function subjectFaults(subject: Subject, field: string): Cause[] {
  const faults = subject.name === '' ? [requiredFault(`${field}.name`)] : [];
  switch (subject.kind) {
    case 'ServiceAccount':
      if (subject.apiGroup) faults.push(notSupportedFault(`${field}.apiGroup`, subject.apiGroup, ['']));
      if (!subject.namespace) faults.push(requiredFault(`${field}.namespace`));
      return faults;
    case 'User':
    case 'Group':
      if (subject.apiGroup !== GROUP) faults.push(notSupportedFault(`${field}.apiGroup`, subject.apiGroup, [GROUP]));
      return faults;
    default:
      return [...faults, notSupportedFault(`${field}.kind`, subject.kind, ['ServiceAccount', 'User', 'Group'])];
  }
}

export const roleRefFaults = (next: Binding, current: Binding): Cause[] =>
  equal(next.roleRef, current.roleRef) ? [] : [invalidFault('roleRef', next.roleRef, 'cannot change roleRef')];

export function subjectsText(subjects: readonly Subject[] | undefined, kind: string): string {
  const names = (subjects ?? []).filter(subject => subject.kind === kind);
  return names.map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name)).join(', ');
}
