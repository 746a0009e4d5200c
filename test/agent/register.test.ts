/** A box as a Node: registered, alive, ready, and still so after what servers and people do to it. Under a virtual clock. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAddresses } from '../../agent/addresses.ts';
import type { HostFacts } from '../../agent/node-object.ts';
import { register } from '../../agent/register.ts';
import type { Lease } from '../../control/kinds/lease.ts';
import type { Node } from '../../control/kinds/node.ts';
import { DEFAULT_RANGES, RANGE_ANNOTATIONS } from '../../control/machinery/address-ranges.ts';
import { SKERRY_VERSION } from '../../control/machinery/version.ts';
import { createNodePlatform } from '../../control/platform/node.ts';
import { createVirtualClock, type VirtualClock } from '../lib/virtual-clock.ts';
import { createFakeServer, type FakeServer } from './fake-server.ts';
import { until } from './node.ts';

const test = suite('register');

const NODE = '/api/v1/nodes/edge-0';
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/edge-0';
const folder = mkdtempSync(join(tmpdir(), 'skerry-register-'));
test.after(() => rmSync(folder, { recursive: true }));

const facts: HostFacts = {
  ...{ hostname: 'box', cpus: 2, memoryBytes: 2 ** 31, diskBytes: 2 ** 34, architecture: 'amd64' },
  ...{ operatingSystem: 'linux', kernelVersion: '6', osImage: 'test', machineId: 'm', bootId: 'b', hostId: 'h' },
};

interface World {
  server: FakeServer;
  clock: VirtualClock;
  logs: string[];
  addresses: ReturnType<typeof createAddresses>;
  registration: Awaited<ReturnType<typeof register>>;
  node(): Node | undefined;
  lease(): Lease | undefined;
  ready(): { status: string; message?: string } | undefined;
  /** What node IPAM does. */
  giveRange(): void;
  seconds(count: number): Promise<void>;
}

let folders = 0;

async function world(
  play: (world: World) => Promise<void>,
  { server = createFakeServer(), directory = join(folder, String(folders++)) } = {},
): Promise<void> {
  const { files, dice } = createNodePlatform();
  await files.makeDirectory(directory);
  const clock = createVirtualClock();
  const stop = new AbortController();
  const logs: string[] = [];
  const addresses = createAddresses(async () => () => {});
  const registration = await register({
    ...{ client: server.client, clock, dice, files, facts, directory, addresses, signal: stop.signal },
    ...{ name: 'edge-0', nodeIp: '192.0.2.1', labels: { zone: 'a' }, maxPods: 9, heartbeatSeconds: 10 },
    log: (level, message) => void logs.push(`${level} ${message}`),
    images: () => [{ names: ['app:v1'], sizeBytes: 7 }],
  });
  const node = () => server.objects.get(NODE) as Node | undefined;
  const settle = async () => {
    // Disk and requests are real; only time is not.
    for (let i = 0; i < 8; i++) {
      await new Promise(resolve => setTimeout(resolve, 2));
      await clock.settle();
    }
  };
  try {
    await settle();
    await play({
      ...{ server, clock, logs, addresses, registration, node },
      lease: () => server.objects.get(LEASE) as Lease | undefined,
      ready: () => node()?.status?.conditions?.find(({ type }) => type === 'Ready'),
      giveRange() {
        const current = node()!;
        const annotations = {
          ...current.metadata.annotations,
          [RANGE_ANNOTATIONS.podCidr]: DEFAULT_RANGES.podCidr,
          [RANGE_ANNOTATIONS.serviceCidr]: DEFAULT_RANGES.serviceCidr,
        };
        const metadata = { ...current.metadata, annotations };
        server.put(NODE, { ...current, metadata, spec: { ...current.spec, podCIDR: '10.244.3.0/24' } } as never);
      },
      async seconds(count) {
        const step = count > 10 ? 10 : 1;
        for (let done = 0; done < count; done += step) {
          await clock.advance(step * 1000);
          await settle();
        }
      },
    });
  } finally {
    stop.abort();
    await clock.advance(60_000);
  }
}

test('the node is made, leases its life, and is ready once it has a range of addresses', () =>
  world(async ({ node, lease, ready, giveRange, seconds, registration, addresses }) => {
    assert.is(node()?.metadata.labels?.['zone'], 'a');
    assert.is(node()?.status?.capacity?.['pods'], '9');
    assert.is(node()?.status?.nodeInfo?.['containerRuntimeVersion'], `skerry-wasm://${SKERRY_VERSION}`);
    assert.equal(node()?.status?.runtimeHandlers, [{ name: 'wasm' }, { name: 'wasmer-wasi' }]);
    assert.equal(node()?.status?.images, [{ names: ['app:v1'], sizeBytes: 7 }]);
    assert.is(ready()?.status, 'False');
    assert.match(ready()!.message!, 'no range of pod addresses yet');
    assert.is(lease()?.spec.holderIdentity, 'edge-0');
    assert.is(lease()?.metadata.ownerReferences?.[0]?.uid, node()?.metadata.uid);
    giveRange();
    await seconds(1);
    assert.is(ready()?.status, 'True');
    await registration.ready;
    assert.is(addresses.range, '10.244.3.0/24');
    assert.equal(await registration.ranges, DEFAULT_RANGES);
  }));

