import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Deployment, deployment } from '../../../control/kinds/deployment.ts';
import { replicaSet } from '../../../control/kinds/replica-set.ts';
import { created, refusals, updated } from '../../lib/admit.ts';

const test = suite('workloads');

const body = (spec: object = {}, template: object = {}) => ({
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'hello:v1' }], ...template },
    },
    ...spec,
  },
});

test('defaults of a Deployment', () => {
  const { spec, status, metadata } = created(deployment, { ...body(), status: { replicas: 3 } });
  assert.is(spec.replicas, 1);
  assert.equal(spec.strategy, { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } });
  assert.is(spec.revisionHistoryLimit, 10);
  assert.is(spec.progressDeadlineSeconds, 600);
  assert.is(spec.template.spec.restartPolicy, 'Always');
  assert.is(spec.template.spec.containers[0]!.imagePullPolicy, 'IfNotPresent');
  // What a pod gets and a template does not.
  assert.is(spec.template.spec.enableServiceLinks, undefined);
  assert.is(status, undefined);
  assert.is(metadata.generation, 1);
});

test('zero replicas are zero, and half a strategy is completed', () => {
  assert.is(created(deployment, body({ replicas: 0 })).spec.replicas, 0);
  const { strategy } = created(deployment, body({ strategy: { rollingUpdate: { maxSurge: 1 } } })).spec;
  assert.equal(strategy.rollingUpdate, { maxSurge: 1, maxUnavailable: '25%' });
  assert.is(created(deployment, body({ strategy: { type: 'Recreate' } })).spec.strategy.rollingUpdate, undefined);
});

const field = 'spec.strategy.rollingUpdate';
const REFUSED: [body: object, ...refusals: string[]][] = [
  [body({ replicas: -1 }), 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  [body({ selector: undefined }), 'spec.selector: Required value'],
  [body({ selector: {} }), 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  [
    body({ selector: { matchLabels: { app: 'db' } } }),
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  [
    body({ selector: { matchExpressions: [{ key: 'app', operator: 'In' }] } }),
    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ],
  [
    body({ selector: { matchExpressions: [{ key: 'app', operator: 'Exists', values: ['a'] }] } }),
    "spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
  ],
  [
    body({}, { restartPolicy: 'Never' }),
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [body({}, { containers: [] }), 'spec.template.spec.containers: Required value'],
  [
    body({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
    `${field}: Forbidden: may not be specified when strategy \`type\` is 'Recreate'`,
  ],
  [
    body({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    `${field}.maxUnavailable: Invalid value: 0: may not be 0 when \`maxSurge\` is 0`,
  ],
  [
    body({ strategy: { rollingUpdate: { maxUnavailable: '120%' } } }),
    `${field}.maxUnavailable: Invalid value: "120%": must not be greater than 100%`,
  ],
  [
    body({ progressDeadlineSeconds: 5, minReadySeconds: 5 }),
    'spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds',
  ],
];
for (const [refused, ...expected] of REFUSED) {
  test(`refused: ${JSON.stringify(refused)}`, () => {
    assert.equal(
      refusals(() => created(deployment, refused as Record<string, unknown>)),
      expected,
    );
  });
}

test('the selector is for life', () => {
  const change = (next: Deployment) => {
    next.spec.selector = { matchLabels: { app: 'db' } };
    next.spec.template.metadata.labels = { app: 'db' };
  };
  const current = created(deployment, body());
  assert.equal(
    refusals(() => updated(deployment, current, change)),
    ['spec.selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable'],
  );
});

test('only what is wanted counts as a generation', () => {
  const current = created(deployment, body());
  assert.is(
    updated(deployment, current, next => {
      next.metadata.labels = { a: 'b' };
    }).metadata.generation,
    1,
  );
  assert.is(
    updated(
      deployment,
      current,
      next => {
        next.status = { replicas: 1 };
      },
      'status',
    ).metadata.generation,
    1,
  );
  assert.is(
    updated(deployment, current, next => {
      next.spec.replicas = 2;
    }).metadata.generation,
    2,
  );
});

test('scale', () => {
  const current = created(deployment, body());
  current.status = { replicas: 4 };
  const { scale } = deployment.subresources!;
  assert.equal(scale!.get(current), { replicas: 1, statusReplicas: 4, selector: 'app=web' });
  scale!.set(current, 7);
  assert.is(current.spec.replicas, 7);
});

test('a ReplicaSet is checked likewise', () => {
  assert.is(created(replicaSet, body()).spec.replicas, 1);
  assert.equal(
    refusals(() => created(replicaSet, body({ selector: { matchLabels: { app: 'db' } } }))),
    ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
  );
});

test.run();
