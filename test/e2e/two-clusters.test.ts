/** Two clusters on one box: each has addresses of its own, its pods and Services answer, and none hears of the other. */
import { createServer, type Server } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { get, manifestOf, pushApp, startCluster, type TestCluster, until, writeManifest } from '../lib/cluster.ts';

interface Listed {
  items: {
    metadata: { name: string; annotations?: Record<string, string> };
    spec: { clusterIP?: string; podCIDR?: string; ports?: { nodePort?: number }[] };
    status?: { podIP?: string };
    reason?: string;
    message?: string;
    involvedObject?: { kind: string; name: string };
  }[];
}

const test = suite('two clusters');
let clusters: TestCluster[] = [];
let holder: Server | undefined;

const list = async (cluster: TestCluster, ...what: string[]): Promise<Listed['items']> => {
  const { code, out, err } = await cluster.skerry('get', ...what, '-o', 'json');
  assert.is(code, 0, err);
  return (JSON.parse(out) as Listed).items;
};
/** The second part of `10.N.…`. */
const block = (address = '') => Number(address.split('.')[1]);
const alias = (address = '') => `127.${address.split('.').slice(1).join('.')}`;

test.before(async () => {
  // Pushed to in turn: both push what one build has made.
  clusters = await Promise.all(['north', 'south'].map(name => startCluster(name)));
  for (const cluster of clusters) await pushApp(cluster, 'hello-http');
  for (const cluster of clusters) {
    const applied = await cluster.skerry('apply', '-f', manifestOf('hello-http'));
    assert.is(applied.code, 0, applied.err);
  }
});
test.after(async () => {
  holder?.close();
  await Promise.all(clusters.map(cluster => cluster.stop()));
});

test('pods, Services and nodes have addresses of their own cluster', async () => {
  const used = await Promise.all(
    clusters.map(async cluster => {
      const ips = await until(async () => {
        const found = (await list(cluster, 'pods', '-l', 'app=hello-http')).flatMap(pod => pod.status?.podIP ?? []);
        return found.length === 3 && found;
      }, 'three pods with addresses');
      const services = (await list(cluster, 'services')).map(({ spec }) => spec.clusterIP!);
      const ranges = (await list(cluster, 'nodes')).map(({ metadata, spec }) => {
        assert.is(block(spec.podCIDR), block(metadata.annotations?.['skerry.dev/pod-cidr']));
        return metadata.annotations;
      });
      for (const ip of ips) assert.is(block(ip), block(ranges[0]?.['skerry.dev/pod-cidr']));
      for (const ip of services) assert.is(block(ip), block(ranges[0]?.['skerry.dev/service-cidr']));
      return [...ips, ...services].map(block);
    }),
  );
  const [north, south] = used.map(blocks => new Set(blocks));
  assert.equal([north!.size, south!.size], [2, 2]);
  assert.is(north!.intersection(south!).size, 0);
});

test('both answer at their node ports, their own pods only', async () => {
  for (const cluster of clusters) {
    const pods = await list(cluster, 'pods', '-l', 'app=hello-http');
    const names = new Set(pods.map(({ metadata }) => metadata.name));
    const service = (await list(cluster, 'services')).find(({ metadata }) => metadata.name === 'hello-http');
    const url = `http://127.0.0.1:${service!.spec.ports![0]!.nodePort}/`;
    await until(async () => (await get(url).catch(() => undefined))?.status === 200, `an answer from ${cluster.name}`);
    for (let i = 0; i < 12; i++) {
      const { status, body } = await get(url);
      assert.is(status, 200);
      assert.ok(names.has(/Hello from (\S+):/.exec(body)![1]!), `${cluster.name}: ${body}`);
    }
    assert.is((await get(`http://${alias(pods[0]!.status!.podIP)}:8080/`)).status, 200);
  }
});

test('a node port that some other program holds is told once on the Service', async () => {
  const cluster = clusters[0]!;
  holder = createServer(socket => socket.destroy());
  const nodePort = await new Promise<number>((resolve, reject) => {
    let port = 30_000;
    holder!.on('error', () => (port < 30_080 ? holder!.listen(++port, '127.0.0.1') : reject(new Error('no port'))));
    holder!.listen(port, '127.0.0.1', () => resolve(port));
  });
  const manifest = writeManifest(
    cluster,
    'blocked',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'blocked' },
      spec: { type: 'NodePort', selector: { app: 'hello-http' }, ports: [{ port: 8080, nodePort }] },
    }),
  );
  assert.is((await cluster.skerry('apply', '-f', manifest)).code, 0);
  const told = async () => (await list(cluster, 'events')).filter(({ reason }) => reason === 'FailedToBindNodePort');
  const [event] = await until(async () => (await told()).length > 0 && told(), 'the event');
  assert.equal([event!.involvedObject?.kind, event!.involvedObject?.name], ['Service', 'blocked']);
  assert.match(event!.message!, `node port ${nodePort} cannot be bound on node edge-`);
  await new Promise(resolve => setTimeout(resolve, 3_000));
  assert.is((await told()).length, 1, 'one of the siblings speaks, once, and of nothing else');
});

test.run();
