/** Real guests in real sandboxes: `caller` reaches `hello-http` by its Service's name, while pods come and go. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startProxy } from '../../../agent/proxy/proxy.ts';
import type { EndpointSlice } from '../../../control/kinds/endpoint-slice.ts';
import type { Service } from '../../../control/kinds/service.ts';
import { DEFAULT_RANGES } from '../../../control/machinery/address-ranges.ts';
import { ENDPOINT_SLICES, SERVICES } from '../../../control/machinery/resources.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { createRuntime } from '../../../runtime/runtime.ts';
import type { Sandbox } from '../../../runtime/sandbox.ts';
import { type AppName, buildApp } from '../../../wasm-apps/build.ts';
import { createFakeApi } from './fake-api.ts';

const test = suite('pods through the proxy');
/** Unlikely to be anybody's: tests of several processes run on one box. */
const NET = 100 + (process.pid % 90);
const ip = (i: number) => `10.244.${NET}.${i}`;
const alias = (address: string) => `127.${address.split('.').slice(1).join('.')}`;
const SERVICE: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'hello-http' },
  spec: { clusterIP: '10.96.0.80', ports: [{ port: 80 }] },
};
const slice = (pods: number[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'default', name: 'hello-http-1', labels: { 'kubernetes.io/service-name': 'hello-http' } },
  addressType: 'IPv4',
  endpoints: pods.map(i => ({ addresses: [ip(i)], nodeName: 'edge-0', conditions: { ready: true } })),
  ports: [{ port: 8080 }],
});

async function cluster() {
  const api = createFakeApi();
  const stop = new AbortController();
  const runtime = createRuntime();
  const options = {
    client: api.client,
    ...createNodePlatform(),
    log: () => {},
    nodeName: 'edge-0',
    nodeIp: '127.0.0.1',
    hostId: 'a',
    ...DEFAULT_RANGES,
  };
  const proxy = startProxy({ ...options, hostListeners: false, signal: stop.signal });
  const pod = async (app: AppName, i: number): Promise<Sandbox> => {
    const module = await runtime.load(app, await readFile(await buildApp(app)));
    const sandbox = await runtime.start({
      name: `${app}-${i}`,
      module,
      args: [app],
      env: { HOSTNAME: `${app}-${i}`, TARGET: 'hello-http' },
      mounts: [],
      stdout: () => {},
      stderr: () => {},
      limits: {},
      listen: { host: alias(ip(i)), port: 8080 },
      network: proxy.network({ namespace: 'default', name: `${app}-${i}`, ip: ip(i), uid: String(i) }),
    });
    await sandbox.ready;
    return sandbox;
  };
  const close = async () => {
    stop.abort();
    await runtime.close();
  };
  return { api, proxy, pod, close };
}

const ask = async (i: number) => {
  const response = await fetch(`http://${alias(ip(i))}:8080/x`);
  return `${response.status} ${(await response.text()).trim()}`;
};

test('by name, with the answer handed on; 502 and the reason while nobody is there', async () => {
  const { api, proxy, pod, close } = await cluster();
  await pod('caller', 1);
  assert.match(await ask(1), /^502 cannot reach hello-http: /);
  api.apply(SERVICES, SERVICE);
  await proxy.synced;
  await sleep(20);
  assert.match(await ask(1), /^502 cannot reach hello-http: /);
  await pod('hello-http', 2);
  api.apply(ENDPOINT_SLICES, slice([2]));
  await sleep(20);
  assert.is(await ask(1), '200 hello-http answered 200: Hello from hello-http-2: GET /x');
  await close();
});

test('no request fails while hello-http is scaled 1 → 5 → 2', async () => {
  const { api, proxy, pod, close } = await cluster();
  api.apply(SERVICES, SERVICE);
  await pod('caller', 1);
  const pods = new Map([[2, await pod('hello-http', 2)]]);
  api.apply(ENDPOINT_SLICES, slice([2]));
  await proxy.synced;
  const answers = new Map<string, number>();
  let done = false;
  const client = async () => {
    while (!done) {
      const answer = await ask(1);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: 4 }, client);
  for (let i = 3; i <= 6; i++) {
    pods.set(i, await pod('hello-http', i));
    api.apply(ENDPOINT_SLICES, slice([...pods.keys()]));
    await sleep(60);
  }
  for (let i = 2; i <= 4; i++) {
    const ending = pods.get(i)!;
    pods.delete(i);
    api.apply(ENDPOINT_SLICES, slice([...pods.keys()]));
    await sleep(60);
    await ending.stop(1000);
  }
  await sleep(50);
  done = true;
  await Promise.all(clients);
  await close();
  const failed = [...answers].filter(([answer]) => !answer.startsWith('200 '));
  assert.equal(failed, []);
  assert.is(answers.size, 5, [...answers.keys()].join('\n'));
});

test('a pod that is gone, though still an endpoint, costs no request', async () => {
  const { api, proxy, pod, close } = await cluster();
  api.apply(SERVICES, SERVICE);
  await pod('caller', 1);
  await pod('hello-http', 2);
  const dying = await pod('hello-http', 3);
  api.apply(ENDPOINT_SLICES, slice([2, 3]));
  await proxy.synced;
  await sleep(20);
  assert.is.not(await ask(1), await ask(1));
  await dying.kill();
  for (let i = 0; i < 20; i++) assert.match(await ask(1), 'Hello from hello-http-2');
  await close();
});

test.run();
