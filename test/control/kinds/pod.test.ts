import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Pod, pod } from '../../../control/kinds/pod.ts';
import { decodeObject } from '../../../control/kinds/prepare.ts';
import { created, refusals, updated } from '../../lib/admit.ts';

const test = suite('pod');

const main = { name: 'main', image: 'hello:v1' };
const withContainer = (extra: object) => ({ spec: { containers: [{ ...main, ...extra }] } });
const withSpec = (extra: object) => ({ spec: { containers: [main], ...extra } });

test('defaults', () => {
  const object = created(pod, {
    status: { phase: 'Running' },
    ...withContainer({
      image: 'hello',
      ports: [{ containerPort: 80 }],
      resources: { limits: { cpu: '1', memory: '64Mi' }, requests: { memory: '32Mi' } },
      readinessProbe: { httpGet: { port: 80 } },
    }),
  });
  const { containers, ...spec } = object.spec;
  assert.equal(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
  });
  assert.equal(containers[0], {
    name: 'main',
    image: 'hello',
    ports: [{ containerPort: 80, protocol: 'TCP' }],
    resources: { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '1', memory: '32Mi' } },
    readinessProbe: {
      httpGet: { path: '/', port: 80, scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'Always',
  });
  assert.equal(object.status, { phase: 'Pending', qosClass: 'Burstable' });
  assert.is(object.metadata.generation, 1);
});

const PULL: [image: string, policy: string][] = [
  ['hello', 'Always'],
  ['hello:latest', 'Always'],
  ['hello:v1', 'IfNotPresent'],
  ['localhost:5000/hello', 'Always'],
  ['localhost:5000/hello:v1', 'IfNotPresent'],
  ['hello@sha256:0123456789012345678901234567890123456789012345678901234567890123', 'IfNotPresent'],
];
for (const [image, policy] of PULL) {
  test(`pull policy of ${image}`, () => {
    assert.is(created(pod, withContainer({ image })).spec.containers[0]!.imagePullPolicy, policy);
  });
}

