/** The Services on disk: written behind changes, read back whole or not at all, and enough to serve without an API. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { aliasOf } from '../../../agent/addresses.ts';
import { openServiceCheckpoint } from '../../../agent/proxy/checkpoint.ts';
import { startProxy } from '../../../agent/proxy/proxy.ts';
import type { Client } from '../../../control/client/client.ts';
import type { EndpointSlice } from '../../../control/kinds/endpoint-slice.ts';
import type { Service } from '../../../control/kinds/service.ts';
import { DEFAULT_RANGES } from '../../../control/machinery/address-ranges.ts';
import { ENDPOINT_SLICES, SERVICES } from '../../../control/machinery/resources.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { createVirtualClock } from '../../lib/virtual-clock.ts';
import { createFakeApi } from './fake-api.ts';

const test = suite<{ directory: string; path: string; logged: string[]; stop: AbortController }>('proxy checkpoint');
const platform = createNodePlatform();
const PORT = 20_000 + (process.pid % 9000);
/** Unlikely to be anybody's: tests of several processes run on one box. */
const VIP = `10.96.${180 + (process.pid % 50)}.${process.pid % 250}`;
const POD = `10.244.${180 + (process.pid % 50)}.${2 + (process.pid % 250)}`;
const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'web', uid: 'u', annotations: { long: 'text' } },
  spec: { clusterIP: VIP, ports: [{ port: PORT }] },
};
const slice: EndpointSlice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [POD], nodeName: 'edge-0', conditions: { ready: true } }],
  ports: [{ port: 8080 }],
};
const away = {
  list: () => Promise.reject(new Error('away')),
  get: () => Promise.reject(new Error('away')),
} as unknown as Client;

test.before.each(async context => {
  context.directory = await mkdtemp(join(tmpdir(), 'skerry-services-'));
  context.path = join(context.directory, 'services.json');
  context.logged = [];
  context.stop = new AbortController();
});
test.after.each(async ({ directory, stop }) => {
  stop.abort();
  await sleep(20);
  await rm(directory, { recursive: true, force: true });
});

const start = async (
  { path, logged, stop }: { path: string; logged: string[]; stop: AbortController },
  client: Client,
  clock = platform.clock,
) => {
  const log = (_level: string, message: string) => void logged.push(message);
  const checkpoint = await openServiceCheckpoint({ clock, files: platform.files, log, path });
  return startProxy({
    ...{ client, dice: platform.dice, clock, log, checkpoint, ...DEFAULT_RANGES },
    ...{ nodeName: 'edge-0', nodeIp: '127.0.0.1', hostId: 'a', hostListeners: true, signal: stop.signal },
  });
};

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

test('an agent that starts without the API serves the Services it knew, and takes over what is true when it is back', async context => {
  const pod = createServer(socket => socket.end('hello').on('error', () => {})).listen(8080, aliasOf(POD));
  await once(pod, 'listening');
  try {
    const api = createFakeApi();
    api.apply(SERVICES, service);
    api.apply(ENDPOINT_SLICES, slice);
    const clock = createVirtualClock();
    const before = await start(context, api.client, clock);
    await before.synced;
    await clock.advance(2_000);
    await until(() =>
      readFile(context.path).then(
        () => true,
        () => false,
      ),
    );
    context.stop.abort();
    assert.not.match(await readFile(context.path, 'utf8'), 'long');

    context.stop = new AbortController();
    let client = away;
    const through = new Proxy({} as Client, { get: (_, name: keyof Client) => client[name] });
    const proxy = await start(context, through);
    await until(async () => (await ask(aliasOf(VIP), PORT)) === 'hello');
    const network = proxy.network({ namespace: 'default', name: 'p', ip: '10.244.1.9', uid: 'u' });
    assert.equal(await network.resolve('web'), [VIP]);
    assert.is(proxy.serviceEnv('default')['WEB_SERVICE_HOST'], VIP);

    api.remove(SERVICES, 'default', 'web');
    client = api.client;
    await proxy.synced;
    await until(() => proxy.listening().length === 0);
    assert.equal(proxy.serviceEnv('default'), {});
  } finally {
    pod.close();
  }
});

test('many changes are written as one, the last', async context => {
  const clock = createVirtualClock();
  const log = () => {};
  const written: string[] = [];
  const files = {
    ...platform.files,
    replace: async (_: string, content: Uint8Array) => void written.push(String(content)),
  };
  const checkpoint = await openServiceCheckpoint({ clock, files, log, path: context.path });
  const read = () => ({ services: [], slices: [], elsewhere: [String(clock.monotonic())] });
  for (let i = 0; i < 50; i++) checkpoint.changed(read);
  await clock.advance(1_999);
  assert.is(written.length, 0);
  await clock.advance(10_000);
  assert.is(written.length, 1);
});

test('what cannot be read back is left out, and said', async context => {
  for (const broken of ['', '{"services":[', '{}', 'null']) {
    await writeFile(context.path, broken);
    const log = (_level: string, message: string) => void context.logged.push(message);
    const { kept } = await openServiceCheckpoint({ ...platform, log, path: context.path });
    assert.is(kept, undefined);
  }
  assert.is(context.logged.length, 4);
});

test.run();
