/**
 * A long day on a small box, in minutes: a Deployment answers steady requests while it is scaled, rolled and robbed of pods,
 * and an agent is ended and started again, with a pod beside it that crashes. Says which requests failed, when and during
 * what; how memory, threads and open files went; and what is left once all pods are gone.
 *
 *   node test/bench/soak.ts [SECONDS]        default 300; ends with 1 when a request failed outside an agent's restart
 */
import { existsSync } from 'node:fs';
import { connectionOf } from '../../control/cli/kubeconfig.ts';
import { readKubeconfig } from '../../control/cli/kubeconfig-file.ts';
import type { Client } from '../../control/client/client.ts';
import { createClient } from '../../control/client/rest.ts';
import type { Deployment } from '../../control/kinds/deployment.ts';
import type { Pod } from '../../control/kinds/pod.ts';
import type { Service } from '../../control/kinds/service.ts';
import { DEPLOYMENTS, PODS, SERVICES } from '../../control/machinery/resources.ts';
import { createTlsTransport } from '../../control/platform/http-transport.ts';
import { manifestOf, pushApp, startCluster, type TestCluster, until } from '../lib/cluster.ts';
import { addressClaims, footprints, footprintText } from './soak/footprint.ts';
import { type Failure, type SoakLoad, startLoad } from './soak/load.ts';

const SECONDS = Number(process.argv[2] ?? 300);
const SAMPLE_MS = 10_000;
const PAUSE_MS = 2_000;
const QUIET = 'nothing';
const RESTART = 'agent restart';
/** Takes connections over, and hears of endpoints again: not until then is an agent's restart over for clients. */
const AFTER_RESTART_MS = 3_000;

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
const since = performance.now();
const say = (text: string) => console.log(`${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s  ${text}`);

const cluster = await startCluster('soak');
const found = connectionOf(await readKubeconfig(cluster.kubeconfig), undefined, () => '');
if ('missing' in found) throw new Error(found.missing);
const transport = createTlsTransport(found);
const client = createClient({ transport, userAgent: 'soak' });
let doing = QUIET;
const failures: Failure[] = [];
try {
  const loads = await prepare(cluster, client);
  const sampler = setInterval(() => sample(cluster, loads), SAMPLE_MS);
  await stir(cluster, client, since + SECONDS * 1000);
  clearInterval(sampler);
  await Promise.all(loads.map(load => load.stop()));
  await leaveNothing(cluster, client);
  report(loads);
} finally {
  transport.close();
  await cluster.stop();
}

async function prepare(cluster: TestCluster, client: Client): Promise<SoakLoad[]> {
  for (const app of ['hello-http', 'caller', 'crash-loop']) await pushApp(cluster, app);
  await pushApp(cluster, 'hello-http', 'hello-http:v2');
  for (const app of ['hello-http', 'caller', 'crash-loop']) {
    const applied = await cluster.skerry('apply', '-f', manifestOf(app));
    if (applied.code !== 0) throw new Error(applied.err);
  }
  // One on each node, so that it answers while an agent is away.
  const both = { spec: { replicas: 2 } };
  await client.patch<Deployment>(DEPLOYMENTS, { namespace: 'default', name: 'caller' }, both, { type: 'strategic' });
  await rolledOut(client, 'hello-http');
  await rolledOut(client, 'caller');
  const url = async (name: string) => {
    const service = await client.get<Service>(SERVICES, { namespace: 'default', name });
    return `http://127.0.0.1:${service.spec!.ports![0]!.nodePort}/`;
  };
  const common = { during: () => doing, failed: (failure: Failure) => void failures.push(failure) };
  const hello = await url('hello-http');
  await sleep(PAUSE_MS);
  return [
    startLoad({ ...common, name: 'new connections', url: hello, perSecond: 80, kept: false }),
    startLoad({ ...common, name: 'kept connections', url: hello, perSecond: 80, kept: true }),
    startLoad({ ...common, name: 'from a pod', url: await url('caller'), perSecond: 40, kept: false }),
  ];
}