test('an older status never lands on a newer one', () => {
  const server = createFakeServer();
  const { patch } = server.client;
  let slow = true;
  server.client.patch = (async (...args: Parameters<typeof patch>) => {
    // The first one says that there is no range yet, and takes longer than the one that follows.
    if (args[3]?.subresource === 'status' && slow) {
      slow = false;
      await new Promise(resolve => setTimeout(resolve, 60));
    }
    return patch(...args);
  }) as typeof patch;
  return world(
    async ({ giveRange, seconds, ready }) => {
      giveRange();
      await seconds(5);
      assert.is(ready()?.status, 'True');
    },
    { server },
  );
});

test('each heartbeat renews the lease; the status is sent when it is news, or five minutes old', () =>
  world(async ({ node, lease, seconds, giveRange }) => {
    giveRange();
    await seconds(1);
    const [version, renewed] = [node()?.metadata.resourceVersion, lease()!.spec.renewTime];
    await seconds(20);
    assert.ok(Date.parse(lease()!.spec.renewTime!) - Date.parse(renewed!) >= 10_000);
    assert.is(node()?.metadata.resourceVersion, version);
    await seconds(290);
    assert.is.not(node()?.metadata.resourceVersion, version);
  }));

test('a node that was judged while its agent was late says at once that it is alive', () =>
  world(async ({ server, node, ready, seconds, giveRange }) => {
    giveRange();
    await seconds(5);
    const { status, ...rest } = node()!;
    const conditions = status!.conditions!.map(condition => ({ ...condition, status: 'Unknown' as const }));
    server.put(NODE, { ...rest, status: { ...status, conditions } } as never);
    assert.is(ready()?.status, 'Unknown');
    await seconds(5);
    assert.is(ready()?.status, 'True');
    const version = node()!.metadata.resourceVersion;
    await seconds(20);
    assert.is(node()!.metadata.resourceVersion, version);
  }));

test('a node that somebody deleted comes back; so does its lease', () =>
  world(async ({ server, node, lease, seconds }) => {
    const { uid } = node()!.metadata;
    server.drop(NODE);
    await seconds(1);
    assert.ok(node());
    assert.is.not(node()!.metadata.uid, uid);
    server.drop(LEASE);
    await seconds(10);
    assert.ok(lease());
  }));

test('a server that is away is waited for; nothing ends meanwhile', () => {
  const server = createFakeServer();
  server.reachable(false);
  return world(
    async ({ node, logs, seconds, ready, giveRange }) => {
      await seconds(7);
      assert.is(node(), undefined);
      assert.ok(logs.includes('info this node could not be registered yet'));
      server.reachable(true);
      await seconds(7);
      assert.ok(node());
      giveRange();
      await seconds(1);
      server.reachable(false);
      await seconds(25);
      assert.ok(logs.includes('warn a heartbeat was not taken'));
      server.reachable(true);
      await seconds(10);
      assert.is(ready()?.status, 'True');
    },
    { server },
  );
});

test('a node that is there is taken over: labels of its flags, not the end of what others wrote', () => {
  const server = createFakeServer();
  const metadata = { name: 'edge-0', uid: 'first', labels: { zone: 'b', mine: 'kept' } };
  server.put(NODE, { apiVersion: 'v1', kind: 'Node', metadata, spec: { taints: [{ key: 'x' }] } } as never);
  return world(
    async ({ node }) => {
      assert.is(node()!.metadata.uid, 'first');
      assert.equal(
        [node()!.metadata.labels?.['zone'], node()!.metadata.labels?.['mine'], node()!.spec],
        ['a', 'kept', { taints: [{ key: 'x' }] }],
      );
    },
    { server },
  );
});

test('its last word is that it is not ready', () =>
  world(async ({ ready, giveRange, seconds, registration, lease }) => {
    giveRange();
    await seconds(1);
    await registration.stop();
    assert.equal([ready()?.status, ready()?.message], ['False', 'node is shutting down']);
    const { renewTime } = lease()!.spec;
    await seconds(30);
    assert.is(lease()!.spec.renewTime, renewTime);
  }));

test('the ranges are known without a server the next time, unless what was kept is damaged', async () => {
  const directory = join(folder, 'kept');
  await world(
    async ({ giveRange, seconds }) => {
      giveRange();
      await seconds(1);
      await until('kept on disk', () => existsSync(join(directory, 'ranges.json')));
    },
    { directory },
  );
  const server = createFakeServer();
  server.reachable(false);
  await world(
    async ({ addresses, registration }) => {
      assert.is(addresses.range, '10.244.3.0/24');
      assert.equal(await registration.ranges, DEFAULT_RANGES);
    },
    { server, directory },
  );
  await createNodePlatform().files.replace(join(directory, 'ranges.json'), Buffer.from('{"node'));
  await world(
    async ({ addresses, logs }) => {
      assert.is(addresses.range, undefined);
      assert.ok(logs.includes('warn the ranges of addresses cannot be read back'));
    },
    { server, directory },
  );
});

test.run();
