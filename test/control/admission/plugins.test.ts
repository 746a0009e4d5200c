/** Admission plugins, one table each: what they change and what they refuse. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Attributes, Lister, Plugin } from '../../../control/admission/chain.ts';
import { createAdmission } from '../../../control/admission/chain.ts';
import { defaultTolerations } from '../../../control/admission/default-tolerations.ts';
import { namespaceLifecycle } from '../../../control/admission/namespace-lifecycle.ts';
import { nodeRestriction } from '../../../control/admission/node-restriction.ts';
import { priority } from '../../../control/admission/priority.ts';
import { runtimeClass } from '../../../control/admission/runtime-class.ts';
import { serviceAccount } from '../../../control/admission/service-account.ts';
import type { ApiObject, Resource } from '../../../control/machinery/meta.ts';
import { StatusError } from '../../../control/machinery/status.ts';
import type { Clock } from '../../../control/platform/types.ts';

const test = suite('admission plugins');
const resource = (name: string, kind: string, group = '', namespaced = true): Resource => ({
  ...{ group, version: 'v1', resource: name, kind, namespaced },
});
const PODS = resource('pods', 'Pod');
const NODES = resource('nodes', 'Node', '', false);
const MAPS = resource('configmaps', 'ConfigMap');
const NAMESPACES = resource('namespaces', 'Namespace', '', false);
const LEASES = resource('leases', 'Lease', 'coordination.k8s.io');
const ACCOUNTS = resource('serviceaccounts', 'ServiceAccount');
const clock = { sleep: async () => {} } as unknown as Clock;

const listerOf = (objects: Record<string, object>): Lister => ({
  get: async ({ resource: name }, { namespace, name: object }) =>
    objects[`${name} ${namespace ? `${namespace}/` : ''}${object}`] as never,
});

const attributes = (over: Partial<Attributes> & { resource: Resource }): Attributes => ({
  operation: 'CREATE',
  subresource: undefined,
  key: { namespace: 'default', name: 'x' },
  user: { name: 'jane', groups: [] },
  dryRun: false,
  warn: () => {},
  ...over,
});
const pod = (spec: object = {}, metadata: object = {}): ApiObject =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'default', ...metadata }, spec }) as never;
// biome-ignore lint/suspicious/noExplicitAny: the spec under test
const specOf = (a: Attributes): any => (a.object as unknown as { spec: object }).spec;

/** The message of the refusal, or undefined. */
async function refusal(plugin: Plugin, asked: Attributes): Promise<string | undefined> {
  const admission = createAdmission([plugin]);
  try {
    await admission.mutate(asked);
    await admission.validate(asked);
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
}

test('namespace lifecycle', async () => {
  const plugin = namespaceLifecycle(
    listerOf({
      'namespaces default': { metadata: { name: 'default' }, status: { phase: 'Active' } },
      'namespaces ending': { metadata: { name: 'ending' }, status: { phase: 'Terminating' } },
    }),
  );
  const at = (namespace: string) => refusal(plugin, attributes({ resource: MAPS, key: { namespace, name: 'x' } }));
  assert.is(await at('default'), undefined);
  assert.is(await at('nowhere'), 'namespaces "nowhere" not found');
  assert.match((await at('ending'))!, /^configmaps "x" is forbidden: unable to create new content in namespace ending/);
  const remove = (name: string) =>
    refusal(plugin, attributes({ operation: 'DELETE', resource: NAMESPACES, key: { name } }));
  assert.is(await remove('default'), 'namespaces "default" is forbidden: this namespace may not be deleted');
  assert.is(await remove('mine'), undefined);
});

test('service account: the default one, its pull secrets, and none without an account', async () => {
  const account = { metadata: { name: 'default' }, imagePullSecrets: [{ name: 'key' }] };
  const plugin = serviceAccount(listerOf({ 'serviceaccounts default/default': account }), clock);
  const asked = attributes({ resource: PODS, object: pod() });
  assert.is(await refusal(plugin, asked), undefined);
  assert.is(specOf(asked).serviceAccountName, 'default');
  assert.equal(specOf(asked).imagePullSecrets, [{ name: 'key' }]);
  const unknown = attributes({ resource: PODS, object: pod({ serviceAccountName: 'bot' }) });
  assert.is(
    await refusal(plugin, unknown),
    'pods "x" is forbidden: error looking up service account default/bot: serviceaccount "bot" not found',
  );
});

test('the default account may come a moment after its namespace', async () => {
  let asked = 0;
  const late: Lister = { get: async () => (++asked < 3 ? undefined : ({ metadata: { name: 'default' } } as never)) };
  assert.is(await refusal(serviceAccount(late, clock), attributes({ resource: PODS, object: pod() })), undefined);
  assert.is(asked, 3);
});

test('default tolerations: added once, never over the pod’s own', async () => {
  const count = async (tolerations?: object[]) => {
    const asked = attributes({ resource: PODS, object: pod({ tolerations }) });
    await refusal(defaultTolerations(), asked);
    await refusal(defaultTolerations(), asked);
    return specOf(asked).tolerations.length;
  };
  assert.is(await count(), 2);
  assert.is(await count([{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }]), 2);
  assert.is(await count([{ operator: 'Exists' }]), 1);
});

test('priority: by class, never by wish', async () => {
  const plugin = priority(listerOf({ 'priorityclasses high': { metadata: { name: 'high' }, value: 1000 } }));
  const admitted = async (spec: object) => {
    const asked = attributes({ resource: PODS, object: pod(spec) });
    return (await refusal(plugin, asked)) ?? specOf(asked).priority;
  };
  assert.is(await admitted({}), 0);
  assert.is(await admitted({ priorityClassName: 'high' }), 1000);
  assert.is(await admitted({ priorityClassName: 'system-node-critical' }), 2_000_001_000);
  assert.match(await admitted({ priority: 5 }), /the integer value of priority \(5\) must not be provided in pod spec/);
  assert.match(await admitted({ priorityClassName: 'x' }), /no PriorityClass with name x was found/);
});

test('runtime class: overhead and nodes come from it', async () => {
  const dense = {
    overhead: { podFixed: { memory: '8Mi' } },
    scheduling: { nodeSelector: { engine: 'dense' }, tolerations: [{ key: 'dense', operator: 'Exists' }] },
  };
  const plugin = runtimeClass(listerOf({ 'runtimeclasses dense': dense }));
  const asked = attributes({ resource: PODS, object: pod({ runtimeClassName: 'dense' }) });
  assert.is(await refusal(plugin, asked), undefined);
  assert.equal(specOf(asked).overhead, { memory: '8Mi' });
  assert.equal(specOf(asked).nodeSelector, { engine: 'dense' });
  assert.is(specOf(asked).tolerations.length, 1);
  const refused = (spec: object) => refusal(plugin, attributes({ resource: PODS, object: pod(spec) }));
  assert.is(
    await refused({ runtimeClassName: 'x' }),
    'pods "x" is forbidden: pod rejected: RuntimeClass "x" not found',
  );
  assert.match((await refused({ runtimeClassName: 'dense', nodeSelector: { engine: 'other' } }))!, /conflict/);
  assert.match((await refused({ runtimeClassName: 'dense', overhead: { memory: '1Mi' } }))!, /Overhead doesn't match/);
});

test('node restriction: a node touches what is its own', async () => {
  const user = { name: 'system:node:edge-0', groups: ['system:nodes'] };
  const mine = pod({ nodeName: 'edge-0', serviceAccountName: 'bot' }, { uid: 'u1' });
  const theirs = pod({ nodeName: 'edge-1' });
  const plugin = nodeRestriction(listerOf({ 'pods default/x': mine }));
  const node = (name: string, over: object = {}) =>
    ({ metadata: { name, ...over }, spec: {}, kind: 'Node', apiVersion: 'v1' }) as ApiObject;
  const update = { operation: 'UPDATE' as const, user };
  const token = (ref: object) => ({ spec: { boundObjectRef: ref } }) as unknown as ApiObject;
  const bound = { kind: 'Pod', apiVersion: 'v1', name: 'x', uid: 'u1' };
  const tainted = { ...node('edge-0'), spec: { taints: [{ key: 'a' }] } } as ApiObject;
  const labelled = (label: string) => node('edge-0', { labels: { [label]: 'x' } });
  const owned = node('edge-0', { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'u' }] });
  const ranged = node('edge-0', { annotations: { 'skerry.dev/pod-cidr': '10.1.0.0/16' } });
  const cases: [Attributes, RegExp | undefined][] = [
    [attributes({ ...update, resource: PODS, subresource: 'status', object: mine, oldObject: mine }), undefined],
    [
      attributes({ ...update, resource: PODS, subresource: 'status', object: theirs, oldObject: theirs }),
      /only update pod status/,
    ],
    [attributes({ ...update, resource: PODS, object: mine, oldObject: mine }), /unexpected pod subresource/],
    [attributes({ user, resource: PODS, object: mine }), /cannot create pods/],
    [attributes({ user, operation: 'DELETE', resource: PODS, oldObject: mine }), undefined],
    [attributes({ user, operation: 'DELETE', resource: PODS, oldObject: theirs }), /can only delete pods/],
    [attributes({ user, resource: PODS, subresource: 'eviction' }), undefined],
    [attributes({ user, resource: NODES, key: { name: 'edge-0' }, object: node('edge-0') }), undefined],
    [
      attributes({ user, resource: NODES, key: { name: 'edge-1' }, object: node('edge-1') }),
      /not allowed to modify node "edge-1"/,
    ],
    [
      attributes({ ...update, resource: NODES, key: { name: 'edge-0' }, object: tainted, oldObject: node('edge-0') }),
      /modify taints/,
    ],
    [
      attributes({ user, resource: NODES, key: { name: 'edge-0' }, object: labelled('kubernetes.io/hostname') }),
      undefined,
    ],
    [attributes({ user, resource: NODES, key: { name: 'edge-0' }, object: labelled('skerry.dev/runtime') }), undefined],
    [
      attributes({
        user,
        resource: NODES,
        key: { name: 'edge-0' },
        object: labelled('node-restriction.kubernetes.io/x'),
      }),
      /modify labels/,
    ],
    [attributes({ user, resource: NODES, key: { name: 'edge-0' }, object: owned }), /modify ownerReferences/],
    [attributes({ user, resource: NODES, key: { name: 'edge-0' }, object: ranged }), /modify annotations: skerry/],
    [
      attributes({ ...update, resource: NODES, key: { name: 'edge-0' }, object: ranged, oldObject: node('edge-0') }),
      /is not allowed to modify annotations: skerry\.dev\/pod-cidr$/,
    ],
    [
      attributes({ ...update, resource: NODES, key: { name: 'edge-0' }, object: node('edge-0'), oldObject: ranged }),
      /modify annotations/,
    ],
    [attributes({ ...update, resource: NODES, key: { name: 'edge-0' }, object: ranged, oldObject: ranged }), undefined],
    [attributes({ user, resource: LEASES, key: { namespace: 'kube-node-lease', name: 'edge-0' } }), undefined],
    [attributes({ user, resource: LEASES, key: { namespace: 'kube-node-lease', name: 'edge-1' } }), /same name/],
    [attributes({ user, resource: LEASES, key: { namespace: 'default', name: 'edge-0' } }), /kube-node-lease/],
    [
      attributes({
        user,
        resource: ACCOUNTS,
        subresource: 'token',
        key: { namespace: 'default', name: 'bot' },
        object: token(bound),
      }),
      undefined,
    ],
    [
      attributes({
        user,
        resource: ACCOUNTS,
        subresource: 'token',
        key: { namespace: 'default', name: 'other' },
        object: token(bound),
      }),
      /different service account/,
    ],
    [attributes({ user, resource: ACCOUNTS, subresource: 'token', object: token({}) }), /not bound to a pod/],
    [attributes({ resource: NODES, key: { name: 'edge-1' }, object: node('edge-1') }), undefined],
  ];
  for (const [asked, expected] of cases) {
    const why = await refusal(plugin, asked);
    const shown = `${asked.operation} ${asked.resource.resource}/${asked.subresource ?? ''} ${asked.key.name}: ${why}`;
    if (expected === undefined) assert.is(why, undefined, shown);
    else assert.ok(expected.test(why ?? ''), shown);
  }
});

test.run();
