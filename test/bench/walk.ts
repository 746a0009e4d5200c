/**
 * How long it takes to walk a Pod of about 2 KiB: decoding is excluded, defaults and validation are measured apart.
 *
 *   node test/bench/walk.ts
 */
import { pod } from '../../control/kinds/pod.ts';
import { admitNew, decodeObject } from '../../control/kinds/prepare.ts';
import { walk } from '../../control/machinery/structural.ts';

const ROUNDS = 20_000;

const container = (name: string) => ({
  name,
  image: 'registry.example.com/team/hello-http:v1.2.3',
  args: ['--listen', '0.0.0.0:8080'],
  ports: [{ name: 'http', containerPort: 8080 }],
  env: [
    { name: 'GREETING', value: 'hello' },
    { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'tokens', key: 'token' } } },
  ],
  resources: { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '100m', memory: '32Mi' } },
  livenessProbe: { httpGet: { path: '/healthz', port: 'http' }, initialDelaySeconds: 3 },
  readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 2 },
  volumeMounts: [{ name: 'config', mountPath: '/etc/config', readOnly: true }],
});

const text = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'hello-http-5d8f7c9b6d-x7k2p',
    namespace: 'default',
    creationTimestamp: null,
    labels: { app: 'hello-http', 'pod-template-hash': '5d8f7c9b6d' },
    annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'hello-http-5d8f7c9b6d',
        uid: '5e1c7f4e-6d0f-4a7e-8d2f-2f1b2c3d4e5f',
        controller: true,
      },
    ],
  },
  spec: {
    containers: [container('main'), container('sidecar')],
    volumes: [{ name: 'config', configMap: { name: 'hello-config', items: [{ key: 'a.json', path: 'a.json' }] } }],
    tolerations: [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ],
    nodeSelector: { 'kubernetes.io/arch': 'wasm32' },
    restartPolicy: 'Always',
  },
});

function measure(name: string, step: (value: unknown) => void): void {
  const values = () => Array.from({ length: ROUNDS }, () => JSON.parse(text) as unknown);
  for (const value of values()) step(value);
  const fresh = values();
  const begun = performance.now();
  for (const value of fresh) step(value);
  console.log(`${name}: ${(((performance.now() - begun) * 1000) / ROUNDS).toFixed(1)} µs`);
}

console.log(`${text.length} bytes of JSON`);
measure('walk', value => void walk(pod.schema, value));
measure('walk without defaults', value => void walk(pod.schema, value, { defaults: false }));
measure('decodeObject (walk and defaults)', value => void decodeObject(pod, value));
measure('decodeObject and admitNew (all of it)', value => {
  const { object, causes } = decodeObject(pod, value);
  admitNew(pod, object, causes);
});
