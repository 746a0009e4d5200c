/** Pods that call each other by name while the callee is scaled: no request may fail. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Deployment } from '../../control/kinds/deployment.ts';
import { manifestOf, pushApp, startCluster, startLoad, type TestCluster, until } from '../lib/cluster.ts';

let cluster: TestCluster;
const test = suite('services');
const ok = async (...args: string[]) => {
  const result = await cluster.skerry(...args);
  assert.is(result.code, 0, `skerry ${args.join(' ')}\n${result.out}${result.err}`);
  return result.out;
};
const ready = async (app: string, count: number) => {
  const { items } = JSON.parse(await ok('get', 'deployment', '-o', 'json')) as { items: Deployment[] };
  const status = items.find(d => d.metadata.name === app)?.status;
  return status?.readyReplicas === count && status?.replicas === count ? true : undefined;
};
const scale = async (replicas: number) => {
  const path = `${cluster.folder}/../scale.yaml`;
  const { writeFile, readFile } = await import('node:fs/promises');
  await writeFile(
    path,
    (await readFile(manifestOf('hello-http'), 'utf8')).replace(/replicas: \d+/, `replicas: ${replicas}`),
  );
  await ok('apply', '-f', path);
  await until(() => ready('hello-http', replicas), `hello-http has ${replicas} ready pods`);
};

test.before(async () => {
  cluster = await startCluster('services');
  await Promise.all([pushApp(cluster, 'hello-http'), pushApp(cluster, 'caller'), pushApp(cluster, 'hello-js')]);
});
test.after(() => cluster?.stop());

test('caller reaches hello-http by name while it is scaled 1 → 5 → 2', async () => {
  await scale(1);
  await ok('apply', '-f', manifestOf('caller'));
  await until(() => ready('caller', 1), 'caller is ready');
  const service = JSON.parse(await ok('get', 'service', 'caller', '-o', 'json')) as {
    spec: { ports: { nodePort: number }[] };
  };
  const load = startLoad(`http://127.0.0.1:${service.spec.ports[0]!.nodePort}/`, 10);
  await new Promise(resolve => setTimeout(resolve, 1_000));
  await scale(5);
  await new Promise(resolve => setTimeout(resolve, 1_500));
  await scale(2);
  await new Promise(resolve => setTimeout(resolve, 1_500));
  const { ok: answered, failures, bodies } = await load.stop();
  console.log(`scaled 1, 5, 2: ${answered} answered by ${bodies.size} pods, ${failures.length} failed`);
  assert.equal(failures, []);
  assert.ok(bodies.size >= 5, [...bodies.keys()].join(''));
});

test('a plain JavaScript component is a pod as well', async () => {
  await ok('apply', '-f', manifestOf('hello-js'));
  await until(() => ready('hello-js', 2), 'hello-js is ready', 30_000);
});

test.run();