const QUALITY: [resources: object, expected: string][] = [
  [{}, 'BestEffort'],
  [{ requests: { cpu: '1' } }, 'Burstable'],
  [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
  [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }, 'Burstable'],
];
for (const [resources, expected] of QUALITY) {
  test(`quality of service: ${JSON.stringify(resources)}`, () => {
    assert.is(created(pod, withContainer({ resources })).status?.qosClass, expected);
  });
}

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const REFUSED: [body: object, ...refusals: string[]][] = [
  [{}, 'spec.containers: Required value'],
  [withContainer({ image: undefined }), 'spec.containers[0].image: Required value'],
  [withContainer({ name: '' }), 'spec.containers[0].name: Required value'],
  [withContainer({ name: 'Main' }), `spec.containers[0].name: Invalid value: "Main": ${LABEL}`],
  [{ spec: { containers: [main, main] } }, 'spec.containers[1].name: Duplicate value: "main"'],
  [
    withSpec({ restartPolicy: 'Sometimes' }),
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
  ],
  [
    withContainer({ imagePullPolicy: 'Maybe' }),
    'spec.containers[0].imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"',
  ],
  [withContainer({ ports: [{ containerPort: 0 }] }), 'spec.containers[0].ports[0].containerPort: Required value'],
  [
    withContainer({ ports: [{ containerPort: 70000 }] }),
    'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    withContainer({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    withContainer({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
    'spec.containers[0].volumeMounts[0].name: Not found: "data"',
  ],
  [withContainer({ env: [{ value: 'x' }] }), 'spec.containers[0].env[0].name: Required value'],
  [
    withContainer({ env: [{ name: 'A', valueFrom: {} }] }),
    'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
  ],
  [
    withContainer({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's' } } }] }),
    'spec.containers[0].env[0].valueFrom.secretKeyRef.key: Required value',
  ],
  [
    withContainer({ livenessProbe: {} }),
    'spec.containers[0].livenessProbe: Required value: must specify a handler type',
  ],
  [
    withContainer({ livenessProbe: { httpGet: { port: 80 }, tcpSocket: { port: 80 } } }),
    'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
  ],
  [
    withContainer({ livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } }),
    'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
  ],
  [
    withSpec({ volumes: [{ name: 'a', emptyDir: {}, hostPath: { path: '/' } }] }),
    'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
  ],
  [withSpec({ volumes: [{ name: 'a' }, { name: 'a' }] }), 'spec.volumes[1].name: Duplicate value: "a"'],
  [withSpec({ volumes: [{ name: 'a', configMap: {} }] }), 'spec.volumes[0].configMap.name: Required value'],
  [
    withSpec({ tolerations: [{ operator: 'Exists', value: 'x', key: 'k' }] }),
    `spec.tolerations[0].operator: Invalid value: {"operator":"Exists","value":"x","key":"k"}: value must be empty when \`operator\` is 'Exists'`,
  ],
  [
    withSpec({ activeDeadlineSeconds: 0 }),
    'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
  ],
  [
    { ...withSpec({}), metadata: { labels: { 'a b': 'c' } } },
    `metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  ],
  [
    withSpec({ terminationGracePeriodSeconds: '30s' }),
    'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64',
  ],
  [
    withContainer({ env: [{ name: 'A', value: 1 }] }),
    'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
  ],
];
for (const [body, ...expected] of REFUSED) {
  test(`refused: ${JSON.stringify(body)}`, () => {
    assert.equal(
      refusals(() => created(pod, body as Record<string, unknown>)),
      expected,
    );
  });
}

test('a pod of another version or kind is refused', () => {
  assert.equal(
    refusals(() => decodeObject(pod, { apiVersion: 'v2', kind: 'Pod' })),
    ['the API version in the data (v2) does not match the expected API version (v1)'],
  );
  assert.is(refusals(() => decodeObject(pod, { apiVersion: 'v1', kind: 'Node' })).length, 1);
  assert.is(refusals(() => decodeObject(pod, [])).length, 1);
});

test('unknown fields are found wherever they are', () => {
  const { unknownFields } = decodeObject(pod, withContainer({ foo: 1, ports: [{ containerPort: 1, prot: 'x' }] }));
  assert.equal(unknownFields, ['spec.containers[0].foo', 'spec.containers[0].ports[0].prot']);
});

const UPDATES: [name: string, change: (next: Pod) => void, refused: RegExp | undefined][] = [
  [
    'image',
    next => {
      next.spec.containers[0]!.image = 'hello:v2';
    },
    undefined,
  ],
  [
    'labels',
    next => {
      next.metadata.labels = { a: 'b' };
    },
    undefined,
  ],
  [
    'a toleration more',
    next => {
      next.spec.tolerations = [{ operator: 'Exists' }];
    },
    undefined,
  ],
  [
    'env',
    next => {
      next.spec.containers[0]!.env = [{ name: 'A' }];
    },
    /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/,
  ],
  [
    'node',
    next => {
      next.spec.nodeName = 'edge-0';
    },
    /changed: nodeName/,
  ],
  [
    'a container more',
    next => void next.spec.containers.push({ ...next.spec.containers[0]!, name: 'b' }),
    /^spec\.containers: Forbidden: pod updates may not add or remove containers/,
  ],
  [
    'name',
    next => {
      next.metadata.name = 'other';
    },
    /^metadata\.name: Invalid value: "other": field is immutable/,
  ],
];
for (const [name, change, refused] of UPDATES) {
  test(`update of ${name}`, () => {
    const current = created(pod, withSpec({}));
    const found = refusals(() => updated(pod, current, change));
    if (refused === undefined) assert.equal(found, []);
    else assert.match(found.join('\n'), refused);
  });
}

test('status and spec are written through their own endpoints', () => {
  const current = created(pod, withSpec({}));
  const both = (next: Pod) => {
    next.status = { phase: 'Running' };
    next.spec.containers[0]!.image = 'other:v1';
  };
  const viaMain = updated(pod, current, both);
  assert.is(viaMain.status?.phase, 'Pending');
  assert.is(viaMain.spec.containers[0]!.image, 'other:v1');
  assert.is(viaMain.metadata.generation, 2);
  const viaStatus = updated(pod, current, both, 'status');
  assert.is(viaStatus.status?.phase, 'Running');
  assert.is(viaStatus.spec.containers[0]!.image, 'hello:v1');
  assert.is(viaStatus.metadata.generation, 1);
});

test('grace is for pods that run', () => {
  const object = created(pod, withSpec({}));
  assert.is(pod.gracePeriodSeconds!(object, undefined), 0);
  object.spec.nodeName = 'edge-0';
  assert.is(pod.gracePeriodSeconds!(object, undefined), 30);
  assert.is(pod.gracePeriodSeconds!(object, 5), 5);
  assert.is(pod.gracePeriodSeconds!(object, -1), 1);
  object.status = { phase: 'Succeeded' };
  assert.is(pod.gracePeriodSeconds!(object, 5), 0);
});

test.run();
