/**
 * What the control plane costs on each host: start time, memory at rest and after work, and how fast it stores.
 *
 *   node test/bench/hosts.ts [ROUNDS]
 *
 * "first" has no compiled code on disk yet; "again" is the median of the rounds after it, each with a state of its own.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createTlsTransport } from '../../control/platform/http-transport.ts';
import { denoMissing, type Host, type ServerProcess, startServerProcess } from '../lib/server-process.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const REST_MS = 3_000;
const OBJECTS = 2_000;
const AT_ONCE = 16;

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
const hosts: Host[] = denoMissing() === undefined ? ['node', 'deno'] : ['node'];
if (hosts.length === 1) console.log(`skipped: deno: ${denoMissing()}`);

console.log(`load average ${loadavg()[0]!.toFixed(1)}`);
// Not under /tmp, which is memory on some machines.
const home = mkdtempSync(join(process.cwd(), '.bench-hosts-'));
const env = { ...process.env, NODE_COMPILE_CACHE: join(home, 'node'), DENO_DIR: join(home, 'deno') };
type Round = Awaited<ReturnType<typeof round>>;
const rounds: Record<Host, Round[]> = { node: [], deno: [] };
try {
  // By turns, so that whatever else the machine does falls on both.
  for (let i = 0; i <= ROUNDS; i++)
    for (const host of hosts) rounds[host].push(await round(host, join(home, `${host}-${i}`)));
} finally {
  rmSync(home, { recursive: true, force: true });
}
for (const host of hosts) print(host, rounds[host]);

function print(host: Host, [first, ...again]: Round[]): void {
  const typical = (read: (round: Round) => number) => median(again.map(read));
  const figures = {
    'start, first, ms': first!.startMs,
    'start, again, ms': typical(r => r.startMs),
    'at rest, RSS MB': typical(r => r.rest.rss),
    'at rest, of its own, MB': typical(r => r.rest.own),
    [`after ${OBJECTS} objects, RSS MB`]: typical(r => r.worked.rss),
    'creates/s': typical(r => r.rate),
    'CPU at rest, %': typical(r => r.restCpu),
  };
  for (const [what, value] of Object.entries(figures))
    console.log(host.padEnd(6), what.padEnd(28), value.toFixed(what.startsWith('CPU') ? 1 : 0));
}

async function round(host: Host, state: string) {
  const server = await startServerProcess(host, state, env);
  try {
    await sleep(1_000);
    const before = cpuMs(server.pid);
    await sleep(REST_MS);
    const restCpu = ((cpuMs(server.pid) - before) / REST_MS) * 100;
    const rest = memory(server.pid);
    const rate = await create(server);
    return { startMs: server.startMs, rest, restCpu, rate, worked: memory(server.pid) };
  } finally {
    await server.stop();
  }
}

/** Creates over one connection, AT_ONCE in flight; answers how many a second. */
async function create({ url, ca, cert, key }: ServerProcess): Promise<number> {
  const transport = createTlsTransport({ server: url, ca, cert, key });
  const begun = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < OBJECTS) {
      const body = JSON.stringify({ metadata: { name: `object-${next++}` }, data: { text: 'x'.repeat(500) } });
      const headers = { 'content-type': 'application/json' };
      const answer = await transport('/api/v1/namespaces/default/configmaps', { method: 'POST', headers, body });
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (performance.now() - begun) / 1000;
  transport.close();
  return OBJECTS / seconds;
}

/** `own` leaves out what is mapped from files: the program itself, which processes of one host share. */
function memory(pid: number): { rss: number; own: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]) / 1024;
  return { rss: mb('Rss'), own: mb('Anonymous') };
}

/** Ticks are 10 ms on Linux. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
