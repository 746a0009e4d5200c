/** Plans as scenes: a world goes in, actions come out, written in one line each. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Deployment, Node, Pod, ReplicaSet, Service } from '../../../control/client/objects.ts';
import type { Action } from '../../../control/controllers/actions.ts';
import { approvalMessage, type CertificateSigningRequest } from '../../../control/controllers/csr-approve-sign.ts';
import { planDeployment } from '../../../control/controllers/deployment.ts';
import { shrinkOldSets } from '../../../control/controllers/deployment-rolling.ts';
import { resizeAll } from '../../../control/controllers/deployment-scale.ts';
import { type EndpointSlice, planEndpointSlices } from '../../../control/controllers/endpoint-slice.ts';
import { planGarbage, type Thing } from '../../../control/controllers/garbage.ts';
import { planEvictions } from '../../../control/controllers/node-eviction.ts';
import { planNodeHealth } from '../../../control/controllers/node-health.ts';
import { freeBlock } from '../../../control/controllers/node-ipam.ts';
import { inDeletionOrder } from '../../../control/controllers/pod-deletion-order.ts';
import { whyRemoved } from '../../../control/controllers/pod-gc.ts';
import { planReplicaSet } from '../../../control/controllers/replica-set.ts';
import { timestamp } from '../../../control/machinery/meta.ts';

const test = suite('controllers/plans');
const NOW = Date.parse('2026-01-01T12:00:00Z');
const ago = (seconds: number) => timestamp(NOW - seconds * 1000);

const words = (actions: readonly Action[]): string[] =>
  actions.map(action => {
    if (action.type === 'event') return `say ${action.reason}`;
    const name =
      'object' in action ? action.object.metadata.name || action.object.metadata.generateName : action.key.name;
    return `${action.type} ${action.resource.resource}${'subresource' in action && action.subresource ? `/${action.subresource}` : ''} ${name}`;
  });

interface PodParts {
  node?: string;
  phase?: string;
  ready?: boolean | number;
  deleting?: boolean;
  owner?: string;
  labels?: Record<string, string>;
  cost?: string;
  restarts?: number;
  age?: number;
  ip?: string;
  tolerations?: Pod['spec']['tolerations'];
}

const pod = (name: string, parts: PodParts = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    labels: parts.labels ?? { app: 'web' },
    annotations: parts.cost ? { 'controller.kubernetes.io/pod-deletion-cost': parts.cost } : {},
    creationTimestamp: ago(parts.age ?? 100),
    deletionTimestamp: parts.deleting ? ago(1) : undefined,
    ownerReferences:
      parts.owner === undefined
        ? undefined
        : [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: parts.owner, uid: parts.owner, controller: true }],
  },
  spec: {
    nodeName: parts.node ?? 'n1',
    containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }],
    tolerations: parts.tolerations,
  },
  status: {
    phase: parts.phase ?? 'Running',
    podIP: parts.ip,
    conditions: parts.ready
      ? [{ type: 'Ready', status: 'True', lastTransitionTime: ago(typeof parts.ready === 'number' ? parts.ready : 60) }]
      : [],
    containerStatuses: [{ name: 'main', restartCount: parts.restarts ?? 0 }],
  },
});

const replicaSet = (
  name: string,
  replicas: number,
  parts: {
    available?: number;
    image?: string;
    owner?: string;
    noted?: number;
    max?: number;
    age?: number;
    revision?: number;
  } = {},
): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    labels: { app: 'web' },
    generation: 1,
    resourceVersion: '1',
    creationTimestamp: ago(parts.age ?? 100),
    annotations: {
      'deployment.kubernetes.io/revision': String(parts.revision ?? 1),
      'deployment.kubernetes.io/desired-replicas': String(parts.noted ?? replicas),
      'deployment.kubernetes.io/max-replicas': String(parts.max ?? replicas + 1),
    },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: parts.owner ?? 'web', controller: true },
    ],
  },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template(parts.image ?? 'v1') },
  status: {
    replicas,
    readyReplicas: parts.available ?? replicas,
    availableReplicas: parts.available ?? replicas,
    observedGeneration: 1,
  },
});

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image }] },
});

const deployment = (replicas: number, spec: Partial<Deployment['spec']> = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'web',
    generation: 2,
    annotations: { 'deployment.kubernetes.io/revision': '2' },
  },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template('v2'), ...spec },
});

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

const service = (spec: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', uid: 'svc' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
});
const slices = (pods: Pod[], existing: EndpointSlice[] = [], spec = {}) =>
  planEndpointSlices({ service: service(spec), pods, slices: existing, node: () => undefined });
const created = (actions: Action[]) => actions.flatMap(a => (a.type === 'create' ? [a.object as EndpointSlice] : []));

test('EndpointSlice: conditions tell ready, serving and terminating apart', () => {
  const [slice] = created(
    slices([
      pod('a', { ip: '10.1', ready: true }),
      pod('b', { ip: '10.2' }),
      pod('c', { ip: '10.3', ready: true, deleting: true }),
      pod('d', { ip: '10.4', phase: 'Failed' }),
      pod('e'),
    ]),
  );
  assert.equal(
    slice!.endpoints.map(({ addresses, conditions: { ready, serving, terminating } }) => [
      addresses[0],
      ready,
      serving,
      terminating,
    ]),
    [
      ['10.1', true, true, false],
      ['10.2', false, false, false],
      ['10.3', false, true, true],
    ],
  );
  assert.equal(
    slice!.ports?.map(({ port }) => port),
    [8080],
  );
  const [open] = created(slices([pod('b', { ip: '10.2' })], [], { publishNotReadyAddresses: true }));
  assert.ok(open!.endpoints[0]!.conditions.ready);
});

test('EndpointSlice: at most 100 in one; a change touches only the slice that has the pod', () => {
  const pods = Array.from({ length: 250 }, (_, i) => pod(`p${i}`, { ip: `10.0.0.${i}`, ready: true }));
  const made = created(slices(pods)).map(slice => ({
    ...slice,
    metadata: { ...slice.metadata, uid: slice.metadata.name },
  }));
  assert.equal(
    made.map(slice => slice.endpoints.length),
    [100, 100, 50],
  );
  assert.is(new Set(made.map(slice => slice.metadata.name)).size, 3);
  assert.equal(slices(pods, made), [], 'settled');
  const changed = pods.with(120, pod('p120', { ip: '10.0.0.120' }));
  assert.equal(words(slices(changed, made)), [`patch endpointslices ${made[1]!.metadata.name}`]);
  assert.equal(
    words(slices(pods.slice(0, 100), made)).sort(),
    made
      .slice(1)
      .map(({ metadata }) => `delete endpointslices ${metadata.name}`)
      .sort(),
  );
  assert.is(created(slices([]))[0]!.endpoints.length, 0, 'nobody is there, and that is said');
});

const node = (ready: string | undefined, spec: Node['spec'] = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1', uid: 'n1', resourceVersion: '1' },
  spec,
  status: { conditions: ready ? [{ type: 'Ready', status: ready }] : [] },
});
const unreachable = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: ago(60) };

test('Node: silence means Unknown, taints, and pods that are not ready; a word takes it all back', () => {
  const pods = [pod('a', { ready: true }), pod('b')];
  assert.equal(words(planNodeHealth({ node: node('True'), pods, silent: false, now: NOW })), []);
  assert.equal(words(planNodeHealth({ node: node('True'), pods, silent: true, now: NOW })), [
    'patch nodes n1',
    'patch nodes/status n1',
    'say NodeNotReady',
    'patch pods/status a',
    'say NodeNotReady',
  ]);
  const back = planNodeHealth({
    node: node('True', { taints: [unreachable, { key: 'mine', effect: 'NoSchedule' }] }),
    pods,
    silent: false,
    now: NOW,
  });
  assert.equal((back[0] as { patch: { spec: Node['spec'] } }).patch.spec.taints, [
    { key: 'mine', effect: 'NoSchedule' },
  ]);
});

test('Node: pods are evicted when their toleration has run out, never before we have watched long enough', () => {
  const tolerant = (tolerationSeconds?: number) => [{ key: unreachable.key, operator: 'Exists', tolerationSeconds }];
  const pods = [
    pod('none'),
    pod('short', { tolerations: tolerant(30) }),
    pod('long', { tolerations: tolerant(300) }),
    pod('ever', { tolerations: tolerant() }),
  ];
  const look = (notBefore: number, anyNodeReady = true) => {
    const { actions, againAfterMs } = planEvictions({
      node: node('Unknown', { taints: [unreachable] }),
      pods,
      now: NOW,
      notBefore,
      anyNodeReady,
    });
    return [words(actions).filter(line => line.startsWith('delete')), againAfterMs];
  };
  assert.equal(look(0), [['delete pods none', 'delete pods short'], 240_000]);
  assert.equal(look(NOW + 40_000), [[], 40_000], 'the control plane has just come back');
  assert.equal(look(0, false), [[], undefined], 'nobody is ready: then it is us');
});

const thing = (uid: string, parts: Partial<Thing> = {}): Thing => ({
  uid,
  resource: { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true },
  key: { namespace: 'default', name: uid },
  owners: [],
  finalizers: [],
  deleting: false,
  ...parts,
});
const owned = (...uids: string[]) =>
  uids.map(uid => ({ apiVersion: 'v1', kind: 'Pod', name: uid, uid, blockOwnerDeletion: true }));

test('garbage: background, foreground, orphan', () => {
  const collect = (t: Thing, dependents: Thing[] = [], states: Record<string, 'present' | 'leaving' | 'gone'> = {}) =>
    planGarbage({ thing: t, dependents, owner: ({ uid }) => states[uid]! });
  const child = thing('child', { owners: owned('a') });
  assert.equal(words(collect(child, [], { a: 'present' })), []);
  assert.equal(words(collect(child, [], { a: 'gone' })), ['delete pods child']);
  const shared = thing('child', { owners: owned('a', 'b') });
  assert.equal(words(collect(shared, [], { a: 'gone', b: 'present' })), ['patch pods child']);
  const foreground = thing('a', { deleting: true, finalizers: ['foregroundDeletion'] });
  assert.equal(words(collect(foreground, [child])), [], 'waits for what blocks it');
  assert.equal(words(collect(foreground, [])), ['patch pods a']);
  const [deletion] = collect(child, [thing('grandchild')], { a: 'leaving' });
  assert.equal((deletion as { options: unknown }).options, { propagationPolicy: 'Foreground' });
  const orphaning = thing('a', { deleting: true, finalizers: ['orphan'] });
  assert.equal(words(collect(orphaning, [child])), ['patch pods child', 'patch pods a']);
});

test('pod GC: who is removed', () => {
  assert.is(whyRemoved(pod('a'), undefined), 'node gone');
  assert.is(whyRemoved(pod('a'), node('Unknown')), undefined, 'silence is no reason');
  assert.is(whyRemoved(pod('a', { node: '', deleting: true }), undefined), 'never scheduled');
  const out = node('Unknown', { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] });
  assert.is(whyRemoved(pod('a', { deleting: true }), out), 'out of service');
});

test('node addresses: the lowest block that is free', () => {
  assert.is(freeBlock(new Set(), '10.244.0.0/16'), '10.244.0.0/24');
  assert.is(freeBlock(new Set(['10.244.0.0/24', '10.244.2.0/24']), '10.244.0.0/16'), '10.244.1.0/24');
  assert.is(freeBlock(new Set(['10.9.0.0/24']), '10.9.0.0/24'), undefined);
});

test('certificates: nodes for themselves, bootstrappers for nodes, nobody else', () => {
  const csr = (spec: Partial<CertificateSigningRequest['spec']>): CertificateSigningRequest => ({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'csr' },
    spec: { request: '', signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['client auth'], ...spec },
  });
  const request = (user: string, groups = ['system:nodes'], dns: string[] = []) =>
    ({ user, groups, sans: { dns, ips: [] }, publicKey: new Uint8Array() }) as never;
  const boot = { username: 'system:bootstrap:abc', groups: ['system:bootstrappers'] };
  const self = { username: 'system:node:n1', groups: ['system:nodes'] };
  const node1 = request('system:node:n1');
  assert.ok(approvalMessage(csr(boot), node1));
  assert.ok(approvalMessage(csr(self), node1));
  assert.not(approvalMessage(csr(self), request('system:node:n2')), 'another node');
  assert.not(approvalMessage(csr(boot), request('kubernetes-admin', ['system:masters'])), 'an administrator');
  assert.not(approvalMessage(csr(boot), request('system:node:n1', ['system:nodes', 'system:masters'])), 'more groups');
  assert.not(approvalMessage(csr(boot), request('system:node:n1', ['system:nodes'], ['api'])), 'other names');
  assert.not(approvalMessage(csr({ ...boot, usages: ['server auth'] }), node1), 'another use');
  assert.not(approvalMessage(csr({ username: 'eve', groups: ['system:authenticated'] }), node1), 'somebody');
});

test.run();
