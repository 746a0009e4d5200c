/**
 * The roles and bindings that every cluster starts with, as data. The API writes those that are missing at start.
 * Names and meanings are Kubernetes'; `kubernetes.io/bootstrapping: rbac-defaults` marks them as ours to repair.
 */
import type { ClusterRole } from '../kinds/cluster-role.ts';
import type { ClusterRoleBinding } from '../kinds/cluster-role-binding.ts';
import type { PolicyRule, Subject } from '../kinds/types/rbac.ts';
import { AUTHENTICATED, BOOTSTRAPPERS, MASTERS, UNAUTHENTICATED } from './identity.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';
const READ = ['get', 'list', 'watch'];
const CHANGE = ['create', 'delete', 'deletecollection', 'patch', 'update'];

/** `rule('get,list', 'apps', 'deployments,replicasets')` */
const rule = (verbs: string[] | string, group: string, resources: string): PolicyRule => ({
  verbs: typeof verbs === 'string' ? verbs.split(',') : verbs,
  apiGroups: [group],
  resources: resources.split(','),
});
const paths = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs });

const HEALTH = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

const VIEWED: PolicyRule[] = [
  rule(
    READ,
    '',
    'configmaps,endpoints,events,limitranges,namespaces,namespaces/status,persistentvolumeclaims,pods,pods/log,pods/status,replicationcontrollers,replicationcontrollers/scale,resourcequotas,resourcequotas/status,serviceaccounts,services,services/status',
  ),
  rule(
    READ,
    'apps',
    'controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status',
  ),
  rule(READ, 'autoscaling', 'horizontalpodautoscalers,horizontalpodautoscalers/status'),
  rule(READ, 'batch', 'cronjobs,cronjobs/status,jobs,jobs/status'),
  rule(READ, 'discovery.k8s.io', 'endpointslices'),
  rule(READ, 'events.k8s.io', 'events'),
  rule(READ, 'networking.k8s.io', 'ingresses,ingresses/status,networkpolicies'),
  rule(READ, 'policy', 'poddisruptionbudgets,poddisruptionbudgets/status'),
  rule('get,list', 'metrics.k8s.io', 'pods,nodes'),
];

const EDITED: PolicyRule[] = [
  rule(READ, '', 'pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy'),
  rule('impersonate', '', 'serviceaccounts'),
  rule(CHANGE, '', 'pods,pods/attach,pods/exec,pods/portforward,pods/proxy'),
  rule('create', '', 'pods/eviction,serviceaccounts/token'),
  rule(
    CHANGE,
    '',
    'configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy',
  ),
  rule(
    CHANGE,
    'apps',
    'daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale',
  ),
  rule(CHANGE, 'autoscaling', 'horizontalpodautoscalers'),
  rule(CHANGE, 'batch', 'cronjobs,jobs'),
  rule(CHANGE, 'networking.k8s.io', 'ingresses,networkpolicies'),
  rule(CHANGE, 'policy', 'poddisruptionbudgets'),
  rule([...READ, ...CHANGE], 'coordination.k8s.io', 'leases'),
];

const ADMINISTERED: PolicyRule[] = [
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  rule([...READ, ...CHANGE], RBAC_GROUP, 'rolebindings,roles'),
];

/** What every agent may do; node-authorizer.ts narrows it to what is the agent's own. */
export const NODE_RULES: readonly PolicyRule[] = [
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews,localsubjectaccessreviews'),
  rule(READ, '', 'services,namespaces,endpoints'),
  rule(READ, 'discovery.k8s.io', 'endpointslices'),
  rule(READ, 'networking.k8s.io', 'networkpolicies,ingresses'),
  rule([...READ, 'create', 'update', 'patch', 'delete'], '', 'nodes'),
  rule('update,patch', '', 'nodes/status'),
  rule('get', 'skerry.dev', 'nodes/tunnel'),
  rule('create,update,patch', '', 'events'),
  rule('create,update,patch', 'events.k8s.io', 'events'),
  rule([...READ, 'delete'], '', 'pods'),
  rule('update,patch', '', 'pods/status'),
  rule('create', '', 'pods/eviction'),
  rule(READ, '', 'secrets,configmaps'),
  rule('get', '', 'serviceaccounts'),
  rule('create', '', 'serviceaccounts/token'),
  rule([...READ, 'create'], 'certificates.k8s.io', 'certificatesigningrequests'),
  rule('get,create,update,patch,delete', 'coordination.k8s.io', 'leases'),
  rule(READ, 'node.k8s.io', 'runtimeclasses'),
  { verbs: ['get', 'head'], nonResourceURLs: ['/v2', '/v2/*'] },
];

