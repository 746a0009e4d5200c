/**
 * Deployment and ReplicaSet under a virtual clock, late watches, dying pods, and crashes right after any write: they end
 * where they should, and on the way never make a pod too many. Seeded; a failure names its seed.
 */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isPodActive, isPodReady } from '../../../control/client/pod-state.ts';
import { runController } from '../../../control/controllers/controller.ts';
import { deploymentController } from '../../../control/controllers/deployment-controller.ts';
import { replicasOf } from '../../../control/controllers/deployment-replica-sets.ts';
import { boundsOf } from '../../../control/controllers/deployment-rolling.ts';
import { createInformers } from '../../../control/controllers/informers.ts';
import { replicaSetController } from '../../../control/controllers/replica-set-controller.ts';
import type { Deployment } from '../../../control/kinds/deployment.ts';
import type { Pod } from '../../../control/kinds/pod.ts';
import type { ReplicaSet } from '../../../control/kinds/replica-set.ts';
import { controllerOf, timestamp } from '../../../control/machinery/meta.ts';
import { DEPLOYMENTS, EVENTS, PODS, REPLICA_SETS } from '../../../control/machinery/resources.ts';
import { createFakeApi, type FakeApi } from '../../lib/fake-api.ts';
import { random } from '../../lib/random.ts';
import { createVirtualClock } from '../../lib/virtual-clock.ts';

const test = suite('controllers/convergence');
const RUNS = 60;

interface World {
  api: FakeApi;
  clock: ReturnType<typeof createVirtualClock>;
  chance: ReturnType<typeof random>;
  /** Makes pods ready, as an agent would. */
  serve(): Promise<void>;
  stop(): Promise<void>;
}

/** Controllers that die with probability `crashes` after each write, and begin again. */
function begin(seed: number, crashes: number): World {
  const chance = random(seed);
  const clock = createVirtualClock();
  const api = createFakeApi(clock, chance);
  const dice = { random: chance.next, bytes: (n: number) => new Uint8Array(n), uuid: () => '' };
  let life = new AbortController();
  let over = false;
  const running: Promise<unknown>[] = [];
  const start = () => {
    const mine = new AbortController();
    life = mine;
    const client = { ...api.client };
    const common = { client, clock, dice, log: () => {}, signal: mine.signal };
    const context = { ...common, informers: createInformers(common) };
    for (const controller of [deploymentController(context), replicaSetController(context)])
      running.push(runController(controller, context));
  };
  const guard = api.onWrite;
  const crash = () => {
    if (over || life.signal.aborted || !chance.chance(crashes)) return;
    life.abort(new Error('crash'));
    clock.after(chance.below(500), start);
    throw new Error('crash');
  };
  api.onWrite = (verb, resource, object) => {
    guard(verb, resource, object);
    if (resource !== EVENTS) crash();
  };
  start();
  return {
    api,
    clock,
    chance,
    async serve() {
      over = true;
      for (const pod of api.all<Pod>(PODS)) {
        if (isPodReady(pod) || !chance.chance(0.7)) continue;
        const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: timestamp(clock.now()) }];
        await api.client.patch(PODS, pod.metadata, { status: { phase: 'Running', conditions } }, { type: 'merge' });
      }
      over = false;
    },
    async stop() {
      over = true;
      life.abort();
      await clock.advance(1_000);
    },
  };
}

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image, resources: {} }] },
});
const selector = { matchLabels: { app: 'web' } };

const activeOf = (api: FakeApi, uid: string): Pod[] =>
  api.all<Pod>(PODS).filter(pod => isPodActive(pod) && controllerOf(pod)?.uid === uid);

const seeds = fc.record({
  seed: fc.integer(),
  replicas: fc.integer({ min: 1, max: 12 }),
  crashes: fc.constantFrom(0, 0.05, 0.3),
});