/** One thing after the other, round and round. */
async function stir(cluster: TestCluster, client: Client, until: number): Promise<void> {
  const key = { namespace: 'default', name: 'hello-http' };
  const patch = (spec: unknown) => client.patch<Deployment>(DEPLOYMENTS, key, { spec }, { type: 'strategic' });
  const scale = async (replicas: number) => {
    await patch({ replicas });
    await rolledOut(client, key.name);
  };
  const roll = async (image: string) => {
    await patch({ template: { spec: { containers: [{ name: 'hello-http', image }] } } });
    await rolledOut(client, key.name);
  };
  const steps: [string, () => Promise<unknown>][] = [
    ['scale up', () => scale(8)],
    ['scale down', () => scale(2)],
    ['roll', () => roll('hello-http:v2')],
    ['pod delete', () => deleteOne(client, key.name)],
    ['scale', () => scale(4)],
    ['roll', () => roll('hello-http:v1')],
    ['pod delete', () => deleteOne(client, key.name)],
    [RESTART, () => restartAgent(cluster, client)],
  ];
  for (let turn = 0; performance.now() < until; turn++) {
    const [name, act] = steps[turn % steps.length]!;
    const before = failures.length;
    const begun = performance.now();
    doing = name;
    await act();
    const took = performance.now() - begun;
    // What the change sets off is part of it: pods that end, endpoints that go.
    await sleep(PAUSE_MS);
    const failed = failures.length - before;
    say(`${name}: ${(took / 1000).toFixed(1)} s${failed > 0 ? `, ${failed} requests failed` : ''}`);
    doing = QUIET;
    await sleep(PAUSE_MS);
  }
}

async function deleteOne(client: Client, app: string): Promise<void> {
  const { items } = await client.list<Pod>(PODS, { namespace: 'default', labelSelector: `app=${app}` });
  const alive = items.filter(({ metadata }) => !metadata.deletionTimestamp);
  const { name } = alive[Math.floor(Math.random() * alive.length)]!.metadata;
  await client.delete(PODS, { namespace: 'default', name });
  await rolledOut(client, app);
}

async function restartAgent(cluster: TestCluster, client: Client): Promise<void> {
  const { pid } = cluster.record().processes.findLast(({ name }) => name.startsWith('edge'))!;
  process.kill(pid, 'SIGTERM');
  await until(async () => !existsSync(`/proc/${pid}`), 'the agent ended', 30_000);
  say('the agent has ended');
  const again = await cluster.skerry('up', cluster.name, '--no-switch');
  if (again.code !== 0) throw new Error(again.err);
  await rolledOut(client, 'hello-http');
  await rolledOut(client, 'caller');
  await sleep(AFTER_RESTART_MS);
}

function rolledOut(client: Client, name: string): Promise<boolean> {
  const look = async () => {
    const { metadata, spec, status } = await client.get<Deployment>(DEPLOYMENTS, { namespace: 'default', name });
    const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, observedGeneration } = status ?? {};
    const all = [replicas, updatedReplicas, readyReplicas].every(count => count === spec!.replicas);
    return all && observedGeneration === metadata.generation;
  };
  return until(look, `${name} rolled out`, 60_000);
}

function sample(cluster: TestCluster, loads: readonly SoakLoad[]): void {
  for (const one of footprints(cluster)) say(`  ${footprintText(one)}`);
  const times = loads.map(load => {
    const sorted = load.takeTimes().sort((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(0);
    return `${load.name} p50 ${at(0.5)} p99 ${at(0.99)} max ${(sorted.at(-1) ?? 0).toFixed(0)} ms`;
  });
  say(`  ${times.join(', ')}`);
}

async function leaveNothing(cluster: TestCluster, client: Client): Promise<void> {
  for (const app of ['hello-http', 'caller', 'crash-loop']) {
    // The pod that has no controller may be gone: its node was away for longer than it tolerates.
    await cluster.skerry('delete', '-f', manifestOf(app));
  }
  await until(async () => (await client.list<Pod>(PODS, {})).items.length === 0, 'all pods gone', 90_000);
  await sleep(SAMPLE_MS);
  say('all pods are gone; left:');
  for (const one of footprints(cluster)) say(`  ${footprintText(one)}`);
  const { ranges } = cluster.record() as unknown as { ranges: { podCidr: string } };
  say(`  ${addressClaims(ranges.podCidr)} claimed addresses`);
}

function report(loads: readonly SoakLoad[]): void {
  for (const load of loads) {
    const own = failures.filter(failure => failure.load === load.name);
    say(`${load.name}: ${load.answered()} answered, ${own.length} failed`);
  }
  for (const { atMs, load, during, why } of failures)
    console.log(`  ${((atMs - since) / 1000).toFixed(2)} s, ${load}, during ${during}: ${why}`);
  if (failures.some(({ during }) => during !== RESTART)) process.exitCode = 1;
}
