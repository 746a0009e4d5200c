/**
 * Whether this user may do this: asked once per request, refused in Kubernetes' words.
 */
import { failure, forbidden, type StatusError } from '../../machinery/status.ts';
import type { AccessAttributes, Authorize } from '../api.ts';
import type { Filter } from '../request.ts';

export const authorization =
  (authorize: Authorize): Filter =>
  async (c, next) => {
    const attributes: AccessAttributes = { user: c.get('user'), ...c.get('info') };
    const pending = authorize(attributes);
    const { allowed, reason } = pending instanceof Promise ? await pending : pending;
    if (!allowed) throw refused(attributes, reason);
    await next();
  };

export function refused(attributes: AccessAttributes, reason: string | undefined): StatusError {
  const { user, verb, group, resource, subresource, namespace, name, path } = attributes;
  const why = reason ? `: ${reason}` : '';
  if (!attributes.resourceRequest) {
    return failure('Forbidden', `forbidden: User "${user.name}" cannot ${verb} path "${path}"${why}`, {});
  }
  const full = subresource ? `${resource}/${subresource}` : resource;
  const scope = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const what = `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${scope}${why}`;
  return forbidden({ group, resource: resource }, name, what);
}
