/**
 * Nobody gives away rights that they do not have: roles hold only what their writer may do, and bindings name only roles
 * whose rules the writer has. The verbs `escalate` (on the role) and `bind` (on the role that is bound) allow more.
 * Kubernetes' escalation check (registry/rbac).
 *
 * Always: members of system:masters may; what is stored already and does not change is not asked about again.
 */
import type { PolicyRule, RoleRef, Subject } from '../kinds/types/rbac.ts';
import { equal } from '../machinery/equal.ts';
import type { ApiObject, Key } from '../machinery/meta.ts';
import { forbidden, notFound } from '../machinery/status.ts';
import type { Attributes, Lister, Plugin } from './chain.ts';
import { uncovered } from './rule-cover.ts';

const GROUP = 'rbac.authorization.k8s.io';
const MASTERS = 'system:masters';
const EVERYTHING: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

type User = { name: string; uid?: string; groups: string[]; extra?: Record<string, string[]> };

interface Asked {
  user: User;
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  path: string;
  resourceRequest: boolean;
}

/** What the API knows of rights. */
export interface Rights {
  authorize(asked: Asked): Promise<{ allowed: boolean }> | { allowed: boolean };
  rulesOf?(user: User, namespace: string): Promise<Rules> | Rules;
}

interface Rules {
  resourceRules: PolicyRule[];
  nonResourceRules: PolicyRule[];
}

type RoleLike = ApiObject & { rules?: PolicyRule[]; aggregationRule?: unknown };
type BindingLike = ApiObject & { roleRef: RoleRef; subjects?: Subject[] };

export const rbacEscalation = (lister: Lister, rights: Rights): Plugin => ({
  name: 'RBACEscalation',
  operations: ['CREATE', 'UPDATE'],
  validate: attributes => {
    const { resource, user, subresource } = attributes;
    if (resource.group !== GROUP || subresource !== undefined || user.groups.includes(MASTERS)) return;
    if (resource.resource === 'roles' || resource.resource === 'clusterroles') return checkRole(attributes, rights);
    return checkBinding(attributes, lister, rights);
  },
});

async function checkRole(attributes: Attributes, rights: Rights): Promise<void> {
  const { resource, key } = attributes;
  const role = attributes.object as RoleLike;
  const before = attributes.oldObject as RoleLike | undefined;
  const same = before && equal(role.rules, before.rules) && equal(role.aggregationRule, before.aggregationRule);
  if (same || (await may('escalate', attributes, resource.resource, key, rights))) return;
  // What it will be put together from is not known: anything.
  const wanted = role.aggregationRule ? EVERYTHING : (role.rules ?? []);
  await confirm(attributes, wanted, rights);
}

async function checkBinding(attributes: Attributes, lister: Lister, rights: Rights): Promise<void> {
  const { roleRef, subjects } = attributes.object as BindingLike;
  const before = attributes.oldObject as BindingLike | undefined;
  if (before && equal(roleRef, before.roleRef) && equal(subjects, before.subjects)) return;
  const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  const { namespace } = attributes.key;
  if (await may('bind', attributes, resource, { namespace, name: roleRef.name }, rights)) return;
  const key = { namespace: resource === 'roles' ? namespace : undefined, name: roleRef.name };
  const role = await lister.get<RoleLike>({ group: GROUP, resource }, key);
  if (!role) throw notFound({ group: GROUP, resource }, roleRef.name);
  await confirm(attributes, role.rules ?? [], rights);
}

async function may(verb: string, { user, resource }: Attributes, of: string, key: Key, rights: Rights) {
  const { namespace = '', name } = key;
  const asked = { verb, group: GROUP, version: resource.version, resource: of, subresource: '', namespace, name };
  return (await rights.authorize({ user: owned(user), ...asked, path: '', resourceRequest: true })).allowed;
}

async function confirm(attributes: Attributes, wanted: readonly PolicyRule[], rights: Rights): Promise<void> {
  const { user, resource, key } = attributes;
  const found = await rights.rulesOf?.(owned(user), key.namespace ?? '');
  const missing = uncovered([...(found?.resourceRules ?? []), ...(found?.nonResourceRules ?? [])], wanted);
  if (missing === undefined) return;
  const groups = user.groups.map(group => JSON.stringify(group)).join(' ');
  const why = `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${ruleText(missing)}`;
  throw forbidden(resource, key.name, why);
}

const owned = (user: Attributes['user']): User => ({ ...user, groups: [...user.groups] });

const SHOWN_MAX = 20;

/** As Go prints a rule: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`. */
function ruleText({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: PolicyRule): string {
  const named = { APIGroups: apiGroups, Resources: resources, ResourceNames: resourceNames };
  const parts = Object.entries({ NonResourceURLs: nonResourceURLs, ...named, Verbs: verbs })
    .filter(([, list]) => list?.length)
    .map(
      ([name, list]) =>
        `${name}:[${list!
          .slice(0, SHOWN_MAX)
          .map(one => JSON.stringify(one))
          .join(' ')}]`,
    );
  return `{${parts.join(', ')}}`;
}
