/** Plans about nodes, garbage, namespaces and certificates as scenes. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  approvalMessage,
  mustSign,
  planApproval,
  planFailure,
  refusalToSign,
} from '../../../control/controllers/csr-approve-sign.ts';
import { planGarbage, type Thing } from '../../../control/controllers/garbage.ts';
import { planNamespace } from '../../../control/controllers/namespace.ts';
import { planEvictions } from '../../../control/controllers/node-eviction.ts';
import { planNodeHealth } from '../../../control/controllers/node-health.ts';
import { freeBlock, planNodeRanges } from '../../../control/controllers/node-ipam.ts';
import { planPodRemoval, whyRemoved } from '../../../control/controllers/pod-gc.ts';
import { planRootCa } from '../../../control/controllers/root-ca-publisher.ts';
import { planServiceAccount } from '../../../control/controllers/service-account.ts';
import type { CertificateSigningRequest } from '../../../control/kinds/certificate-signing-request.ts';
import type { Namespace } from '../../../control/kinds/namespace.ts';
import type { Node } from '../../../control/kinds/node.ts';
import { ago, NOW, pod, words } from './world.ts';

const test = suite('controllers/cluster-plans');

const node = (ready: 'True' | 'False' | 'Unknown' | undefined, spec: Node['spec'] = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1', uid: 'n1', resourceVersion: '1' },
  spec,
  status: { conditions: ready ? [{ type: 'Ready', status: ready }] : [] },
});
const unreachable = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: ago(60) } as const;

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
  const tolerant = (tolerationSeconds?: number) => [
    { key: unreachable.key, operator: 'Exists' as const, tolerationSeconds },
  ];
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
  assert.equal(words(planPodRemoval(pod('a'), 'node gone', NOW)), ['patch pods/status a', 'delete pods a']);
  assert.equal(planPodRemoval(pod('a'), undefined, NOW), []);
});

test('node addresses: the lowest block that is free', () => {
  assert.is(freeBlock(new Set(), '10.244.0.0/16'), '10.244.0.0/24');
  assert.is(freeBlock(new Set(['10.244.0.0/24', '10.244.2.0/24']), '10.244.0.0/16'), '10.244.1.0/24');
  assert.is(freeBlock(new Set(['10.9.0.0/24']), '10.9.0.0/24'), undefined);
});

test('node addresses: with its block a node is told the ranges of the cluster, and again when they are gone', () => {
  const ranges = { podCidr: '10.9.0.0/20', serviceCidr: '10.8.0.0/24' };
  const annotations = { 'skerry.dev/pod-cidr': '10.9.0.0/20', 'skerry.dev/service-cidr': '10.8.0.0/24' };
  const patchOf = (of: Node) => (planNodeRanges(of, new Set(), ranges)[0] as { patch?: object } | undefined)?.patch;
  const podCIDR = '10.9.0.0/24';
  assert.equal(patchOf(node('True')), {
    metadata: { uid: 'n1', annotations },
    spec: { podCIDR, podCIDRs: [podCIDR] },
  });
  const given = node('True', { podCIDR });
  assert.equal(patchOf(given), { metadata: { uid: 'n1', annotations } });
  assert.is(patchOf({ ...given, metadata: { ...given.metadata, annotations } }), undefined);
  const all = new Set(Array.from({ length: 16 }, (_, i) => `10.9.${i}.0/24`));
  assert.equal(words(planNodeRanges(node('True'), all, ranges)), ['say CIDRNotAvailable']);
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
  const [approval] = planApproval(csr(boot), approvalMessage(csr(boot), node1), NOW);
  const approved = (approval as unknown as { object: CertificateSigningRequest }).object;
  assert.equal([mustSign(csr(boot)), mustSign(approved)], [false, true]);
  assert.equal(planApproval(approved, 'again', NOW), []);
  assert.ok(approvalMessage(csr(self), node1));
  assert.not(approvalMessage(csr(self), request('system:node:n2')), 'another node');
  assert.not(approvalMessage(csr(boot), request('kubernetes-admin', ['system:masters'])), 'an administrator');
  assert.not(approvalMessage(csr(boot), request('system:node:n1', ['system:nodes', 'system:masters'])), 'more groups');
  assert.not(approvalMessage(csr(boot), request('system:node:n1', ['system:nodes'], ['api'])), 'other names');
  assert.not(approvalMessage(csr({ ...boot, usages: ['server auth'] }), node1), 'another use');
  assert.not(approvalMessage(csr({ username: 'eve', groups: ['system:authenticated'] }), node1), 'somebody');
  const person = { signerName: 'kubernetes.io/kube-apiserver-client' };
  const jane = request('jane', ['dev']);
  assert.is(refusalToSign(csr({}), node1), undefined);
  assert.is(refusalToSign(csr(person), jane), undefined);
  assert.match(refusalToSign(csr({}), jane)!, /common name/, 'whoever approved it');
  assert.match(refusalToSign(csr({}), request('system:node:n1', ['system:masters']))!, /organization/);
  assert.match(refusalToSign(csr({}), request('system:node:n1', ['system:nodes'], ['api']))!, /subjectAltNames/);
  assert.match(refusalToSign(csr({ ...person, usages: ['server auth', 'client auth'] }), jane)!, /server auth/);
  const failed = planFailure(approved, 'why', NOW)[0] as unknown as { object: CertificateSigningRequest };
  assert.not(mustSign(failed.object));
});

test('namespaces: given what each needs, emptied before they go', () => {
  const team: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' }, spec: {} };
  assert.equal(words(planServiceAccount(team, false)), ['create serviceaccounts default']);
  assert.equal(words(planRootCa(team, undefined, 'PEM')), ['create configmaps kube-root-ca.crt']);
  const leaving: Namespace = {
    ...team,
    metadata: { name: 'team', deletionTimestamp: ago(1) },
    spec: { finalizers: ['kubernetes', 'example.com/mine'] },
  };
  assert.equal(planServiceAccount(leaving, false), []);
  assert.equal(planRootCa(leaving, undefined, 'PEM'), []);
  const resource = { ...thing('x').resource, verbs: [] };
  const objects = [pod('a'), pod('b', { deleting: true })];
  const look = planNamespace({ namespace: leaving, content: [{ resource, objects }], now: NOW });
  assert.equal(words(look), ['delete pods a', 'patch namespaces/status team']);
  const [last] = planNamespace({ namespace: leaving, content: [{ resource, objects: [] }], now: NOW });
  assert.equal((last as unknown as { object: Namespace }).object.spec?.finalizers, ['example.com/mine']);
});

test.run();
