/**
 * May they? system:masters may; nodes are asked about their own things; everyone else by RBAC. The answer of the first that
 * allows counts. Called by the API for every request and by access reviews.
 *
 * Always: a decision has no effects and depends on its arguments alone; nothing is allowed by an error.
 */
import { failure, forbidden, type StatusError } from '../machinery/status.ts';
import { type Attributes, type Decision, MASTERS } from './identity.ts';
import type { NodeAuthorizer } from './node-authorizer.ts';
import type { Rbac } from './rbac.ts';

export interface Authorizer {
  authorize(attributes: Attributes): Promise<Decision> | Decision;
}

export const createAuthorizer = (parts: { rbac: Rbac; node?: NodeAuthorizer }): Authorizer => ({
  authorize: attributes => {
    if (attributes.user.groups.includes(MASTERS)) return { allowed: true };
    const byRbac = parts.rbac.authorize(attributes);
    if (byRbac.allowed || !parts.node?.concerns(attributes.user)) return byRbac;
    return parts.node.authorize(attributes).then(byNode => (byNode.allowed ? byNode : joined(byNode, byRbac)));
  },
});

const joined = (a: Decision, b: Decision): Decision => ({
  allowed: false,
  reason: [a.reason, b.reason].filter(Boolean).join('; ') || undefined,
  evaluationError: a.evaluationError ?? b.evaluationError,
});

/** `User "x" cannot list resource "pods" in API group "" in the namespace "default"` */
export const refusalText = (a: Attributes): string => {
  if (!a.resourceRequest) return `User ${quote(a.user.name)} cannot ${a.verb} path ${quote(a.path)}`;
  const resource = a.subresource ? `${a.resource}/${a.subresource}` : a.resource;
  const where = a.namespace ? `in the namespace ${quote(a.namespace)}` : 'at the cluster scope';
  return `User ${quote(a.user.name)} cannot ${a.verb} resource ${quote(resource)} in API group ${quote(a.group)} ${where}`;
};

/** The Forbidden error that Kubernetes answers. */
export const refusal = (attributes: Attributes, decision: Decision): StatusError => {
  const text = refusalText(attributes) + (decision.reason ? `: ${decision.reason}` : '');
  return attributes.resourceRequest
    ? forbidden({ group: attributes.group, resource: attributes.resource }, attributes.name, text)
    : failure('Forbidden', `forbidden: ${text}`, {});
};

const quote = (text: string): string => JSON.stringify(text);
