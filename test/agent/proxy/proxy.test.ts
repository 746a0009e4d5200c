/** The whole proxy over a fake API: from Services to connections of this host and of pods, while endpoints change. */
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startProxy } from '../../../agent/proxy/proxy.ts';
import type { EndpointSlice } from '../../../control/kinds/endpoint-slice.ts';
import type { Service } from '../../../control/kinds/service.ts';
import type { ServiceSpec } from '../../../control/kinds/types/service.ts';
import { DEFAULT_RANGES } from '../../../control/machinery/address-ranges.ts';
import { ENDPOINT_SLICES, SERVICES } from '../../../control/machinery/resources.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { createFakeApi, type FakeApi } from './fake-api.ts';

const test = suite<{ api: FakeApi; stop: AbortController; logged: string[] }>('proxy');
const PORT = 20_000 + (process.pid % 9000);
const NODE_PORT = 30_000 + (process.pid % 2700);
/** Unlikely to be anybody's: tests of several processes run on one box. */
const NET = `${200 + (process.pid % 50)}.${(process.pid >> 6) % 200}`;
const VIP = `10.96.${NET.split('.')[0]}.${NET.split('.')[1]}`;
const podIp = (i: number) => `10.244.${NET.split('.')[0]}.${i + 1}`;
const hostAlias = (ip: string) => `127.${ip.split('.').slice(1).join('.')}`;

test.before.each(context => {
  context.api = createFakeApi();
  context.stop = new AbortController();
  context.logged = [];
});
test.after.each(async ({ stop }) => {
  stop.abort();
  for (const server of pods) server.close();
  pods.clear();
  await sleep(20);
});

const start = (
  context: { api: FakeApi; stop: AbortController; logged: string[] },
  nodeName = 'edge-0',
  signal = context.stop.signal,
) => {
  const { clock, dice } = createNodePlatform();
  const log = (_level: string, message: string) => void context.logged.push(message);
  return startProxy({
    client: context.api.client,
    clock,
    dice,
    log,
    nodeName,
    nodeIp: '127.0.0.1',
    hostId: 'a',
    ...DEFAULT_RANGES,
    hostListeners: true,
    signal,
  });
};

const service = (spec: ServiceSpec = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'web' },
  spec: { clusterIP: VIP, ports: [{ port: PORT, nodePort: NODE_PORT }], ...spec },
});
const slice = (pods: number[], nodeName = 'edge-0'): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints: pods.map(i => ({ addresses: [podIp(i)], nodeName, conditions: { ready: true } })),
  ports: [{ port: 8080 }],
});

const pods = new Set<Server>();

/** A pod: says its number and closes. */
async function pod(i: number): Promise<Server> {
  const server = createServer(socket => socket.end(String(i)).on('error', () => {}));
  server.listen(8080, hostAlias(podIp(i)));
  await once(server, 'listening');
  pods.add(server);
  return server;
}

async function ask(host: string, port: number): Promise<string> {
  try {
    let text = '';
    for await (const part of connect(port, host)) text += part;
    return text;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'error';
  }
}

async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 300 && !(await check()); i++) await sleep(10);
  assert.ok(await check());
}

test('a Service answers at its alias and its node port, in turn, and to pods', async context => {
  await Promise.all([0, 1].map(pod));
  const proxy = start(context);
  context.api.apply(SERVICES, service());
  context.api.apply(ENDPOINT_SLICES, slice([0, 1]));
  await proxy.synced;
  await until(() => proxy.listening().length === 2);
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(await ask(hostAlias(VIP), PORT));
  assert.equal(answers.sort(), ['0', '0', '1', '1']);
  assert.match(await ask('127.0.0.1', NODE_PORT), /^[01]$/);
  const network = proxy.network({ namespace: 'default', name: 'p', ip: podIp(9), uid: 'u' });
  assert.equal(await network.resolve('web'), [VIP]);
  const to = await network.connect('web.default.svc.cluster.local', PORT);
  assert.match(await ask(to.host, to.port), /^[01]$/);
  assert.is(proxy.serviceEnv('default')['WEB_SERVICE_HOST'], VIP);

  context.api.remove(SERVICES, 'default', 'web');
  await until(() => proxy.listening().length === 0);
  assert.is(await network.connect(VIP, PORT).catch(e => e.code), 'ECONNREFUSED');
  assert.is(
    await network.connect('web', PORT).then(
      () => '',
      e => e.code,
    ),
    'ENOTFOUND',
  );
});

test('a second agent takes over when the first ends', async context => {
  await pod(0);
  context.api.apply(SERVICES, service());
  context.api.apply(ENDPOINT_SLICES, slice([0]));
  const dying = new AbortController();
  const first = start(context, 'edge-0', dying.signal);
  await first.synced;
  await until(() => first.listening().length === 2);
  const second = start(context, 'edge-1');
  await second.synced;
  await sleep(50);
  assert.equal(second.listening(), []);
  dying.abort();
  await until(() => second.listening().length === 2);
  assert.is(await ask('127.0.0.1', NODE_PORT), '0');
});

test('no connection fails while pods are replaced one after the other', async context => {
  const running = new Map<number, Server>();
  for (const i of [0, 1, 2]) running.set(i, await pod(i));
  const proxy = start(context);
  context.api.apply(SERVICES, service());
  context.api.apply(ENDPOINT_SLICES, slice([0, 1, 2]));
  await proxy.synced;
  await until(() => proxy.listening().length === 2);
  const network = proxy.network({ namespace: 'default', name: 'p', ip: podIp(99), uid: 'u' });
  const counts: Record<string, number> = {};
  let done = false;
  const client = async (inPod: boolean) => {
    while (!done) {
      const to = inPod ? await network.connect('web', PORT) : { host: hostAlias(VIP), port: PORT };
      const answer = await ask(to.host, to.port);
      const kind = /^\d+$/.test(answer) ? 'ok' : answer;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
  };
  const clients = [...Array.from({ length: 6 }, () => client(false)), client(true), client(true)];
  for (let next = 3; next < 11; next++) {
    running.set(next, await pod(next));
    const old = next - 3;
    context.api.apply(ENDPOINT_SLICES, slice([old + 1, old + 2, next]));
    // The agent lets a pod answer a little longer than it is an endpoint.
    await sleep(60);
    running.get(old)!.close();
    await sleep(20);
  }
  done = true;
  await Promise.all(clients);
  assert.equal(Object.keys(counts), ['ok'], JSON.stringify(counts));
  assert.ok(counts['ok']! > 200, JSON.stringify(counts));
});

test('pods of another box are left out, and that is said', async context => {
  const node = (name: string, id: string) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations: { 'skerry.dev/host-id': id } },
  });
  const nodes = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false };
  context.api.apply(nodes, node('edge-0', 'a'));
  context.api.apply(nodes, node('far', 'b'));
  context.api.apply(SERVICES, service());
  context.api.apply(ENDPOINT_SLICES, slice([0], 'far'));
  const proxy = start(context);
  await proxy.synced;
  await until(() => context.logged.length > 0);
  assert.match(context.logged[0]!, 'node far is another box');
  const network = proxy.network({ namespace: 'default', name: 'p', ip: podIp(9), uid: 'u' });
  await until(() =>
    network.connect(VIP, PORT).then(
      () => false,
      e => e.code === 'ECONNREFUSED',
    ),
  );
});

test.run();