test('a ReplicaSet never has a pod too many, whatever dies', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, async ({ seed, replicas, crashes }) => {
      const world = begin(seed, crashes);
      const { api, clock, chance } = world;
      const set = {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'web', namespace: 'default' },
        spec: { replicas, selector, template: template('v1') },
      };
      const inner = api.onWrite;
      const tooMany: number[] = [];
      api.onWrite = (verb, resource, object) => {
        if (resource === PODS && verb === 'create') {
          const active = activeOf(api, controllerOf(object)!.uid).length;
          if (active > replicas) tooMany.push(active);
        }
        inner(verb, resource, object);
      };
      await api.client.create(REPLICA_SETS, set as ReplicaSet).catch(() => {});
      for (let round = 0; round < 15; round++) {
        await clock.advance(chance.below(200));
        await world.serve();
        const victim = api.all<Pod>(PODS)[chance.below(20)];
        if (victim) await api.client.delete(PODS, victim.metadata).catch(() => {});
      }
      await clock.advance(200_000);
      await world.serve();
      await clock.advance(200_000);
      const { metadata } = api.all<ReplicaSet>(REPLICA_SETS)[0]!;
      const end = activeOf(api, metadata.uid!).length;
      await world.stop();
      assert.equal([tooMany, end], [[], replicas]);
    }),
    { numRuns: RUNS },
  );
});

test('a Deployment ends with the new version only, and on the way keeps to maxSurge and maxUnavailable', async () => {
  const shapes = fc.record({
    seed: fc.integer(),
    replicas: fc.integer({ min: 1, max: 8 }),
    crashes: fc.constantFrom(0, 0.05, 0.2),
    maxSurge: fc.constantFrom<number | string>(0, 1, 3, '25%', '100%'),
    maxUnavailable: fc.constantFrom<number | string>(0, 1, '25%', '50%'),
  });
  await fc.assert(
    fc.asyncProperty(shapes, async ({ seed, replicas, crashes, maxSurge, maxUnavailable }) => {
      const world = begin(seed, crashes);
      const { api, clock, chance } = world;
      const key = { namespace: 'default', name: 'web' };
      const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
      const deployment = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: key,
        spec: { replicas, selector, strategy, template: template('v1') },
      } as Deployment;
      const bounds = boundsOf(deployment);
      await api.client.create(DEPLOYMENTS, deployment).catch(() => {});
      const settle = async () => {
        for (let round = 0; round < 40; round++) {
          await clock.advance(chance.below(400));
          await world.serve();
        }
        await clock.advance(150_000);
        await world.serve();
        await clock.advance(150_000);
      };
      await settle();
      const broken: string[] = [];
      const inner = api.onWrite;
      api.onWrite = (verb, resource, object) => {
        const wanted = replicasOf(api.all<ReplicaSet>(REPLICA_SETS));
        if (wanted > replicas + bounds.maxSurge) broken.push(`${wanted} pods asked for`);
        if (verb === 'delete') {
          const available = api.all<Pod>(PODS).filter(isPodReady).length;
          if (available < replicas - bounds.maxUnavailable) broken.push(`${available} available`);
        }
        inner(verb, resource, object);
      };
      await api.client
        .patch(DEPLOYMENTS, key, { spec: { template: template('v2') } }, { type: 'merge' })
        .catch(() => {});
      for (let again = 0; again < 4; again++) await settle();
      const images = api.all<Pod>(PODS).map(pod => pod.spec.containers[0]!.image);
      const { status } = api.all<Deployment>(DEPLOYMENTS)[0]!;
      await world.stop();
      assert.equal(broken, []);
      assert.equal(images, Array(replicas).fill('v2'));
      assert.equal(
        [status?.updatedReplicas, status?.availableReplicas, status?.replicas],
        [replicas, replicas, replicas],
      );
      const sets = api.all<ReplicaSet>(REPLICA_SETS);
      assert.is(sets.length, 2, 'one set for each version');
    }),
    { numRuns: RUNS },
  );
});

test.run();
