/**
 * Who asks. In-process callers bring their identity in the bindings; everybody else proves it by certificate or token.
 * No proof, or a wrong one: 401.
 */
import { unauthorized } from '../../machinery/status.ts';
import type { Authenticate } from '../api.ts';
import type { Filter } from '../request.ts';

export const authentication =
  (authenticate: Authenticate): Filter =>
  async (c, next) => {
    const known = c.env?.identity;
    const user = known ?? (await authenticate({ header: name => c.req.header(name), ...c.env }));
    if (!user) throw unauthorized();
    c.set('user', user);
    await next();
  };
