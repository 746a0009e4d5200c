/**
 * The outermost filter: gives the request its id and reads from path and query what it is about, for all others to see.
 * An Audit-Id sent by a client is kept, as apiserver does, so that a chain of servers logs one id.
 */
import { requestInfo } from '../../machinery/resource.ts';
import type { Dice } from '../../platform/types.ts';
import type { Filter } from '../request.ts';

const AUDIT_ID_LENGTH_MAX = 64;

export const receive =
  (dice: Dice): Filter =>
  (c, next) => {
    const url = c.req.url;
    const question = url.indexOf('?');
    const query = new URLSearchParams(question < 0 ? '' : url.slice(question + 1));
    const sent = c.req.header('audit-id');
    c.set('auditId', sent !== undefined && /^[\w-]+$/.test(sent) ? sent.slice(0, AUDIT_ID_LENGTH_MAX) : dice.uuid());
    c.set('query', query);
    c.set('info', requestInfo(c.req.method, pathOf(url, question), query));
    c.set('warnings', []);
    return next();
  };

/** The path as sent: percent signs are decoded segment by segment, never before the path is split. */
function pathOf(url: string, question: number): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  return start < 0 ? '/' : url.slice(start, question < 0 ? undefined : question);
}
