/** Time and nodes: silence, returning, and a control plane that was itself away. Virtual clock, API in memory. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { microTime } from '../../../control/client/leader-election.ts';
import { runController } from '../../../control/controllers/controller.ts';
import { createInformers } from '../../../control/controllers/informers.ts';
import { nodeLifecycleController } from '../../../control/controllers/node-lifecycle.ts';
import type { Node } from '../../../control/kinds/node.ts';
import type { Pod } from '../../../control/kinds/pod.ts';
import { conditionOf } from '../../../control/machinery/conditions.ts';
import { timestamp } from '../../../control/machinery/meta.ts';
import { LEASES, NODES, PODS } from '../../../control/machinery/resources.ts';
import { createFakeApi } from '../../lib/fake-api.ts';
import { random } from '../../lib/random.ts';
import { createVirtualClock } from '../../lib/virtual-clock.ts';

const test = suite('controllers/node-lifecycle');
const GRACE_MS = 40_000;

async function begin() {
  const clock = createVirtualClock();
  const api = createFakeApi(clock, random(1));
  const { client } = api;
  const alive = new Set(['n1', 'n2']);
  for (const name of alive) {
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: timestamp(clock.now()) }];
    await client.create(NODES, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      spec: {},
      status: { conditions },
    } as Node);
    await client.create(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'kube-node-lease', name },
      spec: {},
    } as never);
    const tolerations = [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', tolerationSeconds: 60 }];
    const ready = [{ type: 'Ready', status: 'True' }];
    await client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name: `on-${name}` },
      spec: { nodeName: name, containers: [], tolerations },
      status: { phase: 'Running', conditions: ready },
    } as Pod);
  }
  const renew = async () => {
    for (const name of alive)
      await client.patch(
        LEASES,
        { namespace: 'kube-node-lease', name },
        { spec: { renewTime: microTime(clock.now()) } },
        { type: 'merge' },
      );
    clock.after(10_000, () => void renew());
  };
  await renew();
  const start = () => {
    const life = new AbortController();
    const dice = { random: () => 0.5, bytes: (n: number) => new Uint8Array(n), uuid: () => '' };
    const common = { client, clock, dice, log: () => {}, signal: life.signal };
    const context = { ...common, informers: createInformers(common) };
    void runController(nodeLifecycleController(context, GRACE_MS), context);
    return () => life.abort();
  };
  const state = (name: string) => {
    const node = api.all<Node>(NODES).find(({ metadata }) => metadata.name === name)!;
    return [conditionOf(node.status?.conditions, 'Ready')?.status, node.spec.taints?.length ?? 0];
  };
  const pods = () =>
    api
      .all<Pod>(PODS)
      .map(pod => `${pod.metadata.name} ${pod.status?.conditions?.find(c => c.type === 'Ready')?.status}`);
  return { clock, client, alive, start, state, pods };
}

test('a silent node is Unknown after the grace period, its pods leave after their toleration', async () => {
  const { clock, alive, start, state, pods } = await begin();
  const stop = start();
  await clock.advance(100_000);
  assert.equal(
    [state('n1'), state('n2')],
    [
      ['True', 0],
      ['True', 0],
    ],
  );
  alive.delete('n2');
  await clock.advance(35_000);
  assert.equal(state('n2'), ['True', 0]);
  await clock.advance(20_000);
  assert.equal(state('n2'), ['Unknown', 2]);
  assert.equal(pods(), ['on-n1 True', 'on-n2 False']);
  await clock.advance(30_000);
  assert.is(pods().length, 2);
  await clock.advance(30_000);
  assert.equal(pods(), ['on-n1 True']);
  stop();
});

test('a control plane that was away for an hour accuses nobody', async () => {
  const { clock, alive, start, state, pods } = await begin();
  const stop = start();
  await clock.advance(20_000);
  stop();
  alive.clear();
  await clock.advance(3_600_000);
  const stopAgain = start();
  await clock.advance(20_000);
  assert.equal(
    [state('n1'), state('n2')],
    [
      ['True', 0],
      ['True', 0],
    ],
  );
  alive.add('n1').add('n2');
  await clock.advance(120_000);
  assert.equal([state('n1'), state('n2'), pods().length], [['True', 0], ['True', 0], 2]);
  stopAgain();
});

test('when every node is silent, they are Unknown but nobody is evicted', async () => {
  const { clock, alive, start, state, pods } = await begin();
  const stop = start();
  await clock.advance(20_000);
  alive.clear();
  await clock.advance(1_000_000);
  assert.equal([state('n1')[0], state('n2')[0]], ['Unknown', 'Unknown']);
  assert.is(pods().length, 2);
  stop();
});

test.run();
