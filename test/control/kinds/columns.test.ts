/**
 * One line per object, as kubectl's users know it.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { certificateSigningRequest } from '../../../control/kinds/certificate-signing-request.ts';
import { configMap } from '../../../control/kinds/config-map.ts';
import { deployment } from '../../../control/kinds/deployment.ts';
import { endpointSlice } from '../../../control/kinds/endpoint-slice.ts';
import { event } from '../../../control/kinds/event.ts';
import { node } from '../../../control/kinds/node.ts';
import { pod } from '../../../control/kinds/pod.ts';
import { decodeObject } from '../../../control/kinds/prepare.ts';
import { roleBinding } from '../../../control/kinds/role-binding.ts';
import { service } from '../../../control/kinds/service.ts';
import type { Kind } from '../../../control/kinds/strategy.ts';
import type { ApiObject } from '../../../control/machinery/meta.ts';

const test = suite('columns');
const NOW = Date.parse('2026-01-01T00:10:00Z');

/** Cells joined by spaces; wide ones behind a bar. */
function line<T extends ApiObject>(kind: Kind<T>, body: object): string {
  const { object } = decodeObject(kind, {
    metadata: { name: 'web', creationTimestamp: '2026-01-01T00:00:00Z' },
    ...body,
  });
  const cells = (priority: number) =>
    kind.columns.filter(c => (c.priority ?? 0) === priority).map(c => String(c.cell(object, NOW)));
  const wide = cells(1);
  return cells(0).join(' ') + (wide.length > 0 ? ` | ${wide.join(' ')}` : '');
}

const names = (kind: Kind): string => kind.columns.map(c => c.name.toUpperCase()).join(' ');

test('headers are kubectl’s', () => {
  assert.is(names(pod as Kind), 'NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES');
  assert.is(names(deployment as Kind), 'NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR');
  assert.is(names(service as Kind), 'NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR');
  assert.is(
    names(node as Kind),
    'NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME',
  );
});

