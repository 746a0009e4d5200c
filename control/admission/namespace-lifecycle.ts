/**
 * Objects live in namespaces that exist and are not ending; the namespaces that the system needs cannot be deleted.
 * Kubernetes' NamespaceLifecycle.
 */
import type { ApiObject } from '../machinery/meta.ts';
import { forbidden, notFound } from '../machinery/status.ts';
import { type Attributes, isResource, type Lister, type Plugin } from './chain.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

export const namespaceLifecycle = (lister: Lister): Plugin => ({
  name: 'NamespaceLifecycle',
  operations: ['CREATE', 'DELETE'],
  mutate: attributes => {
    if (attributes.operation === 'DELETE') return keepImmortal(attributes);
    if (!attributes.resource.namespaced || attributes.resource.group === 'authorization.k8s.io') return;
    return requireLiving(attributes, lister);
  },
});

function keepImmortal(attributes: Attributes): void {
  if (isResource(attributes, '', 'namespaces') && IMMORTAL.has(attributes.key.name)) {
    throw forbidden(attributes.resource, attributes.key.name, 'this namespace may not be deleted');
  }
}

async function requireLiving({ resource, key, subresource }: Attributes, lister: Lister): Promise<void> {
  const name = key.namespace ?? '';
  const namespace = await lister.get<ApiObject & { status?: { phase?: string } }>(NAMESPACES, { name });
  if (!namespace) throw notFound(NAMESPACES, name);
  const ending = namespace.status?.phase === 'Terminating' || namespace.metadata.deletionTimestamp !== undefined;
  if (!ending || subresource !== undefined) return;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  const refusal = forbidden(resource, key.name, why);
  refusal.status.details!.causes = [
    { reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' },
  ];
  throw refusal;
}
