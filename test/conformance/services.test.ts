/** Addresses of Services: chosen, asked for, refused, given back; two never have the same. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startTestServer } from '../lib/api-server.ts';

const test = suite('services');
const { call, close } = await startTestServer();
const SERVICES = '/api/v1/namespaces/default/services';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const create = (name: string, spec: object = {}) =>
  call('POST', SERVICES, { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });

test('an address and a node port are chosen from their ranges', async () => {
  const { code, body } = await create('a', { type: 'NodePort' });
  assert.is(code, 201);
  assert.match(body.spec.clusterIP, /^10\.96\.\d+\.\d+$/);
  assert.equal(body.spec.clusterIPs, [body.spec.clusterIP]);
  const { nodePort } = body.spec.ports[0];
  assert.ok(nodePort >= 30000 && nodePort <= 32767);
});

test('headless and external Services have none', async () => {
  const headless = (await create('headless', { clusterIP: 'None' })).body;
  assert.is(headless.spec.clusterIP, 'None');
  const external = (await create('external', { type: 'ExternalName', externalName: 'example.com' })).body;
  assert.is(external.spec.clusterIP, undefined);
});

test('what is taken is refused, until it is given back', async () => {
  assert.is((await create('b', { clusterIP: '10.96.0.77' })).code, 201);
  const taken = await create('c', { clusterIP: '10.96.0.77' });
  assert.is(taken.code, 422);
  assert.match(
    taken.body.message,
    /^Service "c" is invalid: spec.clusterIPs: Invalid value: .*10\.96\.0\.77.*: failed to allocate IP 10\.96\.0\.77: provided IP is already allocated$/,
  );
  const ports = [{ port: 80, nodePort: 30500 }];
  assert.is((await create('d', { type: 'NodePort', ports })).code, 201);
  const port = await create('e', { type: 'NodePort', ports });
  assert.is(port.code, 422);
  assert.match(port.body.message, /spec.ports\[0\].nodePort: Invalid value: 30500: provided port is already allocated/);
  await call('DELETE', `${SERVICES}/b`);
  await call('DELETE', `${SERVICES}/d`);
  assert.is((await create('c', { clusterIP: '10.96.0.77' })).code, 201);
  assert.is((await create('e', { type: 'NodePort', ports })).code, 201);
});

test('updates keep the address, and follow the type', async () => {
  const { body: first } = await create('f');
  const put = await call('PUT', `${SERVICES}/f`, {
    metadata: { name: 'f', resourceVersion: first.metadata.resourceVersion },
    spec: { ports: [{ port: 81 }] },
  });
  assert.is(put.code, 200, put.text);
  assert.is(put.body.spec.clusterIP, first.spec.clusterIP);
  const node = await call('PATCH', `${SERVICES}/f`, { spec: { type: 'NodePort' } }, MERGE);
  const { nodePort } = node.body.spec.ports[0];
  assert.ok(nodePort >= 30000, node.text);
  const other = { type: 'NodePort', ports: [{ port: 80, nodePort }] };
  assert.is((await create('g', other)).code, 422);
  const back = await call('PATCH', `${SERVICES}/f`, { spec: { type: 'ClusterIP' } }, MERGE);
  assert.is(back.body.spec.ports[0].nodePort, undefined, back.text);
  assert.is((await create('g', other)).code, 201);
});

test('many at once: all different', async () => {
  const made = await Promise.all(Array.from({ length: 300 }, (_, i) => create(`many-${i}`, { type: 'NodePort' })));
  assert.is(new Set(made.map(({ body }) => body.spec.clusterIP)).size, 300);
  assert.is(new Set(made.map(({ body }) => body.spec.ports[0].nodePort)).size, 300);
});

test('a dry run takes no address', async () => {
  const spec = { ports: [{ port: 80 }], clusterIP: '10.96.0.88' };
  await call('POST', `${SERVICES}?dryRun=All`, { metadata: { name: 'dry' }, spec });
  assert.is((await create('wet', { clusterIP: '10.96.0.88' })).code, 201);
});

test('addresses of another range are given, up to the last one, and none but those', async () => {
  const small = await startTestServer({ serviceCidr: '10.3.4.0/24' });
  const make = (name: string, spec: object = {}) =>
    small.call('POST', SERVICES, { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
  for (let i = 0; i < 20; i++) {
    const [a, b, c, d] = (await make(`s-${i}`)).body.spec.clusterIP.split('.').map(Number);
    assert.equal([a, b, c], [10, 3, 4]);
    assert.ok(d >= 16 && d < 255, String(d));
  }
  assert.is((await make('first', { clusterIP: '10.3.4.1' })).code, 201);
  for (const clusterIP of ['10.96.0.9', '10.3.4.0', '10.3.4.255']) {
    const { code, body } = await make('outside', { clusterIP });
    assert.is(code, 422);
    assert.ok(
      body.message.endsWith(
        `failed to allocate IP ${clusterIP}: the provided IP (${clusterIP}) is not in the valid range. The range of valid IPs is 10.3.4.0/24`,
      ),
      body.message,
    );
  }
  await small.close();
});

test.after(close);
test.run();
