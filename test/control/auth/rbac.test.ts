/** The index of bindings against a reader of all rules, on seeded random policies. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Attributes } from '../../../control/auth/identity.ts';
import { type BindingObject, createRbac, type Policy, type RoleObject } from '../../../control/auth/rbac.ts';
import type { PolicyRule } from '../../../control/kinds/types/rbac.ts';
import { type Random, random } from '../../lib/random.ts';

const test = suite('rbac');

const binding = (
  name: string,
  role: string,
  subjects: string[],
  namespace?: string,
  kind = 'ClusterRole',
): BindingObject => ({
  metadata: { name, namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
  subjects: subjects.map(text => {
    const [subject = '', who = ''] = text.split(' ');
    const [ns, account] = who.split('/');
    return subject === 'ServiceAccount'
      ? { kind: subject, namespace: ns, name: account ?? '' }
      : { kind: subject, name: who };
  }),
});

/** The twin: every rule of every binding, looked at one by one. */
const naive = (all: Policy, a: Attributes): boolean => {
  const bindings = [
    ...all.clusterRoleBindings,
    ...all.roleBindings.filter(b => a.namespace && b.metadata.namespace === a.namespace),
  ];
  return bindings.some(b => {
    const mine = (b.subjects ?? []).some(
      s => (s.kind === 'User' && s.name === a.user.name) || (s.kind === 'Group' && a.user.groups.includes(s.name)),
    );
    const from =
      b.roleRef.kind === 'Role'
        ? all.roles.filter(r => r.metadata.namespace === b.metadata.namespace)
        : all.clusterRoles;
    const role = from.find(r => r.metadata.name === b.roleRef.name);
    return mine && (role?.rules ?? []).some(r => naiveRule(r, a));
  });
};
const naiveRule = (r: PolicyRule, a: Attributes): boolean => {
  const any = (list: string[] | undefined, ...wanted: string[]) =>
    (list ?? []).some(x => x === '*' || wanted.includes(x));
  const resource = a.subresource ? [`${a.resource}/${a.subresource}`, `*/${a.subresource}`] : [a.resource];
  const named = !r.resourceNames?.length || r.resourceNames.includes(a.name);
  return any(r.verbs, a.verb) && any(r.apiGroups, a.group) && any(r.resources, ...resource) && named;
};

test('random policies agree with the twin', () => {
  const dice = random(17);
  const some = (from: string[]) => from.filter(() => dice.chance(0.4));
  const roles = (namespace?: string): RoleObject[] =>
    ['r1', 'r2', 'r3'].map(name => ({
      metadata: { name, namespace },
      rules: [anyRule(dice, some), anyRule(dice, some)],
    }));
  const bindings = (namespace?: string): BindingObject[] =>
    ['b1', 'b2'].map(name => {
      const kind = namespace && dice.chance(0.5) ? 'Role' : 'ClusterRole';
      return binding(
        name,
        dice.pick(['r1', 'r2', 'r3', 'gone']),
        some(['User u1', 'User u2', 'Group g1']),
        namespace,
        kind,
      );
    });
  let allowed = 0;
  for (let round = 0; round < 2000; round++) {
    const all: Policy = {
      clusterRoles: roles(),
      roles: roles('n1'),
      clusterRoleBindings: dice.chance(0.5) ? bindings() : [],
      roleBindings: [...bindings('n1'), ...bindings('n2')],
    };
    const attributes: Attributes = {
      user: { name: dice.pick(['u1', 'u2', 'u3']), groups: some(['g1', 'g2']) },
      verb: dice.pick(['get', 'list', 'update']),
      group: dice.pick(['', 'apps']),
      version: 'v1',
      resource: dice.pick(['pods', 'deployments']),
      subresource: dice.pick(['', 'scale', 'log']),
      namespace: dice.pick(['', 'n1', 'n2']),
      name: dice.pick(['', 'a', 'b']),
      path: '',
      resourceRequest: true,
    };
    const decision = createRbac(() => all).authorize(attributes);
    assert.is(decision.allowed, naive(all, attributes), JSON.stringify({ all, attributes }));
    allowed += decision.allowed ? 1 : 0;
  }
  assert.ok(allowed > 100 && allowed < 1900, `a fair mix: ${allowed}`);
});

const anyRule = (dice: Random, some: (from: string[]) => string[]): PolicyRule => ({
  verbs: some(['get', 'list', 'update', '*']),
  apiGroups: some(['', 'apps', '*']),
  resources: some(['pods', 'deployments', 'pods/log', '*/scale', '*']),
  resourceNames: dice.chance(0.2) ? ['a'] : undefined,
});

test.run();
