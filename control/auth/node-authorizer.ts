/**
 * What an agent may do: see what every node needs to see, change what is its own, and read only those secrets and config
 * maps that pods on it use (Kubernetes' Node authorizer). Called by authorize.ts.
 *
 * Always: a box that was stolen can read nothing that no pod on it was given.
 */
import type { PodSpec } from '../kinds/types/pod-spec.ts';
import { exactField, parseFieldSelector } from '../machinery/fields.ts';
import { NODE_RULES } from './default-roles.ts';
import { type Attributes, type Decision, type Identity, NODE_USER_PREFIX, NODES } from './identity.ts';
import { allows } from './rbac.ts';

export interface NodeAuthorizer {
  /** Is this a node at all? */
  concerns(user: Identity): boolean;
  authorize(attributes: Attributes): Promise<Decision>;
}

/** The part of a pod that says what it uses. */
export interface NodePod {
  metadata: { name: string; namespace?: string };
  spec: PodSpec;
}

/** The pods that are bound to a node, as of now. */
export type PodsOf = (nodeName: string) => Promise<readonly NodePod[]> | readonly NodePod[];

export const createNodeAuthorizer = (podsOf: PodsOf): NodeAuthorizer => ({
  concerns: user => nodeNameOf(user) !== undefined,
  authorize: async attributes => {
    const node = nodeNameOf(attributes.user);
    if (node === undefined) return { allowed: false };
    const check = attributes.resourceRequest ? CHECKS[`${attributes.group}/${attributes.resource}`] : undefined;
    const refused = await check?.(attributes, node, podsOf);
    if (refused !== undefined) return { allowed: false, reason: refused };
    return { allowed: NODE_RULES.some(rule => allows(rule, attributes)) };
  },
});

const nodeNameOf = ({ name, groups }: Identity): string | undefined =>
  name.startsWith(NODE_USER_PREFIX) && groups.includes(NODES) ? name.slice(NODE_USER_PREFIX.length) : undefined;

/** Says why not; undefined leaves it to the rules. */
type Check = (attributes: Attributes, node: string, podsOf: PodsOf) => Promise<string | undefined> | string | undefined;

const READS = ['get', 'list', 'watch'];
const NODE_LEASES = 'kube-node-lease';

const referenced =
  (uses: (pod: NodePod, name: string) => boolean, verbs: readonly string[]): Check =>
  async ({ verb, namespace, name }, node, podsOf) => {
    if (!verbs.includes(verb)) return `can only ${verbs.join(', ')} individual resources of this type`;
    if (name === '') return 'No Object name found';
    const pods = await podsOf(node);
    const found = pods.some(pod => pod.metadata.namespace === namespace && uses(pod, name));
    return found ? undefined : `no relationship found between node '${node}' and this object`;
  };

const ownNode: Check = ({ verb, name, subresource }, node) => {
  if (READS.includes(verb) && subresource === '') return undefined;
  if (verb === 'create' && subresource === '') return undefined;
  return name === node ? undefined : `node '${node}' cannot ${verb} a node that is not itself`;
};

const selectsNode = (selector: string | undefined, node: string): boolean => {
  try {
    return exactField(parseFieldSelector(selector ?? ''), 'spec.nodeName') === node;
  } catch {
    return false;
  }
};

const ownLease: Check = ({ verb, namespace, name }, node) => {
  if (namespace !== NODE_LEASES) return `can only access leases in the "${NODE_LEASES}" system namespace`;
  // The body of a create is checked by admission.
  return name === node || (verb === 'create' && name === '')
    ? undefined
    : 'can only access node lease with the same name as the requesting node';
};

/** What a pod is told by its environment may be as secret as a Secret: a node lists its own, as in Kubernetes since 1.32. */
const ownPod: Check = async ({ verb, namespace, name, subresource, fieldSelector }, node, podsOf) => {
  if ((verb === 'list' || verb === 'watch') && subresource === '') {
    return selectsNode(fieldSelector, node)
      ? undefined
      : 'can only list/watch pods with spec.nodeName field selector set to itself';
  }
  const pods = await podsOf(node);
  const found = pods.some(pod => pod.metadata.namespace === namespace && pod.metadata.name === name);
  return found ? undefined : `no relationship found between node '${node}' and this object`;
};

const serviceAccount: Check = (attributes, node, podsOf) => {
  const uses = (pod: NodePod, name: string) => (pod.spec.serviceAccountName || 'default') === name;
  return referenced(uses, attributes.subresource === 'token' ? ['create'] : ['get'])(attributes, node, podsOf);
};

const usesSecret = ({ spec }: NodePod, name: string): boolean =>
  (spec.imagePullSecrets ?? []).some(secret => secret.name === name) ||
  (spec.volumes ?? []).some(
    volume =>
      volume.secret?.secretName === name || volume.projected?.sources?.some(source => source.secret?.name === name),
  ) ||
  environmentOf(spec).some(from => from.secret === name);

const usesConfigMap = ({ spec }: NodePod, name: string): boolean =>
  (spec.volumes ?? []).some(
    volume =>
      volume.configMap?.name === name || volume.projected?.sources?.some(source => source.configMap?.name === name),
  ) || environmentOf(spec).some(from => from.configMap === name);

const environmentOf = (spec: PodSpec): { secret?: string; configMap?: string }[] =>
  [...(spec.initContainers ?? []), ...(spec.containers ?? [])].flatMap(container => [
    ...(container.envFrom ?? []).map(from => ({ secret: from.secretRef?.name, configMap: from.configMapRef?.name })),
    ...(container.env ?? []).map(({ valueFrom }) => ({
      secret: valueFrom?.secretKeyRef?.name,
      configMap: valueFrom?.configMapKeyRef?.name,
    })),
  ]);

const CHECKS: Readonly<Record<string, Check>> = {
  '/secrets': referenced(usesSecret, READS),
  '/configmaps': referenced(usesConfigMap, READS),
  '/serviceaccounts': serviceAccount,
  '/nodes': ownNode,
  'skerry.dev/nodes': ownNode,
  '/pods': ownPod,
  'coordination.k8s.io/leases': ownLease,
};
