/** RBAC, the default roles and the node authorizer: tables of who may do what. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAuthorizer, refusal, refusalText } from '../../../control/auth/authorize.ts';
import { defaultClusterRoleBindings, defaultClusterRoles } from '../../../control/auth/default-roles.ts';
import type { Attributes } from '../../../control/auth/identity.ts';
import { createNodeAuthorizer, type NodePod } from '../../../control/auth/node-authorizer.ts';
import { type BindingObject, createRbac, type Policy } from '../../../control/auth/rbac.ts';
import type { PolicyRule } from '../../../control/kinds/types/rbac.ts';
import { requestInfo } from '../../../control/machinery/resource.ts';

const test = suite('authorize');

const rule = (verbs: string[], apiGroups: string[], resources: string[], resourceNames?: string[]): PolicyRule => ({
  verbs,
  apiGroups,
  resources,
  resourceNames,
});
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

const policy: Policy = {
  clusterRoles: [
    ...defaultClusterRoles(),
    { metadata: { name: 'scaler' }, rules: [rule(['update'], ['*'], ['*/scale'])] },
    { metadata: { name: 'logs' }, rules: [rule(['get'], [''], ['pods/log'])] },
    { metadata: { name: 'metrics' }, rules: [{ verbs: ['get'], nonResourceURLs: ['/metrics', '/logs/*'] }] },
    { metadata: { name: 'one-secret' }, rules: [rule(['get'], [''], ['secrets'], ['tls'])] },
  ],
  roles: [{ metadata: { name: 'reader', namespace: 'dev' }, rules: [rule(['get', 'list'], [''], ['pods'])] }],
  clusterRoleBindings: [
    ...defaultClusterRoleBindings(),
    binding('scalers', 'scaler', ['User ann']),
    binding('metrics', 'metrics', ['User ann']),
    binding('broken', 'nowhere', ['User zoe']),
  ],
  roleBindings: [
    binding('logs', 'logs', ['Group devs'], 'dev'),
    binding('readers', 'reader', ['User bob', 'ServiceAccount dev/robot'], 'dev', 'Role'),
    binding('secrets', 'one-secret', ['User bob'], 'dev'),
    binding('editors', 'edit', ['User eve'], 'dev'),
    binding('admins', 'admin', ['User adam'], 'dev'),
    binding('viewers', 'view', ['User vic'], 'dev'),
  ],
};

const pods: Record<string, NodePod[]> = {
  'edge-0': [
    {
      metadata: { name: 'web', namespace: 'dev' },
      spec: {
        containers: [
          {
            name: 'a',
            env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'env-secret', key: 'k' } } }],
            envFrom: [{ configMapRef: { name: 'env-config' } }],
          },
        ],
        volumes: [
          { name: 'v', secret: { secretName: 'volume-secret' } },
          { name: 'p', projected: { sources: [{ configMap: { name: 'projected-config' } }] } },
        ],
        imagePullSecrets: [{ name: 'pull-secret' }],
        serviceAccountName: 'robot',
      } as unknown as NodePod['spec'],
    },
  ],
};
const authorizer = createAuthorizer({
  rbac: createRbac(() => policy),
  node: createNodeAuthorizer(node => pods[node] ?? []),
});

const GROUPS: Record<string, string[]> = {
  root: ['system:masters'],
  dan: ['devs'],
  'system:node:edge-0': ['system:nodes'],
  'system:bootstrap:abcdef': ['system:bootstrappers'],
  'system:anonymous': [],
};
const attributesOf = (user: string, method: string, url: string): Attributes => {
  const [path = '', query] = url.split('?');
  const groups = [
    ...(GROUPS[user] ?? []),
    user === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated',
  ];
  return { user: { name: user, groups }, ...requestInfo(method, path, new URLSearchParams(query)) };
};

