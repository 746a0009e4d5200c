/**
 * What every cluster has from the start, and the hook that writes what is missing of it, through the API's own door.
 *
 * Always: what somebody changed stays changed; only what is missing is made. The server is ready when this has run.
 */
import { defaultClusterRoleBindings, defaultClusterRoles } from '../auth/default-roles.ts';
import { AUTHENTICATED, type Identity, MASTERS } from '../auth/identity.ts';
import type { ApiObject } from '../machinery/meta.ts';
import { pathOf } from '../machinery/resource.ts';
import type { ApiServer } from './app.ts';

const SELF: Identity = { name: 'system:apiserver', groups: [MASTERS, AUTHENTICATED] };
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const RUNTIME_HANDLERS = ['wasm', 'wasmer-wasi'];

/**
 * `address`: where the API can be reached from other boxes; absent while it listens to its own box only.
 * `serviceIp`: where pods reach it, the first address of the service range.
 */
export async function writeDefaultObjects(
  server: ApiServer,
  { address, port, serviceIp }: { address: string | undefined; port: number; serviceIp: string },
): Promise<void> {
  const ensure = ensurer(server);
  for (const name of NAMESPACES) await ensure({ group: '', version: 'v1', resource: 'namespaces' }, namespace(name));
  const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' };
  for (const role of defaultClusterRoles()) await ensure({ ...rbac, resource: 'clusterroles' }, role);
  for (const binding of defaultClusterRoleBindings()) {
    await ensure({ ...rbac, resource: 'clusterrolebindings' }, binding);
  }
  const runtimeClasses = { group: 'node.k8s.io', version: 'v1', resource: 'runtimeclasses' };
  for (const handler of RUNTIME_HANDLERS) await ensure(runtimeClasses, runtimeClass(handler));
  await ensure({ group: '', version: 'v1', resource: 'services' }, kubernetesService(serviceIp, port));
  if (address === undefined) return;
  const slices = { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' };
  await ensure(slices, kubernetesEndpoints(address, port));
}

type Ensure = (resource: { group: string; version: string; resource: string }, object: object) => Promise<void>;

const ensurer =
  (server: ApiServer): Ensure =>
  async (resource, object) => {
    const { namespace, name } = (object as ApiObject).metadata;
    const found = await server.fetch(new Request(`http://skerry${pathOf(resource, { namespace, name })}`), {
      identity: SELF,
    });
    if (found.ok) return void (await found.body?.cancel());
    const request = new Request(`http://skerry${pathOf(resource, { namespace })}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(object),
    });
    const response = await server.fetch(request, { identity: SELF });
    // Another server may have written it in the meantime.
    if (response.ok || response.status === 409) return;
    throw new Error(`could not write ${resource.resource} "${name}": ${await response.text()}`);
  };

const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

const runtimeClass = (handler: string) => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name: handler },
  handler,
});

const kubernetesService = (clusterIP: string, port: number) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'kubernetes',
    namespace: 'default',
    labels: { component: 'apiserver', provider: 'kubernetes' },
  },
  spec: {
    type: 'ClusterIP',
    clusterIP,
    ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
  },
});

const kubernetesEndpoints = (address: string, port: number) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
  addressType: address.includes(':') ? 'IPv6' : 'IPv4',
  endpoints: [{ addresses: [address], conditions: { ready: true } }],
  ports: [{ name: 'https', protocol: 'TCP', port }],
});
