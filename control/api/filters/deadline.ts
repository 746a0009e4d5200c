/**
 * Ends what takes too long: the client gets 504 and need not wait. Watches, logs and tunnels have no deadline.
 *
 * Always: the timer is gone when the request is; the clients' own `timeout` may shorten the deadline, never lengthen it.
 */
import { parseDuration } from '../../machinery/duration.ts';
import { badRequest, timedOut } from '../../machinery/status.ts';
import type { Clock } from '../../platform/types.ts';
import { type Filter, isLongRunning } from '../request.ts';

const REQUEST_DEADLINE_MS = 60_000;

export const deadline =
  (clock: Clock, limit = REQUEST_DEADLINE_MS): Filter =>
  async (c, next) => {
    const query = c.get('query');
    if (isLongRunning(c.get('info'), query)) return next();
    const ms = Math.min(limit, requested(query.get('timeout')) || limit);
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(ms, () => reject(timedOut('Timeout: request did not complete within the allotted timeout')));
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      cancel();
    }
  };

function requested(text: string | null): number {
  if (text === null || text === '') return 0;
  const ms = parseDuration(text);
  if (ms === undefined)
    throw badRequest(`invalid timeout specified in the request URL - time: invalid duration "${text}"`);
  return Math.max(0, ms);
}