const DEV = '/api/v1/namespaces/dev';
const APPS = '/apis/apps/v1/namespaces/dev';
const CASES: [string, string, string, boolean][] = [
  ['root', 'DELETE', '/api/v1/nodes', true],
  ['root', 'GET', '/anything', true],
  ['nobody', 'GET', `${DEV}/pods`, false],
  ['nobody', 'GET', '/version', true],
  ['nobody', 'GET', '/apis/apps/v1', true],
  ['nobody', 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', true],
  ['system:anonymous', 'GET', '/healthz', true],
  ['system:anonymous', 'GET', '/cacerts', true],
  ['system:anonymous', 'GET', '/api', false],
  ['system:anonymous', 'GET', '/api/v1/nodes', false],
  ['bob', 'GET', `${DEV}/pods`, true],
  ['bob', 'GET', `${DEV}/pods/x`, true],
  ['bob', 'GET', `${DEV}/pods/x/log`, false],
  ['bob', 'GET', '/api/v1/namespaces/prod/pods', false],
  ['bob', 'GET', '/api/v1/pods', false],
  ['bob', 'GET', `${DEV}/secrets/tls`, true],
  ['bob', 'GET', `${DEV}/secrets/other`, false],
  ['bob', 'GET', `${DEV}/secrets`, false],
  ['system:serviceaccount:dev:robot', 'GET', `${DEV}/pods`, true],
  ['system:serviceaccount:prod:robot', 'GET', `${DEV}/pods`, false],
  ['dan', 'GET', `${DEV}/pods/x/log`, true],
  ['dan', 'GET', `${DEV}/pods/x`, false],
  ['ann', 'PUT', `${APPS}/deployments/x/scale`, true],
  ['ann', 'PUT', `${APPS}/deployments/x`, false],
  ['ann', 'GET', '/metrics', true],
  ['ann', 'GET', '/logs/a/b', true],
  ['ann', 'GET', '/metrics/x', false],
  ['vic', 'GET', `${APPS}/deployments?watch=1`, true],
  ['vic', 'GET', `${DEV}/secrets`, false],
  ['vic', 'DELETE', `${DEV}/pods/x`, false],
  ['eve', 'PATCH', `${APPS}/deployments/x`, true],
  ['eve', 'POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/dev/rolebindings', false],
  ['adam', 'POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/dev/rolebindings', true],
  ['adam', 'POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', false],
  ['system:kube-scheduler', 'POST', `${DEV}/pods/x/binding`, true],
  ['system:kube-scheduler', 'POST', `${DEV}/pods`, false],
  ['system:kube-controller-manager', 'DELETE', `${APPS}/replicasets/x`, true],
  ['system:bootstrap:abcdef', 'POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests', true],
  ['system:bootstrap:abcdef', 'PUT', '/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval', false],
  ['system:bootstrap:abcdef', 'GET', '/api/v1/nodes', false],
  ['system:node:edge-0', 'GET', '/api/v1/services?watch=1', true],
  ['system:node:edge-0', 'GET', '/apis/discovery.k8s.io/v1/endpointslices', true],
  ['system:node:edge-0', 'POST', '/api/v1/nodes', true],
  ['system:node:edge-0', 'PATCH', '/api/v1/nodes/edge-0/status', true],
  ['system:node:edge-0', 'PATCH', '/api/v1/nodes/edge-1/status', false],
  ['system:node:edge-0', 'GET', '/api/v1/nodes/edge-1', true],
  ['system:node:edge-0', 'GET', '/apis/skerry.dev/v1/nodes/edge-0/tunnel', true],
  ['system:node:edge-0', 'GET', '/apis/skerry.dev/v1/nodes/edge-1/tunnel', false],
  ['system:node:edge-0', 'PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/edge-0', true],
  ['system:node:edge-0', 'PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/edge-1', false],
  ['system:node:edge-0', 'PUT', '/apis/coordination.k8s.io/v1/namespaces/dev/leases/edge-0', false],
  ['system:node:edge-0', 'POST', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', true],
  ['system:node:edge-0', 'GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dedge-0&watch=1', true],
  ['system:node:edge-0', 'GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dedge-1', false],
  ['system:node:edge-0', 'GET', '/api/v1/pods?fieldSelector=spec.nodeName!%3Dedge-0', false],
  ['system:node:edge-0', 'GET', '/api/v1/pods?fieldSelector=((', false],
  ['system:node:edge-0', 'GET', '/api/v1/pods', false],
  ['system:node:edge-0', 'GET', `${DEV}/pods/web`, true],
  ['system:node:edge-0', 'GET', `${DEV}/pods/other`, false],
  ['system:node:edge-0', 'POST', `${DEV}/pods`, false],
  ['system:node:edge-0', 'POST', `${DEV}/pods/web`, false],
  ['system:node:edge-0', 'PATCH', `${DEV}/pods/web/status`, true],
  ['system:node:edge-0', 'PATCH', `${DEV}/pods/other/status`, false],
  ['system:node:edge-0', 'DELETE', `${DEV}/pods/web`, true],
  ['system:node:edge-0', 'DELETE', `${DEV}/pods/other`, false],
  ['system:node:edge-0', 'PATCH', `${DEV}/pods/web`, false],
  ['system:node:edge-0', 'GET', `${DEV}/secrets/env-secret`, true],
  ['system:node:edge-0', 'GET', `${DEV}/secrets/volume-secret`, true],
  ['system:node:edge-0', 'GET', `${DEV}/secrets/pull-secret`, true],
  ['system:node:edge-0', 'GET', `${DEV}/secrets?fieldSelector=metadata.name%3Denv-secret&watch=1`, true],
  ['system:node:edge-0', 'GET', `${DEV}/secrets/other`, false],
  ['system:node:edge-0', 'GET', '/api/v1/namespaces/prod/secrets/env-secret', false],
  ['system:node:edge-0', 'GET', `${DEV}/secrets`, false],
  ['system:node:edge-0', 'DELETE', `${DEV}/secrets/env-secret`, false],
  ['system:node:edge-0', 'GET', `${DEV}/configmaps/env-config`, true],
  ['system:node:edge-0', 'GET', `${DEV}/configmaps/projected-config`, true],
  ['system:node:edge-0', 'GET', `${DEV}/configmaps/env-secret`, false],
  ['system:node:edge-0', 'POST', `${DEV}/serviceaccounts/robot/token`, true],
  ['system:node:edge-0', 'POST', `${DEV}/serviceaccounts/default/token`, false],
  ['system:node:edge-0', 'GET', '/v2/hello/manifests/v1', true],
  ['system:node:edge-0', 'GET', '/metrics', false],
  ['system:node:edge-1', 'GET', '/api/v1/services', false],
];
for (const [user, method, url, allowed] of CASES) {
  test(`${user} ${allowed ? 'may' : 'may not'} ${method} ${url}`, async () => {
    const decision = await authorizer.authorize(attributesOf(user, method, url));
    assert.is(decision.allowed, allowed, decision.reason);
  });
}

const TEXTS: [string, string, string, string][] = [
  ['x', 'GET', `${DEV}/pods`, 'User "x" cannot list resource "pods" in API group "" in the namespace "dev"'],
  ['x', 'GET', `${DEV}/pods/a/log`, 'User "x" cannot get resource "pods/log" in API group "" in the namespace "dev"'],
  ['x', 'DELETE', '/api/v1/nodes/a', 'User "x" cannot delete resource "nodes" in API group "" at the cluster scope'],
  [
    'x',
    'POST',
    `${APPS}/deployments`,
    'User "x" cannot create resource "deployments" in API group "apps" in the namespace "dev"',
  ],
  ['x', 'GET', '/metrics', 'User "x" cannot get path "/metrics"'],
];
for (const [user, method, url, text] of TEXTS) {
  test(text, () => assert.is(refusalText(attributesOf(user, method, url)), text));
}

test('the whole refusal', async () => {
  const attributes = attributesOf('system:node:edge-0', 'GET', `${DEV}/secrets/other`);
  const error = refusal(attributes, await authorizer.authorize(attributes));
  assert.is(error.status.code, 403);
  assert.is(
    error.message,
    `secrets "other" is forbidden: User "system:node:edge-0" cannot get resource "secrets" in API group "" in the namespace "dev": no relationship found between node 'edge-0' and this object`,
  );
  const path = attributesOf('x', 'GET', '/metrics');
  assert.is(refusal(path, { allowed: false }).message, 'forbidden: User "x" cannot get path "/metrics"');
});

test('reasons name the binding; missing roles are said', async () => {
  const decide = async (user: string, url: string) =>
    (await authorizer.authorize(attributesOf(user, 'GET', url))).reason;
  assert.is(
    await decide('bob', `${DEV}/pods`),
    'RBAC: allowed by RoleBinding "readers/dev" of Role "reader" to User "bob"',
  );
  assert.is(
    await decide('system:serviceaccount:dev:robot', `${DEV}/pods`),
    'RBAC: allowed by RoleBinding "readers/dev" of Role "reader" to ServiceAccount "dev/robot"',
  );
  assert.is(await decide('zoe', `${DEV}/pods`), 'RBAC: clusterrole.rbac.authorization.k8s.io "nowhere" not found');
});

test('rules of a user', () => {
  const rbac = createRbac(() => policy);
  const { rules } = rbac.rulesFor({ name: 'bob', groups: [] }, 'dev');
  assert.is(rules.length, 2);
  assert.is(rbac.rulesFor({ name: 'bob', groups: [] }, 'prod').rules.length, 0);
});

test.run();
