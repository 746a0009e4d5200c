/** The wire: media types in and out, discovery, OpenAPI, health, version, headers, limits, errors. */
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeCbor } from '../../control/codec/cbor-decode.ts';
import { encodeCbor } from '../../control/codec/cbor-encode.ts';
import { ADMIN, startTestServer } from '../lib/api-server.ts';

const test = suite('wire');
const { call, as, server, close } = await startTestServer();
type Body = string | Uint8Array<ArrayBuffer>;
const MAPS = '/api/v1/namespaces/default/configmaps';
const send = (method: string, path: string, body: Body | undefined, headers: Record<string, string>) =>
  server.fetch(new Request(`http://test${path}`, { method, body, headers }), { identity: ADMIN });

await call('POST', MAPS, { metadata: { name: 'm' }, data: { a: 'b' } });

test('Accept: the first form that can be served, JSON by default, else 406', async () => {
  const cases: [string, string][] = [
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/json, */*', 'application/json'],
    ['application/vnd.kubernetes.protobuf,application/json', 'application/json'],
    ['application/vnd.kubernetes.protobuf, */*', 'application/json'],
    ['application/yaml', 'application/yaml'],
    ['application/cbor', 'application/cbor'],
    ['application/json;q=0.9,application/cbor;q=1', 'application/cbor'],
    ['application/json;as=Table;v=v2;g=meta.k8s.io,application/json', 'application/json'],
  ];
  for (const [accept, type] of cases) {
    const { code, headers } = await call('GET', `${MAPS}/m`, undefined, accept === '' ? {} : { accept });
    assert.is(code, 200, accept);
    assert.is(headers.get('content-type'), type, accept);
  }
  const refused = await call('GET', `${MAPS}/m`, undefined, { accept: 'image/png' });
  assert.is(refused.code, 406);
  assert.is(refused.body.reason, 'NotAcceptable');
});

test('YAML and CBOR say the same as JSON', async () => {
  const { body } = await call('GET', `${MAPS}/m`);
  const yaml = await call('GET', `${MAPS}/m`, undefined, { accept: 'application/yaml' });
  assert.match(yaml.text, /^apiVersion: v1\ndata:\n {2}a: b\nkind: ConfigMap\n/);
  const response = await send('GET', `${MAPS}/m`, undefined, { accept: 'application/cbor' });
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.equal([...bytes.subarray(0, 3)], [0xd9, 0xd9, 0xf7]);
  assert.equal(decodeCbor(bytes), body);
});

test('bodies in YAML, CBOR, protobuf and without a type', async () => {
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-yaml\ndata:\n  a: "1"\n';
  assert.is((await call('POST', MAPS, yaml, { 'content-type': 'application/yaml' })).body.data.a, '1');
  const cbor = encodeCbor({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'from-cbor' } });
  assert.is((await send('POST', MAPS, cbor, { 'content-type': 'application/cbor' })).status, 201);
  // runtime.Unknown of v1 ConfigMap, whose metadata (1) has the name (1) "from-pb" and whose data (2) maps "a" to "1".
  const raw = [0x0a, 9, 0x0a, 7, ...Buffer.from('from-pb'), 0x12, 6, 0x0a, 1, 0x61, 0x12, 1, 0x31];
  const type = [0x0a, 2, ...Buffer.from('v1'), 0x12, 9, ...Buffer.from('ConfigMap')];
  const protobuf = Uint8Array.from([0x6b, 0x38, 0x73, 0, 0x0a, type.length, ...type, 0x12, raw.length, ...raw]);
  const made = await send('POST', MAPS, protobuf, { 'content-type': 'application/vnd.kubernetes.protobuf' });
  assert.is(made.status, 201);
  const { metadata, data } = (await made.json()) as { metadata: { name: string }; data: object };
  assert.is(metadata.name, 'from-pb');
  assert.equal(data, { a: '1' });
  const cases: [Body, string, number][] = [
    ['{}', 'text/csv', 415],
    [new Uint8Array([1, 2, 3]), 'application/vnd.kubernetes.protobuf', 400],
    [new Uint8Array([0xff]), 'application/cbor', 400],
    ['a: [', 'application/yaml', 400],
    ['', 'application/json', 400],
    ['[]', 'application/json', 400],
    ['null', 'application/json', 400],
  ];
  for (const [body, contentType, code] of cases) {
    const answer = await send('POST', MAPS, body, { 'content-type': contentType });
    assert.is(answer.status, code, `${contentType} ${body}`);
    assert.is(((await answer.json()) as { kind: string }).kind, 'Status');
  }
});

