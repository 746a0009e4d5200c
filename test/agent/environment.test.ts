/** Variables and arguments, as the kubelet makes them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { argumentsOf, environmentOf } from '../../agent/environment.ts';
import type { Pod } from '../../control/kinds/pod.ts';
import type { Container } from '../../control/kinds/types/container.ts';

const test = suite('environment');

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u1',
    labels: { app: 'web', tier: 'x' },
    annotations: { 'a/b': 'c' },
  },
  spec: { containers: [{ name: 'main', resources: { limits: { memory: '64Mi' }, requests: { cpu: '1500m' } } }] },
};

const sources = (of: Pod = pod) => ({
  facts: { pod: of, podIP: '10.244.0.2', hostIP: '192.0.2.1', nodeName: 'edge-0', allocatable: { cpu: '2' } },
  objects: {
    configMap: async (_: string, name: string) =>
      name === 'look' ? { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { color: 'red' } } : undefined,
    secret: async (_: string, name: string) =>
      name === 'key'
        ? {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name },
            data: { pass: Buffer.from('söß').toString('base64') },
          }
        : undefined,
  },
  serviceEnv: { WEB_PORT: 'tcp://1', KUBERNETES_SERVICE_HOST: '10.96.0.1' },
});

const env = (container: Partial<Container>, of?: Pod) =>
  environmentOf({ ...pod.spec.containers[0]!, ...container }, sources(of));

test('values, expansion, services', async () => {
  const made = await env({
    env: [
      { name: 'A', value: 'a' },
      { name: 'B', value: '$(A)-$(WEB_PORT)-$(C)-$$(A)' },
      { name: 'C', value: 'c' },
      { name: 'WEB_PORT', value: 'mine' },
    ],
  });
  assert.equal(made, {
    A: 'a',
    B: 'a-tcp://1-$(C)-$(A)',
    C: 'c',
    WEB_PORT: 'mine',
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
  });
});

test('without service links only the API is known', async () => {
  const made = await env({}, { ...pod, spec: { ...pod.spec, enableServiceLinks: false } });
  assert.equal(made, { KUBERNETES_SERVICE_HOST: '10.96.0.1' });
});

test('fields and resources', async () => {
  const field = async (fieldPath: string) =>
    (await env({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }] }))['X'];
  for (const [path, value] of [
    ['metadata.name', 'web'],
    ['metadata.namespace', 'shop'],
    ['metadata.uid', 'u1'],
    ["metadata.labels['tier']", 'x'],
    ["metadata.annotations['a/b']", 'c'],
    ['metadata.labels', 'app="web"\ntier="x"'],
    ['spec.nodeName', 'edge-0'],
    ['spec.serviceAccountName', 'default'],
    ['status.podIP', '10.244.0.2'],
    ['status.hostIP', '192.0.2.1'],
  ] as const)
    assert.is(await field(path), value, path);
  const resource = async (name: string, divisor?: string) =>
    (await env({ env: [{ name: 'X', valueFrom: { resourceFieldRef: { resource: name, divisor } } }] }))['X'];
  for (const [name, divisor, value] of [
    ['limits.memory', undefined, '67108864'],
    ['limits.memory', '1Mi', '64'],
    ['requests.cpu', undefined, '2'],
    ['requests.cpu', '1m', '1500'],
    ['limits.cpu', undefined, '2'],
  ] as const)
    assert.is(await resource(name, divisor), value, `${name} / ${divisor}`);
});

test('from ConfigMaps and Secrets, and what is said when they are not there', async () => {
  const made = await env({
    envFrom: [{ prefix: 'LOOK_', configMapRef: { name: 'look' } }, { configMapRef: { name: 'none', optional: true } }],
    env: [
      { name: 'PASS', valueFrom: { secretKeyRef: { name: 'key', key: 'pass' } } },
      { name: 'NONE', valueFrom: { secretKeyRef: { name: 'key', key: 'none', optional: true } } },
    ],
  });
  assert.is(made['LOOK_color'], 'red');
  assert.is(made['PASS'], 'söß');
  assert.not('NONE' in made);
  const refused = async (container: Partial<Container>) =>
    env(container).then(
      () => 'fine',
      error => `${error.reason}: ${error.message}`,
    );
  const key = (configMapKeyRef: { name: string; key: string }) => ({
    env: [{ name: 'X', valueFrom: { configMapKeyRef } }],
  });
  for (const [container, message] of [
    [{ envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
    [{ envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
    [key({ name: 'none', key: 'x' }), 'configmap "none" not found'],
    [key({ name: 'look', key: 'x' }), "couldn't find key x in ConfigMap shop/look"],
  ] as const)
    assert.is(await refused(container as Partial<Container>), `CreateContainerConfigError: ${message}`);
});

test("arguments: the pod's over the image's", () => {
  const image = { program: 'app', config: { Entrypoint: ['/x.wasm'], Cmd: ['serve'] } };
  const bare = { program: 'app', config: {} };
  const of = (container: Partial<Container>, from = image as typeof bare) =>
    argumentsOf({ name: 'main', resources: {}, ...container }, from, { A: 'a' }).join(' ');
  assert.is(of({}, bare), 'app');
  assert.is(of({ args: ['-v', '$(A)'] }, bare), 'app -v a');
  assert.is(of({ command: ['x', '$(A)'] }, bare), 'x a');
  assert.is(of({}), '/x.wasm serve');
  assert.is(of({ args: ['run'] }), '/x.wasm run');
  assert.is(of({ command: ['x'] }), 'x');
});

test.run();
