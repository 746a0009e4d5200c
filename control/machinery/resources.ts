/**
 * Where the API keeps the Kinds that are built in. One line each, and nothing else of them: whoever only sends requests
 * (scheduler, controllers, command line, agents) addresses by these, without loading the schemas of control/kinds.
 *
 * Always: each Kind in control/kinds spreads its constant, so both are the same address.
 */
import type { Resource } from './meta.ts';

const at =
  (group: string) =>
  (resource: string, kind: string, namespaced = true): Resource => ({
    group,
    version: 'v1',
    resource,
    kind,
    namespaced,
  });

const core = at('');
export const CONFIG_MAPS = core('configmaps', 'ConfigMap');
export const ENDPOINTS = core('endpoints', 'Endpoints');
export const EVENTS = core('events', 'Event');
export const NAMESPACES = core('namespaces', 'Namespace', false);
export const NODES = core('nodes', 'Node', false);
export const PODS = core('pods', 'Pod');
export const SECRETS = core('secrets', 'Secret');
export const SERVICE_ACCOUNTS = core('serviceaccounts', 'ServiceAccount');
export const SERVICES = core('services', 'Service');

const apps = at('apps');
export const DEPLOYMENTS = apps('deployments', 'Deployment');
export const REPLICA_SETS = apps('replicasets', 'ReplicaSet');

const certificates = at('certificates.k8s.io');
export const CERTIFICATE_SIGNING_REQUESTS = certificates(
  'certificatesigningrequests',
  'CertificateSigningRequest',
  false,
);

const coordination = at('coordination.k8s.io');
export const LEASES = coordination('leases', 'Lease');

const discovery = at('discovery.k8s.io');
export const ENDPOINT_SLICES = discovery('endpointslices', 'EndpointSlice');

const node = at('node.k8s.io');
export const RUNTIME_CLASSES = node('runtimeclasses', 'RuntimeClass', false);

const rbac = at('rbac.authorization.k8s.io');
export const CLUSTER_ROLE_BINDINGS = rbac('clusterrolebindings', 'ClusterRoleBinding', false);
export const CLUSTER_ROLES = rbac('clusterroles', 'ClusterRole', false);
export const ROLE_BINDINGS = rbac('rolebindings', 'RoleBinding');
export const ROLES = rbac('roles', 'Role');

const authentication = at('authentication.k8s.io');
export const SELF_SUBJECT_REVIEWS = authentication('selfsubjectreviews', 'SelfSubjectReview', false);
export const TOKEN_REVIEWS = authentication('tokenreviews', 'TokenReview', false);

const authorization = at('authorization.k8s.io');
export const LOCAL_SUBJECT_ACCESS_REVIEWS = authorization('localsubjectaccessreviews', 'LocalSubjectAccessReview');
export const SELF_SUBJECT_ACCESS_REVIEWS = authorization('selfsubjectaccessreviews', 'SelfSubjectAccessReview', false);
export const SELF_SUBJECT_RULES_REVIEWS = authorization('selfsubjectrulesreviews', 'SelfSubjectRulesReview', false);
export const SUBJECT_ACCESS_REVIEWS = authorization('subjectaccessreviews', 'SubjectAccessReview', false);
