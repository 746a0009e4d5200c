/**
 * Who asks. In-process callers bring their identity in the bindings; everybody else proves it by certificate or token.
 * A wrong proof is 401; without any proof the request is anonymous's, who may do next to nothing.
 */
import { ANONYMOUS } from '../../auth/identity.ts';
import type { Authenticate } from '../api.ts';
import type { ApiContext, Filter } from '../request.ts';

export const authentication =
  (authenticate: Authenticate): Filter =>
  async (c, next) => {
    c.set('user', c.env.identity ?? (await proven(c, authenticate)) ?? { ...ANONYMOUS });
    await next();
  };

const proven = (c: ApiContext, authenticate: Authenticate) =>
  authenticate({ peerCertificate: c.env.peerCertificate, authorization: c.req.header('authorization') });
