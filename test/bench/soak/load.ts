/**
 * Steady requests for the soak: so many a second whether the ones before were answered or not, each on a connection of its
 * own or on connections that are kept. A request that fails is written down with its time and what was done just then, and
 * is not tried again.
 */
import { Agent, request } from 'node:http';

export interface Failure {
  atMs: number;
  load: string;
  during: string;
  why: string;
}

export interface SoakLoad {
  name: string;
  answered(): number;
  /** Milliseconds of each answer since the last call. */
  takeTimes(): number[];
  stop(): Promise<void>;
}

const TIMEOUT_MS = 5_000;
const KEPT_CONNECTIONS = 16;

export function startLoad(options: {
  name: string;
  url: string;
  perSecond: number;
  /** Connections are used again. */
  kept: boolean;
  during(): string;
  failed(failure: Failure): void;
}): SoakLoad {
  const { name, url, perSecond, kept, during, failed } = options;
  const agent = kept ? new Agent({ keepAlive: true, maxSockets: KEPT_CONNECTIONS, scheduling: 'fifo' }) : false;
  const underWay = new Set<Promise<void>>();
  const times: number[] = [];
  let answered = 0;
  const once = async () => {
    const begun = performance.now();
    const [sentAt, doing] = [Math.round(begun), during()];
    try {
      const { status, body } = await get(url, agent);
      if (status !== 200) throw new Error(`${status} ${body.slice(0, 120).trim()}`);
      answered++;
      times.push(performance.now() - begun);
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? '';
      const text = `${why} ${(error as Error).message} after ${Math.round(performance.now() - begun)} ms`;
      failed({ atMs: sentAt, load: name, during: doing, why: text.trim() });
    }
  };
  const timer = setInterval(() => {
    const one = once().finally(() => underWay.delete(one));
    underWay.add(one);
  }, 1000 / perSecond);
  return {
    name,
    answered: () => answered,
    takeTimes: () => times.splice(0),
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      if (agent) agent.destroy();
    },
  };
}

function get(url: string, agent: Agent | false): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, timeout: TIMEOUT_MS }, response => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', chunk => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('timed out')));
    sent.on('error', reject);
    sent.end();
  });
}