const LEADER_ELECTION = rule('get,list,watch,create,update,patch', 'coordination.k8s.io', 'leases');
const RECORD_EVENTS = [
  rule('create,update,patch', '', 'events'),
  rule('create,update,patch', 'events.k8s.io', 'events'),
];

const ROLES: Readonly<Record<string, readonly PolicyRule[]>> = {
  'cluster-admin': [rule('*', '*', '*'), { verbs: ['*'], nonResourceURLs: ['*'] }],
  admin: [...ADMINISTERED, ...EDITED, ...VIEWED],
  edit: [...EDITED, ...VIEWED],
  view: VIEWED,
  'system:discovery': [paths(...HEALTH, '/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*')],
  // An agent that joins checks the CA's certificate before it has an identity.
  'system:public-info-viewer': [paths(...HEALTH, '/cacerts')],
  'system:basic-user': [
    rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews,selfsubjectrulesreviews'),
    rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ],
  'system:service-account-issuer-discovery': [
    paths(
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration/',
      '/openid/v1/jwks',
      '/openid/v1/jwks/',
    ),
  ],
  'system:node': NODE_RULES,
  'system:node-bootstrapper': [rule('create,get,list,watch', 'certificates.k8s.io', 'certificatesigningrequests')],
  'system:kube-scheduler': [
    ...RECORD_EVENTS,
    LEADER_ELECTION,
    rule(READ, '', 'nodes,namespaces,services,replicationcontrollers,persistentvolumeclaims,persistentvolumes'),
    rule([...READ, 'delete'], '', 'pods'),
    rule('create', '', 'bindings,pods/binding'),
    rule('update,patch', '', 'pods/status'),
    rule(READ, 'apps', 'replicasets,statefulsets'),
    rule(READ, 'policy', 'poddisruptionbudgets'),
    rule(READ, 'node.k8s.io', 'runtimeclasses'),
    rule(READ, 'scheduling.k8s.io', 'priorityclasses'),
  ],
  // One identity for all controllers. The garbage and namespace collectors must reach whatever kind there is.
  'system:kube-controller-manager': [
    ...RECORD_EVENTS,
    LEADER_ELECTION,
    rule('get,list,watch,create,update,patch,delete,deletecollection', '*', '*'),
    rule('approve,sign,attest', 'certificates.k8s.io', 'signers'),
    paths('*'),
  ],
};

const group = (name: string): Subject => ({ kind: 'Group', apiGroup: RBAC_GROUP, name });
const user = (name: string): Subject => ({ kind: 'User', apiGroup: RBAC_GROUP, name });

/** Binding name → role and subjects. */
const BINDINGS: Readonly<Record<string, { role?: string; subjects: Subject[] }>> = {
  'cluster-admin': { subjects: [group(MASTERS)] },
  'system:discovery': { subjects: [group(AUTHENTICATED)] },
  'system:public-info-viewer': { subjects: [group(AUTHENTICATED), group(UNAUTHENTICATED)] },
  'system:basic-user': { subjects: [group(AUTHENTICATED)] },
  'system:service-account-issuer-discovery': { subjects: [group('system:serviceaccounts')] },
  // Without subjects, as in Kubernetes: RBAC would give each node the rights of all. The Node authorizer asks which node.
  'system:node': { subjects: [] },
  'system:kube-scheduler': { subjects: [user('system:kube-scheduler')] },
  'system:kube-controller-manager': { subjects: [user('system:kube-controller-manager')] },
  'skerry:node-bootstrapper': { role: 'system:node-bootstrapper', subjects: [group(BOOTSTRAPPERS)] },
};

const metadata = (name: string) => ({
  name,
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

export const defaultClusterRoles = (): ClusterRole[] =>
  Object.entries(ROLES).map(([name, rules]) => ({
    apiVersion: `${RBAC_GROUP}/v1`,
    kind: 'ClusterRole',
    metadata: metadata(name),
    rules: structuredClone([...rules]),
  }));

export const defaultClusterRoleBindings = (): ClusterRoleBinding[] =>
  Object.entries(BINDINGS).map(([name, { role = name, subjects }]) => ({
    apiVersion: `${RBAC_GROUP}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: metadata(name),
    subjects: structuredClone(subjects),
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: role },
  }));