const running = { running: { startedAt: '2026-01-01T00:01:00Z' } };
const ended = (exitCode: number, reason?: string) => ({
  terminated: { exitCode, reason, finishedAt: '2026-01-01T00:08:00Z' },
});
const container = (state: object, more: object = {}) => ({
  name: 'main',
  image: 'hello',
  imageID: '',
  ready: 'running' in state,
  restartCount: 0,
  state,
  ...more,
});
const one = (state: object, more?: object) => ({ containerStatuses: [container(state, more)] });
const PODS: [status: object, expected: string, extra?: { spec?: object; metadata?: object }][] = [
  [{ phase: 'Pending' }, '0/1 Pending 0'],
  [{ phase: 'Pending', reason: 'Evicted' }, '0/1 Evicted 0'],
  [{ phase: 'Pending', ...one({ waiting: { reason: 'ContainerCreating' } }) }, '0/1 ContainerCreating 0'],
  [{ phase: 'Pending', ...one({ waiting: { reason: 'ErrImagePull' } }) }, '0/1 ErrImagePull 0'],
  [{ phase: 'Running', ...one(running) }, '1/1 Running 0'],
  [{ phase: 'Running', ...one(running, { ready: false }) }, '0/1 Running 0'],
  [{ phase: 'Running', ...one(running, { restartCount: 3, lastState: ended(1, 'Error') }) }, '1/1 Running 3 (2m ago)'],
  [
    { phase: 'Running', ...one({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 5 }) },
    '0/1 CrashLoopBackOff 5',
  ],
  [{ phase: 'Succeeded', ...one(ended(0, 'Completed')) }, '0/1 Completed 0'],
  [{ phase: 'Failed', ...one(ended(137, 'OOMKilled')) }, '0/1 OOMKilled 0'],
  [{ phase: 'Failed', ...one(ended(3)) }, '0/1 ExitCode:3 0'],
  [
    { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
    '0/1 SchedulingGated 0',
  ],
  [
    {
      phase: 'Running',
      containerStatuses: [container(ended(0, 'Completed')), container(running, { name: 'b' })],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
    '1/2 Running 0',
    { spec: { containers: [{ name: 'main' }, { name: 'b' }] } },
  ],
  [
    { phase: 'Running', ...one(running) },
    '1/1 Terminating 0',
    { metadata: { deletionTimestamp: '2026-01-01T00:00:01Z' } },
  ],
  [
    { phase: 'Running', reason: 'NodeLost' },
    '0/1 Unknown 0',
    { metadata: { deletionTimestamp: '2026-01-01T00:00:01Z' } },
  ],
  [
    { phase: 'Pending', initContainerStatuses: [container({ waiting: { reason: 'PodInitializing' } }, { name: 'i' })] },
    '0/1 Init:0/2 0',
    { spec: { initContainers: [{ name: 'i' }, { name: 'j' }] } },
  ],
  [
    {
      phase: 'Pending',
      initContainerStatuses: [
        container(ended(0), { name: 'i' }),
        container(ended(2, 'Error'), { name: 'j', restartCount: 1 }),
      ],
    },
    '0/1 Init:Error 1',
    { spec: { initContainers: [{ name: 'i' }, { name: 'j' }] } },
  ],
  [
    { phase: 'Running', initContainerStatuses: [container(running, { name: 'i', started: true })], ...one(running) },
    '2/2 Running 0',
    { spec: { initContainers: [{ name: 'i', restartPolicy: 'Always' }] } },
  ],
];
for (const [status, expected, extra] of PODS) {
  test(`pod ${expected}`, () => {
    const spec = { containers: [{ name: 'main' }], ...extra?.spec };
    const metadata = { name: 'web', creationTimestamp: '2026-01-01T00:00:00Z', ...extra?.metadata };
    const shown = line(pod, { metadata, spec, status });
    assert.is(shown.split(' | ')[0], `web ${expected} 10m`);
  });
}

test('pod, wide', () => {
  const shown = line(pod, {
    spec: { containers: [{ name: 'main' }], nodeName: 'edge-0', readinessGates: [{ conditionType: 'a.b/c' }] },
    status: { podIPs: [{ ip: '10.244.0.2' }] },
  });
  assert.is(shown.split(' | ')[1], '10.244.0.2 edge-0 <none> 0/1');
});

const OTHERS: [kind: Kind, body: object, expected: string][] = [
  [
    deployment as Kind,
    {
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          spec: {
            containers: [
              { name: 'a', image: 'x' },
              { name: 'b', image: 'y' },
            ],
          },
        },
      },
      status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
    },
    'web 2/3 3 1 10m | a,b x,y app=web',
  ],
  [
    service as Kind,
    { spec: { ports: [{ port: 80 }], clusterIP: '10.96.0.7', selector: { app: 'web' } } },
    'web ClusterIP 10.96.0.7 <none> 80/TCP 10m | app=web',
  ],
  [
    service as Kind,
    {
      spec: {
        type: 'NodePort',
        clusterIP: '10.96.0.7',
        ports: [
          { port: 80, nodePort: 30080 },
          { port: 53, protocol: 'UDP' },
        ],
      },
    },
    'web NodePort 10.96.0.7 <none> 80:30080/TCP,53/UDP 10m | <none>',
  ],
  [
    service as Kind,
    { spec: { type: 'LoadBalancer', clusterIP: '10.96.0.7', ports: [{ port: 80 }] } },
    'web LoadBalancer 10.96.0.7 <pending> 80/TCP 10m | <none>',
  ],
  [
    service as Kind,
    { spec: { type: 'ExternalName', externalName: 'example.com' } },
    'web ExternalName <none> example.com <none> 10m | <none>',
  ],
  [
    node as Kind,
    {
      metadata: {
        name: 'edge-0',
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' },
      },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
        nodeInfo: {
          kubeletVersion: 'v1.32.4+skerry',
          osImage: 'Linux',
          kernelVersion: '6.1',
          containerRuntimeVersion: 'skerry://0.1.0',
        },
      },
    },
    'edge-0 Ready,SchedulingDisabled control-plane,worker 10m v1.32.4+skerry | 192.0.2.1 <none> Linux 6.1 skerry://0.1.0',
  ],
  [node as Kind, {}, 'web Unknown <none> 10m  | <none> <none> <unknown> <unknown> <unknown>'],
  [configMap as Kind, { data: { a: '1' }, binaryData: { b: 'YQ==' } }, 'web 2 10m'],
  [
    endpointSlice as Kind,
    {
      addressType: 'IPv4',
      ports: [{ port: 80 }],
      endpoints: ['1', '2', '3', '4'].map(n => ({ addresses: [`10.0.0.${n}`] })),
    },
    'web IPv4 80 10.0.0.1,10.0.0.2,10.0.0.3 + 1 more... 10m',
  ],
  [endpointSlice as Kind, { addressType: 'IPv4' }, 'web IPv4 <unset> <unset> 10m'],
  [
    event as Kind,
    {
      involvedObject: { kind: 'Pod', name: 'web-1', fieldPath: 'spec.containers{main}' },
      reason: 'Started',
      type: 'Normal',
      message: 'Started container main\n',
      source: { component: 'kubelet', host: 'edge-0' },
      firstTimestamp: '2026-01-01T00:05:00Z',
      lastTimestamp: '2026-01-01T00:09:00Z',
      count: 2,
    },
    '60s Normal Started pod/web-1 Started container main | spec.containers{main} kubelet, edge-0 5m 2 web',
  ],
  [
    roleBinding as Kind,
    {
      roleRef: { kind: 'ClusterRole', name: 'view' },
      subjects: [
        { kind: 'User', name: 'jane' },
        { kind: 'ServiceAccount', name: 'ci', namespace: 'build' },
      ],
    },
    'web ClusterRole/view 10m | jane  build/ci',
  ],
  [
    certificateSigningRequest as Kind,
    {
      spec: { request: '', signerName: 'a.b/c', username: 'jane', expirationSeconds: 86400 },
      status: { certificate: 'YQ==', conditions: [{ type: 'Approved', status: 'True' }] },
    },
    'web 10m a.b/c jane 24h Approved,Issued',
  ],
];
for (const [kind, body, expected] of OTHERS) {
  test(`${kind.kind}: ${expected}`, () => {
    assert.is(line(kind, body), expected);
  });
}

test.run();
