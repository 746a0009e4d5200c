/**
 * Bounds the requests that are worked on at once, reading and changing ones apart: what comes on top is told to try again
 * (429) rather than making everything slow. Members of system:masters are always let in, so that an overloaded server can be repaired.
 */
import { tooManyRequests } from '../../machinery/status.ts';
import { type Filter, isLongRunning } from '../request.ts';

const READS_IN_FLIGHT_MAX = 400;
const WRITES_IN_FLIGHT_MAX = 200;
const READING = new Set(['get', 'list', 'watch']);

export function inFlight(limits = { reads: READS_IN_FLIGHT_MAX, writes: WRITES_IN_FLIGHT_MAX }): Filter {
  const running = { reads: 0, writes: 0 };
  return async (c, next) => {
    const info = c.get('info');
    if (isLongRunning(info, c.get('query'))) return next();
    const kind = READING.has(info.verb) ? 'reads' : 'writes';
    if (running[kind] >= limits[kind] && !c.get('user').groups.includes('system:masters')) {
      throw tooManyRequests('Too many requests, please try again later.', 1);
    }
    running[kind]++;
    try {
      await next();
    } finally {
      running[kind]--;
    }
  };
}
