/**
 * Puts the decisions of control/auth to work on this server's own objects: secrets and tokens for authentication, roles,
 * bindings and pods of nodes for authorization. Called by control/main.ts.
 *
 * Always: what is read is what the store has; `ready` resolves when the first decisions can be right.
 */
import { createAuthenticator } from '../auth/authenticate.ts';
import { createAuthorizer } from '../auth/authorize.ts';
import { createNodeAuthorizer, type NodePod } from '../auth/node-authorizer.ts';
import { createRbac } from '../auth/rbac.ts';
import { createTokens, type TokenKey, type TokenLookup, type Tokens } from '../auth/tokens.ts';
import type { Secret } from '../kinds/secret.ts';
import type { Api, Authenticate, Authorize, RulesOf } from './api.ts';
import { podsByNodeView, policyView } from './view.ts';

const RBAC = 'rbac.authorization.k8s.io';
const ISSUER = 'https://kubernetes.default.svc.cluster.local';

export interface Security {
  authenticate: Authenticate;
  authorize: Authorize;
  rulesOf: RulesOf;
  tokens: Tokens;
  /** Begins to follow the objects that decisions are made from. */
  follow(signal: AbortSignal): Promise<void>;
}

/** `api` is asked for when it is needed: it is made with what this returns. */
export function createSecurity(api: () => Api, keys: { caPem: string; tokenKeys: readonly TokenKey[] }): Security {
  const now = () => api().clock.now();
  const core = (resource: string) => ({ group: '', resource });
  const lookup: TokenLookup = async (resource, namespace, name) =>
    (await api().lister.get(core(resource), { namespace, name }))?.metadata;
  const tokens = createTokens({
    keys: () => keys.tokenKeys,
    issuer: ISSUER,
    now,
    uuid: () => api().dice.uuid(),
    lookup,
  });
  const secret = (namespace: string, name: string) => api().lister.get<Secret>(core('secrets'), { namespace, name });
  const authenticate = createAuthenticator({ ca: keys.caPem, now, secret, tokens });
  let decide: { authorize: Authorize; rulesOf: RulesOf } | undefined;
  return {
    authenticate,
    authorize: attributes =>
      decide?.authorize(attributes) ?? { allowed: attributes.user.groups.includes('system:masters') },
    rulesOf: (user, namespace) => decide!.rulesOf(user, namespace),
    tokens,
    follow: async signal => {
      const followed = follow(api(), signal);
      decide = followed;
      await followed.ready;
    },
  };
}

function follow(api: Api, signal: AbortSignal): { authorize: Authorize; rulesOf: RulesOf; ready: Promise<unknown> } {
  const kind = (resource: string) => api.kinds.stored(RBAC, resource)!;
  const policy = policyView(
    api,
    {
      clusterRoles: kind('clusterroles'),
      roles: kind('roles'),
      clusterRoleBindings: kind('clusterrolebindings'),
      roleBindings: kind('rolebindings'),
    },
    signal,
  );
  const pods = podsByNodeView(api, api.kinds.stored('', 'pods')!, signal);
  const podsOf = async (node: string): Promise<NodePod[]> => {
    const found = await Promise.all(pods.current(node).map(key => api.store.get(key)));
    return found.filter(kv => kv !== undefined).map(kv => api.objects.peek(kv) as unknown as NodePod);
  };
  const rbac = createRbac(policy.current);
  const { authorize } = createAuthorizer({ rbac, node: createNodeAuthorizer(podsOf) });
  return {
    authorize,
    rulesOf: (user, namespace) => rulesOf(rbac, user, namespace),
    ready: Promise.all([policy.ready, pods.ready]),
  };
}

const rulesOf = (rbac: ReturnType<typeof createRbac>, user: Parameters<RulesOf>[0], namespace: string) => {
  const { rules, errors } = rbac.rulesFor(user, namespace);
  return {
    resourceRules: rules
      .filter(rule => rule.resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, resourceNames })),
    nonResourceRules: rules
      .filter(rule => rule.nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: errors.length > 0,
    ...(errors.length > 0 ? { evaluationError: errors.join(', ') } : {}),
  };
};
