/**
 * Role-based access control: who is bound to which role, and whether a rule of it fits. Bindings are indexed by subject, so
 * a decision looks only at those of the asking user. Called by authorize.ts and by SelfSubjectRulesReview.
 *
 * Always: rules only add; a binding to a role that does not exist grants nothing.
 */
import type { PolicyRule, RoleRef, Subject } from '../kinds/types/rbac.ts';
import type { Attributes, Decision, Identity } from './identity.ts';

interface Named {
  metadata: { name: string; namespace?: string };
}
export interface RoleObject extends Named {
  rules?: PolicyRule[] | null;
}
export interface BindingObject extends Named {
  subjects?: Subject[] | null;
  roleRef: RoleRef;
}

/** All role objects. The same value must be handed out until one of them changes: the index is built once for each. */
export interface Policy {
  clusterRoles: readonly RoleObject[];
  roles: readonly RoleObject[];
  clusterRoleBindings: readonly BindingObject[];
  roleBindings: readonly BindingObject[];
}

export interface Rbac {
  authorize(attributes: Attributes): Decision;
  /** Everything that `user` may do in `namespace` (and cluster-wide). */
  rulesFor(user: Identity, namespace: string): { rules: PolicyRule[]; errors: string[] };
}

export const createRbac = (policy: () => Policy): Rbac => {
  let indexed: { policy: Policy; index: Index } | undefined;
  const current = (): Index => {
    const now = policy();
    if (indexed?.policy !== now) indexed = { policy: now, index: buildIndex(now) };
    return indexed.index;
  };
  return {
    authorize: attributes => {
      const errors: string[] = [];
      for (const grant of grantsOf(current(), attributes.user, attributes.namespace, errors)) {
        if (grant.rules.some(rule => allows(rule, attributes))) return { allowed: true, reason: describe(grant) };
      }
      const problem = errors.length > 0 ? `RBAC: ${errors.join(', ')}` : undefined;
      return { allowed: false, reason: problem, evaluationError: problem };
    },
    rulesFor: (user, namespace) => {
      const errors: string[] = [];
      const rules = [...grantsOf(current(), user, namespace, errors)].flatMap(grant => [...grant.rules]);
      return { rules, errors };
    },
  };
};

export const allows = (rule: PolicyRule, a: Attributes): boolean => {
  if (!covers(rule.verbs, a.verb)) return false;
  if (!a.resourceRequest) return (rule.nonResourceURLs ?? []).some(pattern => pathFits(pattern, a.path));
  return (
    covers(rule.apiGroups, a.group) &&
    (rule.resources ?? []).some(wanted => resourceFits(wanted, a)) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(a.name))
  );
};

const covers = (list: readonly string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(wanted));

/** `pods`, `pods/log`, `*` for everything, `*\/scale` for one subresource of everything. */
const resourceFits = (wanted: string, { resource, subresource }: Attributes): boolean => {
  if (wanted === '*') return true;
  if (subresource === '') return wanted === resource;
  return wanted === `${resource}/${subresource}` || wanted === `*/${subresource}`;
};

const pathFits = (pattern: string, path: string): boolean =>
  pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));

/** A role as one of the user's bindings grants it. */
interface Grant {
  binding: BindingObject;
  subject: Subject;
  rules: readonly PolicyRule[];
}

type Bound = Pick<Grant, 'binding' | 'subject'>;

interface Index {
  /** By `kind name` of the subject. */
  cluster: Map<string, Bound[]>;
  /** By namespace, then by subject. */
  namespaced: Map<string, Map<string, Bound[]>>;
  clusterRoles: Map<string, RoleObject>;
  /** By `namespace/name`. */
  roles: Map<string, RoleObject>;
}

const buildIndex = (policy: Policy): Index => {
  const namespaced: Index['namespaced'] = new Map();
  for (const [namespace, bindings] of Map.groupBy(policy.roleBindings, b => b.metadata.namespace ?? '')) {
    namespaced.set(namespace, bySubject(bindings));
  }
  return {
    cluster: bySubject(policy.clusterRoleBindings),
    namespaced,
    clusterRoles: new Map(policy.clusterRoles.map(role => [role.metadata.name, role])),
    roles: new Map(policy.roles.map(role => [`${role.metadata.namespace}/${role.metadata.name}`, role])),
  };
};

const bySubject = (bindings: readonly BindingObject[]): Map<string, Bound[]> =>
  Map.groupBy(
    bindings.flatMap(binding => (binding.subjects ?? []).map(subject => ({ binding, subject }))),
    ({ binding, subject }) => subjectKey(subject, binding.metadata.namespace),
  );

/** A service account is the user that its tokens name. */
const subjectKey = ({ kind, name, namespace }: Subject, bindingNamespace: string | undefined): string => {
  if (kind !== 'ServiceAccount') return `${kind} ${name}`;
  return `User system:serviceaccount:${namespace || bindingNamespace || ''}:${name}`;
};

function* grantsOf(index: Index, user: Identity, namespace: string, errors: string[]): Generator<Grant> {
  const keys = [`User ${user.name}`, ...user.groups.map(group => `Group ${group}`)];
  for (const bindings of [index.cluster, namespace === '' ? undefined : index.namespaced.get(namespace)]) {
    for (const key of keys) {
      for (const bound of bindings?.get(key) ?? []) {
        const role = roleOf(index, bound.binding);
        if (role === undefined) errors.push(missing(bound.binding.roleRef));
        else yield { ...bound, rules: role.rules ?? [] };
      }
    }
  }
}

const roleOf = (index: Index, { roleRef, metadata }: BindingObject): RoleObject | undefined =>
  roleRef.kind === 'ClusterRole'
    ? index.clusterRoles.get(roleRef.name)
    : index.roles.get(`${metadata.namespace}/${roleRef.name}`);

const missing = ({ kind, name }: RoleRef): string =>
  `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;

const describe = ({ binding, subject }: Grant): string => {
  const { name, namespace } = binding.metadata;
  const which = namespace ? `RoleBinding "${name}/${namespace}"` : `ClusterRoleBinding "${name}"`;
  const who = subject.kind === 'ServiceAccount' ? `${subject.namespace || namespace}/${subject.name}` : subject.name;
  return `RBAC: allowed by ${which} of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${subject.kind} "${who}"`;
};
