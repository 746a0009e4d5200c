/**
 * What goes wrong on a box: an agent dies under load, the server dies, both come back. Nothing acknowledged is lost, and
 * silence is no reason to delete.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pod } from '../../control/kinds/pod.ts';
import {
  get,
  type Load,
  manifestOf,
  pushApp,
  root,
  startCluster,
  startLoad,
  type TestCluster,
  until,
} from '../lib/cluster.ts';

let cluster: TestCluster;
let url: string;
let load: Load | undefined;
const test = suite('failures');

interface PodView {
  name: string;
  node: string;
  uid: string;
  restarts: number;
  ready: boolean;
  deleting: boolean;
}

const pods = async (): Promise<PodView[]> => {
  const { out, code, err } = await cluster.skerry('get', 'pods', '-l', 'app=hello-http', '-o', 'json');
  assert.is(code, 0, err);
  return (JSON.parse(out) as { items: Pod[] }).items.map(p => ({
    name: p.metadata.name,
    node: p.spec.nodeName ?? '',
    uid: p.metadata.uid ?? '',
    restarts: p.status?.containerStatuses?.[0]?.restartCount ?? 0,
    ready: p.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True') === true,
    deleting: p.metadata.deletionTimestamp !== undefined,
  }));
};
const pidOf = (name: string) => cluster.record().processes.find(p => p.name === name)!.pid;
const readyOn = async (node: string | undefined, count: number) => {
  const ready = (await pods()).filter(p => p.ready && !p.deleting && (node === undefined || p.node === node));
  return ready.length === count ? ready : undefined;
};

test.before(async () => {
  cluster = await startCluster('failures');
  await pushApp(cluster, 'hello-http');
  const applied = await cluster.skerry('apply', '-f', manifestOf('hello-http'));
  assert.is(applied.code, 0, applied.err);
  await until(() => readyOn(undefined, 3), 'three ready pods');
  const { out } = await cluster.skerry('get', 'service', 'hello-http', '-o', 'json');
  url = `http://127.0.0.1:${(JSON.parse(out) as { spec: { ports: { nodePort: number }[] } }).spec.ports[0]!.nodePort}/`;
});
test.after.each(async () => void (await load?.stop()));
test.after(() => cluster?.stop());

test('kill -9 the server: pods keep answering; after its restart nothing is lost and no pod restarted', async () => {
  const before = await pods();
  load = startLoad(url, 20);
  process.kill(pidOf('server-0'), 'SIGKILL');
  await new Promise(resolve => setTimeout(resolve, 3_000));
  const again = await cluster.skerry('up', cluster.name, '--no-switch');
  assert.is(again.code, 0, again.err);
  await until(() => readyOn(undefined, 3), 'three ready pods again');
  await new Promise(resolve => setTimeout(resolve, 2_000));
  const { ok, failures } = await load.stop();
  console.log(`server killed: ${ok} requests answered, ${failures.length} failed`);
  assert.equal(failures, []);
  assert.equal(await pods(), before);
});

test('kill -9 an agent under load: its pods come back on the other one, and the Service answers', async () => {
  assert.ok((await pods()).some(p => p.node === 'edge-0'));
  load = startLoad(url, 10);
  await new Promise(resolve => setTimeout(resolve, 500));
  process.kill(pidOf('edge-0'), 'SIGKILL');
  const moved = await until(() => readyOn('edge-1', 3), 'three ready pods on edge-1', 60_000);
  assert.is(moved.length, 3);
  const { ok, failures } = await load.stop();
  const span = failures.length === 0 ? 0 : failures.at(-1)!.atMs - failures[0]!.atMs;
  console.log(
    `agent killed: ${ok} requests answered, ${failures.length} failed within ${span} ms ${failures[0]?.why ?? ''}`,
  );
  assert.ok(failures.length < 100, `${failures.length} of ${ok + failures.length} requests failed`);
  assert.is((await get(url)).status, 200);
});

test('the agent comes back as the same node', async () => {
  const again = await cluster.skerry('up', cluster.name, '--no-switch');
  assert.is(again.code, 0, again.err);
  const { out } = await cluster.skerry('get', 'nodes');
  assert.match(out, /edge-0\s+Ready/);
});

test('a box that starts without the server serves its pods through its Services', async () => {
  const { processes } = cluster.record();
  const running = await until(() => readyOn(undefined, 3), 'three ready pods');
  // Services are on disk a moment after they change.
  await new Promise(resolve => setTimeout(resolve, 3_000));
  for (const { pid } of processes) process.kill(pid, 'SIGKILL');
  const alone = processes
    .filter(({ name }) => name !== 'server-0')
    .map(entry =>
      spawn(process.execPath, [join(root, 'control/cli/main.ts'), ...entry.arguments], {
        env: cluster.env,
        stdio: 'ignore',
      }),
    );
  try {
    await until(async () => (await get(url).catch(() => undefined))?.status === 200, 'an answer without a server');
    const names = new Set<string>();
    for (let i = 0; i < 20; i++) names.add(/from (\S+):/.exec((await get(url)).body)![1]!);
    for (const name of names)
      assert.ok(
        running.some(p => p.name === name),
        name,
      );
  } finally {
    for (const agent of alone) agent.kill('SIGKILL');
  }
  const again = await cluster.skerry('up', cluster.name, '--no-switch');
  assert.is(again.code, 0, again.err);
  const after = await until(() => readyOn(undefined, 3), 'three ready pods again');
  assert.equal(after.map(p => p.uid).sort(), running.map(p => p.uid).sort());
  // What the server has heard last is older than these agents.
  await until(async () => (await get(url).catch(() => undefined))?.status === 200, 'an answer again');
});

test.run();
