/**
 * Whether this user may do this: asked once per request, refused in Kubernetes' words.
 */
import { refusal } from '../../auth/authorize.ts';
import type { Authorize } from '../api.ts';
import type { Filter } from '../request.ts';

export const authorization =
  (authorize: Authorize): Filter =>
  async (c, next) => {
    const attributes = { user: c.get('user'), ...c.get('info') };
    const pending = authorize(attributes);
    const decision = pending instanceof Promise ? await pending : pending;
    if (!decision.allowed) throw refusal(attributes, decision);
    await next();
  };