test('bodies over 3 MiB are refused, with and without a length', async () => {
  const big = JSON.stringify({ metadata: { name: 'big' }, data: { a: 'x'.repeat(3 << 20) } });
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(big));
      controller.close();
    },
  });
  const init = { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': 'application/json' } };
  for (const request of [new Request(`http://test${MAPS}`, init as RequestInit)]) {
    const answer = await server.fetch(request, { identity: ADMIN });
    assert.is(answer.status, 413);
    assert.is(((await answer.json()) as { reason: string }).reason, 'RequestEntityTooLarge');
  }
  const told = await send('POST', MAPS, big, { 'content-type': 'application/json', 'content-length': `${big.length}` });
  assert.is(told.status, 413);
});

test('discovery: aggregated in two versions, and the legacy lists', async () => {
  const base = 'application/json;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList';
  for (const version of ['v2', 'v2beta1']) {
    for (const path of ['/api', '/apis']) {
      const answer = await call('GET', path, undefined, { accept: `${base};v=${version},application/json` });
      assert.is(answer.body.kind, 'APIGroupDiscoveryList');
      assert.is(answer.body.apiVersion, `apidiscovery.k8s.io/${version}`);
      assert.match(answer.headers.get('content-type')!, new RegExp(`;v=${version};as=APIGroupDiscoveryList$`));
      const etag = answer.headers.get('etag')!;
      const again = await call('GET', path, undefined, { accept: `${base};v=${version}`, 'if-none-match': etag });
      assert.is(again.code, 304);
    }
  }
  assert.equal((await call('GET', '/api')).body.versions, ['v1']);
  const groups = (await call('GET', '/apis')).body.groups.map((g: { name: string }) => g.name);
  assert.ok(groups.includes('apps') && groups.includes('rbac.authorization.k8s.io') && !groups.includes(''));
  const core = (await call('GET', '/api/v1')).body;
  const eviction = core.resources.find((r: { name: string }) => r.name === 'pods/eviction');
  assert.is(eviction.group, 'policy');
  assert.is(eviction.kind, 'Eviction');
  assert.equal(core.resources.find((r: { name: string }) => r.name === 'pods').shortNames, ['po']);
  assert.is((await call('GET', '/apis/apps')).body.preferredVersion.version, 'v1');
  assert.is((await call('GET', '/apis/nope')).code, 404);
  assert.is((await call('GET', '/apis/apps/v9')).code, 404);
});

