/** What covers what among rules, and who may therefore write which role and binding. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Attributes } from '../../../control/admission/chain.ts';
import { type Rights, rbacEscalation } from '../../../control/admission/rbac-escalation.ts';
import { uncovered } from '../../../control/admission/rule-cover.ts';
import type { PolicyRule } from '../../../control/kinds/types/rbac.ts';
import type { ApiObject } from '../../../control/machinery/meta.ts';
import { StatusError } from '../../../control/machinery/status.ts';

const test = suite('rbac escalation');

/** `get,list apps:deployments,pods/log name1,name2`; a path instead of a group is a rule of paths. */
const rule = (text: string): PolicyRule => {
  const [verbs = '', what = '', names] = text.split(' ');
  if (what.startsWith('/') || what === '**')
    return { verbs: verbs.split(','), nonResourceURLs: [what.replace('**', '*')] };
  const [group = '', resources = ''] = what.split(':');
  return {
    verbs: verbs.split(','),
    apiGroups: group.split(','),
    resources: resources.split(','),
    ...(names && { resourceNames: names.split(',') }),
  };
};

const COVERS: [held: string[], wanted: string[], boolean][] = [
  [['get :pods'], ['get :pods'], true],
  [['get :pods'], ['list :pods'], false],
  [['get :pods', 'list :pods'], ['get,list :pods'], true],
  [['get :pods', 'get :secrets'], ['get :pods,secrets'], true],
  [['get :pods', 'list :secrets'], ['get,list :pods,secrets'], false],
  [['* *:*'], ['delete apps:deployments/scale web'], true],
  [['* :*'], ['get apps:deployments'], false],
  [['get :*'], ['get *:*'], false],
  [['get,list,watch :pods'], ['* :pods'], false],
  [['update *:*/scale'], ['update apps:deployments/scale'], true],
  [['update *:*/scale'], ['update apps:deployments'], false],
  [['update apps:deployments'], ['update apps:deployments/scale'], false],
  [['get :secrets tls'], ['get :secrets tls'], true],
  [['get :secrets tls'], ['get :secrets'], false],
  [['get :secrets tls'], ['get :secrets tls,other'], false],
  [['get :secrets tls', 'get :secrets other'], ['get :secrets tls,other'], true],
  [['get :secrets'], ['get :secrets tls'], true],
  [['get /logs/*'], ['get /logs/a'], true],
  [['get /logs/*'], ['get /logs/*'], true],
  [['get /logs/*'], ['get **'], false],
  [['* *:*'], ['get /healthz'], false],
  [[], [], true],
  [[], ['get :pods'], false],
];
for (const [held, wanted, covered] of COVERS) {
  test(`${held.join(' + ') || 'nothing'} ${covered ? 'covers' : 'does not cover'} ${wanted.join(' + ') || 'nothing'}`, () => {
    assert.is(uncovered(held.map(rule), wanted.map(rule)) === undefined, covered);
  });
}

test('a rule of a billion parts is refused without looking at them all', () => {
  const many = (letter: string) => Array.from({ length: 1000 }, (_, i) => letter + i);
  const wanted = { verbs: many('v'), apiGroups: many('g'), resources: many('r') };
  const begun = performance.now();
  assert.ok(uncovered([rule('get :pods'), { ...wanted, resources: ['*'], verbs: many('v').slice(1) }], [wanted]));
  assert.ok(performance.now() - begun < 1000);
});

