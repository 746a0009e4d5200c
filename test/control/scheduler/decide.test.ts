/** Decisions as a table: nodes, a pod, and where it goes or why it goes nowhere, in Kubernetes' words. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Node } from '../../../control/kinds/node.ts';
import type { Pod } from '../../../control/kinds/pod.ts';
import type { NodeSelectorRequirement } from '../../../control/kinds/types/affinity.ts';
import type { Taint } from '../../../control/kinds/types/node.ts';
import { DEFAULT_PROFILE, decide } from '../../../control/scheduler/decide.ts';
import { createPodInfo } from '../../../control/scheduler/node-info.ts';
import { createSnapshot } from '../../../control/scheduler/snapshot.ts';
import { refusalText } from '../../../control/scheduler/words.ts';

const test = suite('scheduler/decide');

interface NodeParts {
  cpu?: string;
  memory?: string;
  pods?: string;
  labels?: Record<string, string>;
  images?: string[];
  handlers?: string[];
  spec?: Node['spec'];
}

const node = (name: string, { labels, spec = {}, images, handlers, ...parts }: NodeParts = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
  spec,
  status: {
    allocatable: { cpu: '2', memory: '1Gi', pods: '10', ...parts },
    images: images?.map(image => ({ names: [image] })),
    runtimeHandlers: handlers?.map(handler => ({ name: handler })),
  },
});

interface PodParts extends Partial<Pod['spec']> {
  requests?: Record<string, string>;
  owner?: string;
  image?: string;
  hostPort?: number;
}

const pod = (name: string, { requests, owner, image, hostPort, ...spec }: PodParts = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'default',
    ownerReferences: owner
      ? [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }]
      : undefined,
  },
  spec: {
    containers: [
      { name: 'main', image, resources: { requests }, ports: hostPort ? [{ containerPort: 80, hostPort }] : [] },
    ],
    ...spec,
  },
});

const taint = (key: string, effect: Taint['effect'], value?: string): Taint => ({ key, effect, value });
const inZone = (operator: NodeSelectorRequirement['operator'], ...values: string[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator, values }] }],
    },
  },
});

type Row = [what: string, nodes: Node[], running: Pod[], wanted: Pod, answer: string];

const rows: Row[] = [
  ['no nodes', [], [], pod('a'), 'no nodes available to schedule pods'],
  ['the only node', [node('n1')], [], pod('a'), 'n1'],
  [
    'too much memory',
    [node('n1'), node('n2')],
    [],
    pod('a', { requests: { memory: '2Gi' } }),
    '0/2 nodes are available: 2 Insufficient memory. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
  ],
  [
    'what runs there counts',
    [node('n1')],
    [pod('x', { nodeName: 'n1', requests: { cpu: '1500m' } })],
    pod('a', { requests: { cpu: '600m' } }),
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  ],
  [
    'a full node',
    [node('n1', { pods: '1' })],
    [pod('x', { nodeName: 'n1' })],
    pod('a'),
    '0/1 nodes are available: 1 Too many pods. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  ],
  [
    'each for its own reason',
    [
      node('n1', { spec: { unschedulable: true } }),
      node('n2', { spec: { taints: [taint('gpu', 'NoSchedule', 'yes')] } }),
      node('n3', { cpu: '100m' }),
    ],
    [],
    pod('a', { requests: { cpu: '1' } }),
    '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {gpu: yes}, 1 node(s) were unschedulable. ' +
      'preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
  ],
  [
    'a tolerated taint',
    [node('n1', { spec: { taints: [taint('gpu', 'NoSchedule')] } })],
    [],
    pod('a', { tolerations: [{ key: 'gpu', operator: 'Exists' }] }),
    'n1',
  ],
  [
    'node selector',
    [node('n1'), node('n2', { labels: { disk: 'ssd' } })],
    [],
    pod('a', { nodeSelector: { disk: 'ssd' } }),
    'n2',
  ],
  [
    'no node with that label',
    [node('n1')],
    [],
    pod('a', { nodeSelector: { disk: 'ssd' } }),
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  ],
  [
    'affinity In',
    [node('n1', { labels: { zone: 'a' } }), node('n2', { labels: { zone: 'b' } })],
    [],
    pod('a', { affinity: inZone('In', 'b') }),
    'n2',
  ],
  [
    'affinity NotIn',
    [node('n1', { labels: { zone: 'a' } }), node('n2')],
    [],
    pod('a', { affinity: inZone('NotIn', 'a') }),
    'n2',
  ],
  [
    'affinity Gt',
    [node('n1', { labels: { zone: '3' } }), node('n2', { labels: { zone: '10' } })],
    [],
    pod('a', { affinity: inZone('Gt', '4') }),
    'n2',
  ],
  [
    'a host port that is taken',
    [node('n1'), node('n2')],
    [pod('x', { nodeName: 'n1', hostPort: 80 })],
    pod('a', { hostPort: 80 }),
    'n2',
  ],
  [
    'a runtime that a node has',
    [node('n1', { handlers: ['wasm'] }), node('n2', { handlers: ['wasmer-wasi'] })],
    [],
    pod('a', { runtimeClassName: 'wasmer-wasi' }),
    'n2',
  ],
  [
    'the emptier node',
    [node('n1'), node('n2')],
    [pod('x', { nodeName: 'n1', requests: { cpu: '1', memory: '512Mi' } })],
    pod('a'),
    'n2',
  ],
  [
    'away from its siblings',
    [node('n1', { cpu: '8', memory: '8Gi' }), node('n2')],
    [pod('x', { nodeName: 'n1', owner: 'set' })],
    pod('a', { owner: 'set' }),
    'n2',
  ],
  [
    'where its module is',
    [node('n1'), node('n2', { images: ['hello:v1'] })],
    [],
    pod('a', { image: 'hello:v1' }),
    'n2',
  ],
  [
    'rather without a taint',
    [node('n1', { spec: { taints: [taint('old', 'PreferNoSchedule')] } }), node('n2')],
    [],
    pod('a'),
    'n2',
  ],
  ['a pod that names its node', [node('n1'), node('n2')], [], pod('a', { nodeName: 'n2' }), 'n2'],
  [
    'init containers count by the largest, sidecars always',
    [node('n1', { cpu: '1' })],
    [],
    pod('a', {
      requests: { cpu: '500m' },
      initContainers: [
        { name: 'side', restartPolicy: 'Always', resources: { requests: { cpu: '300m' } } },
        { name: 'init', resources: { requests: { cpu: '800m' } } },
      ],
    }),
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  ],
];

for (const [what, nodes, running, wanted, answer] of rows) {
  test(what, () => {
    const snapshot = createSnapshot();
    nodes.forEach(snapshot.setNode);
    running.forEach(snapshot.setPod);
    const world = { runtimeClass: () => undefined };
    const options = { profile: DEFAULT_PROFILE, start: 0, random: () => 0.5 };
    const decision = decide(createPodInfo(wanted), snapshot.nodes(), world, options);
    assert.is(decision.fits ? decision.node : refusalText(decision.refusals), answer);
  });
}

test('assumed pods count, until forgotten; what the API says beats the assumption', () => {
  const snapshot = createSnapshot();
  snapshot.setNode(node('n1'));
  snapshot.setNode(node('n2'));
  const used = () => snapshot.nodes().map(info => info.requested.get('cpu') ?? 0);
  const wanted = pod('a', { requests: { cpu: '1' } });
  snapshot.assume(createPodInfo(wanted), 'n1');
  assert.equal(used(), [1000, 0]);
  snapshot.setPod(wanted);
  assert.equal(used(), [1000, 0], 'an update without a node is older than the assumption');
  snapshot.setPod(pod('a', { nodeName: 'n2', requests: { cpu: '1' } }));
  assert.equal(used(), [0, 1000]);
  snapshot.forget('default/a');
  assert.equal(used(), [0, 1000], 'confirmed');
  snapshot.removePod('default/a');
  assert.equal(used(), [0, 0]);
});

test('pods that came before their node are counted when it comes', () => {
  const snapshot = createSnapshot();
  snapshot.setPod(pod('a', { nodeName: 'n1', requests: { cpu: '1' } }));
  snapshot.setNode(node('n1'));
  assert.is(snapshot.nodes()[0]!.requested.get('cpu'), 1000);
});

test.run();