test('OpenAPI v3: what kubectl reads in it', async () => {
  const { body: index } = await call('GET', '/openapi/v3');
  const url = index.paths['apis/apps/v1'].serverRelativeURL;
  const { body: doc, headers } = await call('GET', url);
  assert.is(headers.get('cache-control'), 'public, immutable');
  assert.is((await call('GET', url.replace(/hash=.*/, 'hash=OLD'))).code, 301);
  for (const path of ['', '/status']) {
    const { patch } = doc.paths[`/apis/apps/v1/namespaces/{namespace}/deployments/{name}${path}`];
    assert.equal(patch['x-kubernetes-group-version-kind'], { group: 'apps', version: 'v1', kind: 'Deployment' });
    assert.ok(
      patch.parameters.some((p: { name: string; in: string }) => p.name === 'fieldValidation' && p.in === 'query'),
    );
    assert.ok('application/strategic-merge-patch+json' in patch.requestBody.content);
  }
  const { schemas } = doc.components;
  assert.equal(schemas['io.k8s.api.apps.v1.Deployment']['x-kubernetes-group-version-kind'], [
    { group: 'apps', version: 'v1', kind: 'Deployment' },
  ]);
  const { containers } = schemas['io.k8s.api.core.v1.PodSpec'].properties;
  assert.is(containers['x-kubernetes-patch-merge-key'], 'name');
  assert.is(containers['x-kubernetes-patch-strategy'], 'merge');
  assert.ok(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector'].properties.matchLabels);
  for (const [, ref] of JSON.stringify(doc).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    assert.ok(schemas[ref!], `${ref} is referred to and not there`);
  }
  assert.not.match(JSON.stringify(doc), /x-proto|x-definition/);
});

test('OpenAPI v2: seven bytes of protobuf under the name that kubectl can parse', async () => {
  const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
  const answer = await send('GET', '/openapi/v2', undefined, { accept });
  assert.is(answer.headers.get('content-type'), 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  assert.equal([...new Uint8Array(await answer.arrayBuffer())], [0x0a, 3, 0x32, 0x2e, 0x30, 0x12, 0]);
  assert.is((await call('GET', '/openapi/v2')).body.swagger, '2.0');
});

test('what is large is compressed for those who take it', async () => {
  const data = { text: 'y'.repeat(200_000) };
  await call('POST', MAPS, { metadata: { name: 'large' }, data });
  const answer = await send('GET', `${MAPS}/large`, undefined, { 'accept-encoding': 'gzip' });
  assert.is(answer.headers.get('content-encoding'), 'gzip');
  assert.is(answer.headers.get('vary'), 'Accept-Encoding');
  const object = JSON.parse(gunzipSync(new Uint8Array(await answer.arrayBuffer())).toString());
  assert.equal(object.data, data);
  assert.is(
    (await send('GET', `${MAPS}/m`, undefined, { 'accept-encoding': 'gzip' })).headers.get('content-encoding'),
    null,
  );
});

test('headers of every answer', async () => {
  const { headers } = await call('GET', `${MAPS}/m`, undefined, { 'audit-id': 'abc-1' });
  assert.is(headers.get('audit-id'), 'abc-1');
  assert.is(headers.get('cache-control'), 'no-cache, private');
  assert.match((await call('GET', '/nope')).headers.get('audit-id') ?? '', /^[0-9a-f-]{36}$/);
});

test('version and health', async () => {
  const { body } = await call('GET', '/version');
  assert.is(`${body.major}.${body.minor}`, '1.32');
  for (const key of ['gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform']) {
    assert.type(body[key], 'string');
  }
  for (const path of ['/healthz', '/livez', '/readyz']) assert.is((await call('GET', path)).text, 'ok');
  assert.match((await call('GET', '/readyz?verbose')).text, /^\[\+\]ping ok\n(.*\n)*readyz check passed\n$/);
  assert.ok((await call('GET', '/')).body.paths.includes('/apis/apps/v1'));
});

test('paths and methods that are not served', async () => {
  const cases: [string, string, number][] = [
    ['GET', '/nope', 404],
    ['GET', '/api/v1/nopes', 404],
    ['GET', '/apis/apps/v1/namespaces/default/nopes/x', 404],
    ['GET', '/api/v1/namespaces/default/nodes/x', 404],
    ['GET', '/api/v1/pods/x', 404],
    ['GET', '/api/v1/namespaces/default/configmaps/m/status', 404],
    ['POST', '/api/v1/configmaps', 404],
    ['POST', `${MAPS}/m`, 405],
    ['PUT', MAPS, 405],
    ['GET', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 405],
    ['GET', '/api/v1/namespaces/default/configmaps/%E0%A4%A', 404],
    // With rights in one namespace nobody reaches another.
    ['GET', '/api/v1/namespaces/default/namespaces', 404],
    ['GET', '/api/v1/namespaces/default/namespaces/kube-system', 404],
    ['PUT', '/api/v1/namespaces/default/namespaces/kube-system/finalize', 404],
    ['POST', '/api/v1/namespaces/default/namespaces', 404],
    ['DELETE', '/api/v1/namespaces/default/namespaces/kube-system', 404],
    ['POST', '/api/v1/watch/pods', 404],
    ['GET', '/healthz/__proto__', 404],
    ['GET', '/healthz/constructor', 404],
  ];
  for (const [method, path, code] of cases) {
    const answer = await call(method, path, method === 'GET' ? undefined : {});
    assert.is(answer.code, code, `${method} ${path}: ${answer.text}`);
    if (!path.startsWith('/healthz')) assert.is(answer.body.kind, 'Status');
  }
});

test('who may not is told so in the words of RBAC', async () => {
  const nobody = as({ name: 'jane', groups: ['system:authenticated'] });
  const refused = await nobody('GET', '/api/v1/namespaces/default/pods');
  assert.is(refused.code, 403);
  assert.is(
    refused.body.message,
    'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
  );
  assert.is((await nobody('GET', '/api')).code, 200);
  assert.is((await as({ name: 'system:anonymous', groups: ['system:unauthenticated'] })('GET', '/healthz')).code, 200);
  assert.is((await as({ name: 'system:anonymous', groups: ['system:unauthenticated'] })('GET', '/api')).code, 403);
});

test('impersonation: for those who may', async () => {
  const asked = await call(
    'POST',
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    {},
    {
      'impersonate-user': 'jane',
      'impersonate-group': 'dev',
    },
  );
  assert.is(asked.body.status.userInfo.username, 'jane');
  assert.equal(asked.body.status.userInfo.groups, ['dev', 'system:authenticated']);
  const who = async (headers: Record<string, string>) =>
    (await call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers)).body;
  const odd = await who({ 'impersonate-user': 'jane', 'impersonate-extra-%zz': 'a', 'impersonate-extra-b%2fc': 'd' });
  assert.equal(odd.status.userInfo.extra, { '%zz': ['a'], 'b/c': ['d'] });
  assert.is((await who({ 'impersonate-extra-scopes': 'a' })).code, 400);
  const nobody = as({ name: 'jane', groups: ['system:authenticated'] });
  const refused = await nobody('GET', '/api', undefined, { 'impersonate-user': 'root' });
  assert.is(refused.code, 403);
  assert.match(refused.body.message, /^users "root" is forbidden: User "jane" cannot impersonate resource "users"/);
});

test.after(close);
test.run();