const GROUP = 'rbac.authorization.k8s.io';
const EDITOR = { name: 'eve', groups: ['system:authenticated'] };
const held = ['get,list :pods', 'create,update rbac.authorization.k8s.io:roles,rolebindings'].map(rule);
const stored: Record<string, object> = {
  'clusterroles cluster-admin': { rules: [rule('* *:*')] },
  'clusterroles pod-reader': { rules: [rule('get :pods')] },
  'roles dev/writer': { rules: [rule('create :pods')] },
};
const lister = {
  get: async ({ resource }: { resource: string }, { namespace, name }: { namespace?: string; name: string }) =>
    stored[`${resource} ${namespace ? `${namespace}/` : ''}${name}`] as never,
};
/** `extra` is what she may do to roles besides: `escalate`, `bind cluster-admin`. */
const refusal = async (
  resource: string,
  object: object,
  more: Partial<Attributes> = {},
  extra = '',
): Promise<string> => {
  const rights: Rights = {
    authorize: ({ verb, name }) => ({ allowed: extra === verb || extra === `${verb} ${name}` }),
    rulesOf: () => ({ resourceRules: held, nonResourceRules: [] }),
  };
  const attributes = {
    operation: more.oldObject ? ('UPDATE' as const) : ('CREATE' as const),
    resource: { group: GROUP, version: 'v1', kind: 'X', resource, namespaced: !resource.startsWith('cluster') },
    subresource: undefined,
    key: { namespace: resource.startsWith('cluster') ? undefined : 'dev', name: 'x' },
    object: object as ApiObject,
    user: EDITOR,
    dryRun: false,
    warn: () => {},
    ...more,
  };
  try {
    await rbacEscalation(lister, rights).validate!(attributes);
    return 'allowed';
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return error.status.message ?? '';
  }
};
const binds = (kind: string, name: string) => ({
  roleRef: { apiGroup: GROUP, kind, name },
  subjects: [{ kind: 'User', name: 'eve' }],
});
const masters = { user: { name: 'root', groups: ['system:masters'] } };
const CASES: [string, object, Partial<Attributes>, string, RegExp][] = [
  ['roles', { rules: [rule('get :pods')] }, {}, '', /^allowed$/],
  [
    'roles',
    { rules: [rule('get :secrets')] },
    {},
    '',
    /eve.*not currently held:\n\{APIGroups:\[""\], Resources:\["secrets"\], Verbs:\["get"\]\}/s,
  ],
  ['roles', { rules: [rule('get :secrets')] }, {}, 'escalate', /^allowed$/],
  ['roles', { rules: [rule('get :secrets')] }, masters, '', /^allowed$/],
  [
    'roles',
    { rules: [rule('get :secrets')] },
    { oldObject: { rules: [rule('get :secrets')] } as never },
    '',
    /^allowed$/,
  ],
  [
    'roles',
    { rules: [rule('get :secrets')] },
    { oldObject: { rules: [rule('get :pods')] } as never },
    '',
    /not currently held/,
  ],
  ['clusterroles', { aggregationRule: { clusterRoleSelectors: [{}] } }, {}, '', /not currently held/],
  ['rolebindings', binds('ClusterRole', 'pod-reader'), {}, '', /^allowed$/],
  ['rolebindings', binds('ClusterRole', 'cluster-admin'), {}, '', /not currently held/],
  ['rolebindings', binds('ClusterRole', 'cluster-admin'), {}, 'bind cluster-admin', /^allowed$/],
  ['rolebindings', binds('ClusterRole', 'cluster-admin'), {}, 'bind pod-reader', /not currently held/],
  ['rolebindings', binds('Role', 'writer'), {}, '', /not currently held/],
  ['rolebindings', binds('Role', 'nowhere'), {}, '', /"nowhere" not found/],
  ['clusterrolebindings', binds('ClusterRole', 'cluster-admin'), {}, '', /not currently held/],
  ['clusterrolebindings', binds('ClusterRole', 'cluster-admin'), masters, '', /^allowed$/],
  [
    'rolebindings',
    binds('ClusterRole', 'cluster-admin'),
    { oldObject: binds('ClusterRole', 'cluster-admin') as never },
    '',
    /^allowed$/,
  ],
  [
    'rolebindings',
    binds('ClusterRole', 'cluster-admin'),
    { oldObject: { ...binds('ClusterRole', 'cluster-admin'), subjects: [] } as never },
    '',
    /not currently held/,
  ],
];
for (const [resource, object, more, extra, expected] of CASES) {
  test(`${resource} ${JSON.stringify(object).slice(0, 70)} ${more.oldObject ? 'changed' : 'made'} ${extra}`, async () => {
    assert.match(await refusal(resource, object, more, extra), expected);
  });
}

test.run();
