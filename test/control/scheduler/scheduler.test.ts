/** The scheduler on the real API: pods get nodes, wait with reasons, and go on when room is made. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Client } from '../../../control/client/client.ts';
import type { Pod } from '../../../control/kinds/pod.ts';
import { conditionOf } from '../../../control/machinery/conditions.ts';
import { EVENTS, NODES, PODS } from '../../../control/machinery/resources.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { startScheduler } from '../../../control/scheduler/scheduler.ts';
import { ADMIN, startTestServer } from '../../lib/api-server.ts';
import { inProcessClient } from '../../lib/in-process-client.ts';

const test = suite('scheduler/scheduler');

function scene(name: string, play: (client: Client) => Promise<void>): void {
  test(name, async () => {
    const server = await startTestServer();
    const ending = new AbortController();
    const wrong: string[] = [];
    const client = inProcessClient(server, ADMIN);
    const scheduling = startScheduler({
      ...createNodePlatform(),
      client: inProcessClient(server, { name: 'system:kube-scheduler', groups: ['system:authenticated'] }),
      log: (level, message) => level !== 'debug' && wrong.push(message),
      signal: ending.signal,
    });
    try {
      await play(client);
    } finally {
      ending.abort();
      await scheduling;
      await server.close();
    }
    assert.equal(wrong, []);
  });
}

const addNode = async (client: Client, name: string, cpu = '1') => {
  const quantities = { cpu, memory: '4Gi', pods: '110' };
  await client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: {} } as never);
  const status = { allocatable: quantities, capacity: quantities };
  await client.patch(NODES, { name }, { status }, { type: 'merge', subresource: 'status' });
  await client.patch(NODES, { name }, { spec: { taints: null } }, { type: 'merge' });
};

const addPod = (client: Client, name: string, spec: object = {}, cpu = '600m') =>
  client.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'main', image: 'x', resources: { requests: { cpu } } }], ...spec },
  } as Pod);

async function until(what: string, look: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + 5_000;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

const nodeOf = async (client: Client, name: string) =>
  (await client.get<Pod>(PODS, { namespace: 'default', name })).spec.nodeName;

scene('a pod that fits nowhere says why, and goes when another makes room', async client => {
  await addNode(client, 'edge-0');
  await addPod(client, 'first');
  await until('first is bound', () => nodeOf(client, 'first'));
  await addPod(client, 'second');
  const message =
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
  await until('second waits', async () => {
    const pod = await client.get<Pod>(PODS, { namespace: 'default', name: 'second' });
    const condition = conditionOf(pod.status?.conditions, 'PodScheduled');
    return condition?.status === 'False' && condition.reason === 'Unschedulable' && condition.message === message;
  });
  await until('event', async () =>
    (await client.list<Pod & { reason: string; message: string }>(EVENTS)).items.some(
      event => event.reason === 'FailedScheduling' && event.message === message,
    ),
  );
  await client.delete(PODS, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 });
  await until('second is bound', () => nodeOf(client, 'second'));
  const pod = await client.get<Pod>(PODS, { namespace: 'default', name: 'second' });
  assert.is(conditionOf(pod.status?.conditions, 'PodScheduled')?.status, 'True');
});

scene('a pod without any node waits for the first', async client => {
  await addPod(client, 'early');
  await new Promise(resolve => setTimeout(resolve, 50));
  await addNode(client, 'edge-0');
  await until('bound', () => nodeOf(client, 'early'));
});

scene('higher priority goes first; other schedulers’ pods and gated pods are left alone', async client => {
  await addPod(client, 'foreign', { schedulerName: 'somebody-else' }, '1m');
  await addPod(client, 'gated', { schedulingGates: [{ name: 'example.com/wait' }] }, '1m');
  await addPod(client, 'plain', {}, '1m');
  await addNode(client, 'edge-0');
  await until('bound', () => nodeOf(client, 'plain'));
  assert.is(await nodeOf(client, 'foreign'), undefined);
  assert.is(await nodeOf(client, 'gated'), undefined);
  await client.patch(
    PODS,
    { namespace: 'default', name: 'gated' },
    { spec: { schedulingGates: null } },
    { type: 'merge' },
  );
  await until('gate opened', () => nodeOf(client, 'gated'));
});

scene('a hundred pods at once never overfill a node', async client => {
  for (const name of ['edge-0', 'edge-1']) await addNode(client, name, '4');
  await Promise.all(Array.from({ length: 100 }, (_, i) => addPod(client, `p${i}`, {}, '100m')));
  const bound = async () => (await client.list<Pod>(PODS)).items.filter(pod => pod.spec.nodeName);
  await until('eighty bound', async () => (await bound()).length >= 80);
  await new Promise(resolve => setTimeout(resolve, 100));
  const nodes = (await bound()).map(pod => pod.spec.nodeName);
  assert.equal([nodes.filter(n => n === 'edge-0').length, nodes.filter(n => n === 'edge-1').length], [40, 40]);
});

test.run();
