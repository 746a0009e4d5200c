/** Plans of ReplicaSet and Deployment as scenes: a world goes in, actions come out, written in one line each. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { planDeployment } from '../../../control/controllers/deployment.ts';
import { shrinkOldSets } from '../../../control/controllers/deployment-rolling.ts';
import { resizeAll } from '../../../control/controllers/deployment-scale.ts';
import { inDeletionOrder } from '../../../control/controllers/pod-deletion-order.ts';
import { planReplicaSet } from '../../../control/controllers/replica-set.ts';
import type { Deployment } from '../../../control/kinds/deployment.ts';
import type { Pod } from '../../../control/kinds/pod.ts';
import type { ReplicaSet } from '../../../control/kinds/replica-set.ts';
import { ago, deployment, NOW, pod, replicaSet, words } from './world.ts';

const test = suite('controllers/workload-plans');

test('ReplicaSet: adopts, lets go, counts only active pods', () => {
  const set = replicaSet('rs', 2);
  const pods = [
    pod('mine', { owner: 'rs', ready: true }),
    pod('orphan'),
    pod('other', { owner: 'x' }),
    pod('strange', { owner: 'rs', labels: { app: 'db' } }),
    pod('ending', { owner: 'rs', deleting: true }),
    pod('done', { owner: 'rs', phase: 'Succeeded' }),
  ];
  const plan = planReplicaSet({ set, pods, related: pods, now: NOW });
  assert.equal(words(plan.claims), ['patch pods orphan', 'patch pods strange']);
  assert.equal([plan.creations.length, plan.deletions.length], [0, 0]);
  const more = planReplicaSet({ set: replicaSet('rs', 5), pods, related: pods, now: NOW });
  assert.equal(words(more.creations), ['create pods rs-', 'create pods rs-', 'create pods rs-']);
  const leaving = { ...replicaSet('rs', 0), metadata: { ...set.metadata, deletionTimestamp: ago(1) } };
  assert.equal(planReplicaSet({ set: leaving, pods, related: pods, now: NOW }).deletions, []);
});

test('ReplicaSet: a pod is available only after minReadySeconds, and the plan says when to look again', () => {
  const set = replicaSet('rs', 1);
  set.spec.minReadySeconds = 30;
  const plan = planReplicaSet({ set, pods: [pod('a', { owner: 'rs', ready: 10 })], related: [], now: NOW });
  assert.is(plan.againAfterMs, 20_000);
  const [status] = plan.status as unknown as [
    { patch: { status: { availableReplicas: number; readyReplicas: number } } },
  ];
  assert.equal([status.patch.status.readyReplicas, status.patch.status.availableReplicas], [1, 0]);
});

test('pods go in Kubernetes’ order', () => {
  const pods = [
    pod('old-ready', { ready: 10_000, age: 20_000, node: 'n2' }),
    pod('young-ready', { ready: 5, age: 20, node: 'n3' }),
    pod('restarted', { ready: 5, restarts: 3, age: 20_000, node: 'n4' }),
    pod('not-ready', { node: 'n5' }),
    pod('pending', { phase: 'Pending', node: 'n6' }),
    pod('unbound', { phase: 'Pending', node: '' }),
    pod('cheap', { ready: 10_000, cost: '-5', node: 'n7' }),
    pod('twin-a', { ready: 10_000, age: 20_000 }),
    pod('twin-b', { ready: 10_000, age: 20_000 }),
  ];
  const order = inDeletionOrder(pods, pods, NOW).map(({ metadata }) => metadata.name);
  assert.is(order.length, 9);
  assert.equal(order.slice(0, 6), ['unbound', 'pending', 'not-ready', 'cheap', 'twin-a', 'restarted']);
  assert.is(order[6], 'young-ready');
});

test('what is left after scaling down stays spread', () => {
  const pods = ['a1', 'a2', 'a3', 'b1', 'b2'].map(name => pod(name, { node: name[0], ready: true }));
  const left = inDeletionOrder(pods, pods, NOW)
    .slice(3)
    .map(({ spec }) => spec.nodeName);
  assert.equal(left.sort(), ['a', 'b']);
});

const plan = (d: Deployment, sets: ReplicaSet[], pods: Pod[] = []) =>
  words(
    planDeployment({
      deployment: d,
      sets,
      podsOf: set => pods.filter(p => p.metadata.ownerReferences?.[0]?.uid === set.metadata.uid),
      setNamed: () => undefined,
      now: NOW,
    }).actions,
  ).filter(line => !line.includes('/status'));

test('Deployment: step by step', () => {
  const d = deployment(4);
  assert.match(plan(d, [])[0]!, /^create replicasets web-/);
  const old = replicaSet('old', 4, { revision: 1, noted: 4 });
  assert.match(plan(d, [old])[0]!, /^create replicasets web-/);
  const fresh = replicaSet('new', 1, { image: 'v2', revision: 2, noted: 4, max: 5, available: 0, age: 5 });
  assert.equal(plan(d, [old, fresh]), ['patch replicasets old'], 'one may be missing (25 % of 4): an old one goes');
  assert.equal(plan(deployment(4, { paused: true }), [old, { ...fresh }]), [], 'paused: nothing rolls');
  const recreate = deployment(4, { strategy: { type: 'Recreate' } });
  assert.equal(plan(recreate, [old]), ['patch replicasets old']);
  const emptied = replicaSet('old', 0, { noted: 4 });
  assert.equal(
    plan(recreate, [emptied], [pod('last', { owner: 'old', deleting: true })]),
    [],
    'an old pod is still there',
  );
  assert.match(plan(recreate, [emptied])[0]!, /^create replicasets web-/);
});

test('Deployment: history beyond the limit goes, oldest first', () => {
  const d = deployment(1, { revisionHistoryLimit: 1 });
  d.metadata.annotations = { 'deployment.kubernetes.io/revision': '4' };
  const sets = [
    replicaSet('new', 1, { image: 'v2', revision: 4, max: 2 }),
    ...[1, 2, 3].map(n => replicaSet(`r${n}`, 0, { revision: n, image: `x${n}` })),
  ];
  assert.equal(plan(d, sets), ['delete replicasets r1', 'delete replicasets r2']);
});

test('Deployment: broken old pods go before good ones', () => {
  const d = deployment(10, { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 2 } } });
  const broken = replicaSet('broken', 3, { available: 0, age: 50 });
  const good = replicaSet('good', 5, { age: 100 });
  const fresh = replicaSet('new', 2, { image: 'v2' });
  const sizes = shrinkOldSets(d, fresh, [good, broken]).map(({ set, replicas }) => [set.metadata.name, replicas]);
  assert.equal(sizes, [['broken', 1]]);
});

test('Deployment: a change of size in the middle of a rollout is shared out', () => {
  const d = deployment(20, { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } });
  const old = replicaSet('old', 6, { noted: 10, max: 10, available: 6 });
  const fresh = replicaSet('new', 4, { image: 'v2', noted: 10, max: 10, available: 4 });
  assert.equal(
    resizeAll(d, fresh, [old, fresh]).map(({ set, replicas }) => [set.metadata.name, replicas]),
    [
      ['old', 12],
      ['new', 8],
    ],
  );
});

test.run();
