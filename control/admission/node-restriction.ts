/**
 * A node's agent may change its own Node, its own Lease and the pods bound to it, and nothing of another node: a box that
 * fell into wrong hands must not take the cluster with it. Kubernetes' NodeRestriction.
 *
 * Always: says nothing about callers that are not nodes.
 */
import { RANGE_ANNOTATIONS } from '../machinery/address-ranges.ts';
import { equal } from '../machinery/equal.ts';
import type { ApiObject } from '../machinery/meta.ts';
import { forbidden } from '../machinery/status.ts';
import { type Attributes, isResource, type Lister, type Plugin } from './chain.ts';

const PODS = { group: '', resource: 'pods' };
const LEASE_NAMESPACE = 'kube-node-lease';
/** Labels in Kubernetes' own namespaces that a node may set on itself. */
const OWN_LABELS =
  /^(kubernetes\.io\/(hostname|os|arch|instance-type)|beta\.kubernetes\.io\/.*|node\.kubernetes\.io\/.*|topology\.kubernetes\.io\/(zone|region)|(.*\.)?kubelet\.kubernetes\.io\/.*|failure-domain\.beta\.kubernetes\.io\/.*)$/;
const RESERVED_LABELS = /^([^/]*\.)?(kubernetes|k8s)\.io\//;

export const nodeRestriction = (lister: Lister): Plugin => ({
  name: 'NodeRestriction',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  validate: attributes => {
    const node = nodeOf(attributes.user);
    if (node === undefined) return;
    switch (`${attributes.resource.group}/${attributes.resource.resource}`) {
      case '/pods':
        return checkPod(attributes, node, lister);
      case '/nodes':
        return checkNode(attributes, node);
      case 'coordination.k8s.io/leases':
        return checkLease(attributes, node);
      case '/serviceaccounts':
        return checkToken(attributes, node, lister);
    }
  },
});

function nodeOf(user: Attributes['user']): string | undefined {
  if (!user.groups.includes('system:nodes') || !user.name.startsWith('system:node:')) return undefined;
  return user.name.slice('system:node:'.length);
}

const refuse = ({ resource, key }: Attributes, why: string) => forbidden(resource, key.name, why);

const boundTo = (pod: ApiObject | undefined): string | undefined =>
  (pod as (ApiObject & { spec?: { nodeName?: string } }) | undefined)?.spec?.nodeName;

async function checkPod(attributes: Attributes, node: string, lister: Lister): Promise<void> {
  const { operation, subresource, object, oldObject, key } = attributes;
  if (subresource === 'eviction') {
    if (boundTo(await lister.get(PODS, key)) === node) return;
    throw refuse(attributes, `node "${node}" can only evict pods with spec.nodeName set to itself`);
  }
  // A pod of its own making would open to a node whatever secret and account the pod names.
  if (operation === 'CREATE') throw refuse(attributes, `node "${node}" cannot create pods`);
  if (operation === 'DELETE') {
    if (boundTo(oldObject) === node) return;
    throw refuse(attributes, `node "${node}" can only delete pods with spec.nodeName set to itself`);
  }
  if (subresource !== 'status')
    throw refuse(
      attributes,
      `unexpected pod subresource "${subresource ?? ''}", only 'status' and 'eviction' are allowed`,
    );
  if (boundTo(oldObject) !== node) {
    throw refuse(attributes, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
  }
  if (!equal(oldObject!.metadata.labels ?? {}, object!.metadata.labels ?? {})) {
    throw refuse(attributes, `node "${node}" cannot update labels through pod status`);
  }
}

function checkNode(attributes: Attributes, node: string): void {
  const { operation, key, object, oldObject } = attributes;
  if (key.name !== node) throw refuse(attributes, `node "${node}" is not allowed to modify node "${key.name}"`);
  if (operation === 'DELETE') throw refuse(attributes, `node "${node}" is not allowed to delete itself`);
  const taints = (o: ApiObject | undefined) => (o as { spec?: { taints?: unknown[] } } | undefined)?.spec?.taints ?? [];
  if (operation === 'UPDATE' && !equal(taints(object), taints(oldObject))) {
    throw refuse(attributes, `node "${node}" is not allowed to modify taints`);
  }
  const owners = (o: ApiObject | undefined) => o?.metadata.ownerReferences ?? [];
  // Its garbage would be collected: itself.
  if (!equal(owners(object), owners(oldObject))) {
    throw refuse(attributes, `node "${node}" is not allowed to modify ownerReferences`);
  }
  // Whoever could change these could make an agent take other clusters' addresses for its own.
  const ranges = changed(oldObject?.metadata.annotations, object?.metadata.annotations).filter(isRange);
  if (ranges.length > 0) {
    throw refuse(attributes, `is not allowed to modify annotations: ${ranges.sort().join(', ')}`);
  }
  const foreign = changed(oldObject?.metadata.labels, object?.metadata.labels).filter(
    label => RESERVED_LABELS.test(label) && !OWN_LABELS.test(label),
  );
  if (foreign.length > 0) {
    throw refuse(attributes, `is not allowed to modify labels: ${foreign.sort().join(', ')}`);
  }
}

const isRange = (annotation: string): boolean => (Object.values(RANGE_ANNOTATIONS) as string[]).includes(annotation);

function changed(old: Readonly<Record<string, string>> = {}, next: Readonly<Record<string, string>> = {}): string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(next)])].filter(label => old[label] !== next[label]);
}

function checkLease(attributes: Attributes, node: string): void {
  if (attributes.key.namespace !== LEASE_NAMESPACE) {
    throw refuse(attributes, `can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  }
  if (attributes.key.name !== node) {
    throw refuse(attributes, 'can only access node lease with the same name as the requesting node');
  }
}

interface TokenRequest extends ApiObject {
  spec?: { boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string } };
}

async function checkToken(attributes: Attributes, node: string, lister: Lister): Promise<void> {
  if (!isResource(attributes, '', 'serviceaccounts', 'token')) return;
  const bound = (attributes.object as TokenRequest).spec?.boundObjectRef;
  if (bound?.kind !== 'Pod' || bound.apiVersion !== 'v1' || !bound.name) {
    throw refuse(attributes, 'node requested token not bound to a pod');
  }
  if (!bound.uid) throw refuse(attributes, 'node requested token with a pod binding without a uid');
  const pod = await lister.get<ApiObject & { spec?: { serviceAccountName?: string } }>(PODS, {
    namespace: attributes.key.namespace,
    name: bound.name,
  });
  if (pod?.metadata.uid !== bound.uid || boundTo(pod) !== node) {
    throw refuse(attributes, `node requested token bound to a pod scheduled on a different node`);
  }
  if (pod.spec?.serviceAccountName !== attributes.key.name) {
    throw refuse(attributes, `node requested token with a different service account than its pod's`);
  }
}
