/** Create, update, patch, delete: what clients of Kubernetes rely on, one case per behaviour, by raw requests. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startTestServer } from '../lib/api-server.ts';

const test = suite('objects');
const { call, close } = await startTestServer();
const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };

let serial = 0;
const fresh = (prefix = 'o'): string => `${prefix}${++serial}`;
const map = (name: string, data: Record<string, string> = { a: '1' }, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});
const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'hello:v1' }], ...spec },
});
const deployment = (name: string) => ({
  metadata: { name },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'hello:v1' }] } },
  },
});

test('create stamps what only the server knows and ignores what clients claim', async () => {
  const claimed = { uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', generation: 7, selfLink: '/x' };
  const { code, body } = await call('POST', MAPS, map(fresh(), {}, claimed));
  assert.is(code, 201);
  assert.match(body.metadata.uid, /^[0-9a-f-]{36}$/);
  assert.is.not(body.metadata.creationTimestamp, claimed.creationTimestamp);
  assert.is(body.metadata.generation, undefined);
  assert.is(body.metadata.namespace, 'default');
  assert.match(body.metadata.resourceVersion, /^\d+$/);
});

test('create: what is refused, and how', async () => {
  const name = fresh();
  await call('POST', MAPS, map(name));
  const cases: [string, unknown, number, string, RegExp][] = [
    [MAPS, map(name), 409, 'AlreadyExists', /^configmaps "o\d+" already exists$/],
    [MAPS, map(fresh(), {}, { resourceVersion: '5' }), 400, 'BadRequest', /resourceVersion should not be set/],
    [MAPS, map(fresh(), {}, { namespace: 'other' }), 400, 'BadRequest', /does not match the namespace sent/],
    [MAPS, map('Bad_Name'), 422, 'Invalid', /^ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value/],
    [MAPS, { metadata: {} }, 422, 'Invalid', /name or generateName is required/],
    [
      MAPS,
      { ...map(fresh()), kind: 'Secret' },
      400,
      'BadRequest',
      /Secret in version "v1" cannot be handled as a Config/,
    ],
    [MAPS, { ...map(fresh()), apiVersion: 'v2' }, 400, 'BadRequest', /API version in the data \(v2\) does not match/],
    [MAPS, map(fresh(), { a: 1 as never }), 400, 'BadRequest', /cannot unmarshal number .* of type string/],
    [MAPS, '{"metadata":', 400, 'BadRequest', /./],
    ['/api/v1/namespaces/nowhere/configmaps', map(fresh()), 404, 'NotFound', /^namespaces "nowhere" not found$/],
    [PODS, pod(fresh(), { serviceAccountName: 'x' }), 403, 'Forbidden', /serviceaccount "x" not found$/],
    [PODS, pod(fresh(), { runtimeClassName: 'x' }), 403, 'Forbidden', /pod rejected: RuntimeClass "x" not found$/],
    [PODS, pod(fresh(), { priorityClassName: 'x' }), 403, 'Forbidden', /no PriorityClass with name x was found$/],
    [PODS, pod(fresh(), { containers: [] }), 422, 'Invalid', /spec.containers: Required value/],
  ];
  for (const [path, body, code, reason, message] of cases) {
    const answer = await call('POST', path, body);
    assert.is(answer.code, code, `${path} ${JSON.stringify(body)}: ${answer.text}`);
    assert.is(answer.body.reason, reason);
    assert.is(answer.body.kind, 'Status');
    assert.match(answer.body.message, message);
  }
});

test('generateName adds five characters, and tries others when one is taken', async () => {
  const names = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const { code, body } = await call('POST', MAPS, { metadata: { generateName: 'gen-' } });
    assert.is(code, 201);
    assert.match(body.metadata.name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    names.add(body.metadata.name);
  }
  assert.is(names.size, 20);
});

test('unknown and duplicate fields: Strict refuses, Warn warns, Ignore is silent', async () => {
  const bad = (name: string) => JSON.stringify({ ...map(name), bogus: 1 }).replace('{"a":"1"}', '{"a":"1","a":"2"}');
  const strict = await call('POST', `${MAPS}?fieldValidation=Strict`, bad(fresh()), {
    'content-type': 'application/json',
  });
  assert.is(strict.code, 400);
  assert.is(
    strict.body.message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.a", unknown field "bogus"',
  );
  const warned = await call('POST', MAPS, bad(fresh()), { 'content-type': 'application/json' });
  assert.is(warned.code, 201);
  assert.match(
    warned.headers.get('warning') ?? '',
    /299 - "duplicate field \\"data.a\\"", 299 - "unknown field \\"bogus\\""/,
  );
  assert.is(warned.body.bogus, undefined);
  const silent = await call('POST', `${MAPS}?fieldValidation=Ignore`, bad(fresh()), {
    'content-type': 'application/json',
  });
  assert.is(silent.code, 201);
  assert.is(silent.headers.get('warning'), null);
  assert.is((await call('POST', `${MAPS}?fieldValidation=Maybe`, map(fresh()))).code, 422);
});

test('dryRun=All answers like the real thing and leaves nothing behind', async () => {
  const name = fresh();
  const created = await call('POST', `${MAPS}?dryRun=All`, map(name));
  assert.is(created.code, 201);
  assert.ok(created.body.metadata.uid);
  assert.is(created.body.metadata.resourceVersion, undefined);
  assert.is((await call('GET', `${MAPS}/${name}`)).code, 404);
  const real = await call('POST', MAPS, map(name));
  assert.is((await call('POST', `${MAPS}?dryRun=All`, map(name))).code, 409);
  const patched = await call('PATCH', `${MAPS}/${name}?dryRun=All`, { data: { b: '2' } }, MERGE);
  assert.equal(patched.body.data, { a: '1', b: '2' });
  assert.is((await call('DELETE', `${MAPS}/${name}?dryRun=All`)).code, 200);
  const after = await call('GET', `${MAPS}/${name}`);
  assert.equal(after.body, real.body);
  assert.is((await call('POST', `${MAPS}?dryRun=Some`, map(fresh()))).code, 422);
});

test('a write that changes nothing keeps the resourceVersion', async () => {
  const name = fresh();
  const { body } = await call('POST', MAPS, map(name));
  const put = await call('PUT', `${MAPS}/${name}`, body);
  assert.is(put.body.metadata.resourceVersion, body.metadata.resourceVersion);
  const patch = await call('PATCH', `${MAPS}/${name}`, { data: { a: '1' } }, MERGE);
  assert.is(patch.body.metadata.resourceVersion, body.metadata.resourceVersion);
});

test('update: optimistic concurrency, identity, unconditional overwrite', async () => {
  const name = fresh();
  const { body: first } = await call('POST', MAPS, map(name));
  const second = await call('PUT', `${MAPS}/${name}`, { ...first, data: { a: '2' } });
  assert.is(second.code, 200);
  const stale = await call('PUT', `${MAPS}/${name}`, { ...first, data: { a: '3' } });
  assert.is(stale.code, 409);
  assert.is(
    stale.body.message,
    `Operation cannot be fulfilled on configmaps "${name}": the object has been modified; please apply your changes to the latest version and try again`,
  );
  const blind = await call('PUT', `${MAPS}/${name}`, map(name, { a: '4' }));
  assert.is(blind.code, 200);
  assert.is(blind.body.metadata.uid, first.metadata.uid);
  assert.is(blind.body.metadata.creationTimestamp, first.metadata.creationTimestamp);
  assert.is((await call('PUT', `${MAPS}/${name}`, map('other'))).code, 400);
  assert.is((await call('PUT', `${MAPS}/${name}`, map(name, {}, { uid: 'wrong' }))).code, 409);
  assert.is((await call('PUT', `${MAPS}/absent`, map('absent'))).code, 404);
  assert.is((await call('PUT', `${MAPS}/${name}`, map(name, { a: '5' }), { 'content-type': '' })).code, 200);
});

test('the three patches, and what they refuse', async () => {
  const name = fresh();
  await call('POST', DEPLOYMENTS, deployment(name));
  const path = `${DEPLOYMENTS}/${name}`;
  const strategic = { spec: { template: { spec: { containers: [{ name: 'side', image: 'b' }] } } } };
  const merged = await call('PATCH', path, strategic, STRATEGIC);
  assert.equal(
    merged.body.spec.template.spec.containers.map((c: { name: string }) => c.name),
    ['side', 'main'],
  );
  const gone = { spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } } };
  assert.is((await call('PATCH', path, gone, STRATEGIC)).body.spec.template.spec.containers.length, 1);
  const json = await call('PATCH', path, [{ op: 'replace', path: '/spec/replicas', value: 5 }], JSON_PATCH);
  assert.is(json.body.spec.replicas, 5);
  assert.is((await call('PATCH', path, { metadata: { labels: { x: 'y' } } }, MERGE)).body.metadata.labels.x, 'y');
  assert.is((await call('PATCH', path, { metadata: { labels: null } }, MERGE)).body.metadata.labels, undefined);
  const cases: [unknown, Record<string, string>, number][] = [
    [[{ op: 'test', path: '/spec/replicas', value: 99 }], JSON_PATCH, 422],
    [{ spec: { replicas: 'x' } }, MERGE, 400],
    [{ spec: { replicas: -1 } }, MERGE, 422],
    [{ metadata: { resourceVersion: '1' }, spec: { replicas: 1 } }, MERGE, 409],
    [{ metadata: { name: 'other' } }, MERGE, 400],
    [{}, { 'content-type': 'application/apply-patch+yaml' }, 415],
    [{}, { 'content-type': 'text/plain' }, 415],
    ['nonsense', MERGE, 400],
  ];
  for (const [patch, headers, code] of cases) {
    const answer = await call('PATCH', path, patch, headers);
    assert.is(answer.code, code, `${JSON.stringify(patch)}: ${answer.text}`);
  }
  assert.is((await call('PATCH', `${DEPLOYMENTS}/absent`, {}, MERGE)).code, 404);
});

test('generation counts changes of the spec and nothing else', async () => {
  const name = fresh();
  const path = `${DEPLOYMENTS}/${name}`;
  assert.is((await call('POST', DEPLOYMENTS, deployment(name))).body.metadata.generation, 1);
  assert.is((await call('PATCH', path, { metadata: { labels: { a: 'b' } } }, MERGE)).body.metadata.generation, 1);
  assert.is((await call('PATCH', `${path}/status`, { status: { replicas: 1 } }, MERGE)).body.metadata.generation, 1);
  assert.is((await call('PATCH', path, { spec: { replicas: 9 } }, MERGE)).body.metadata.generation, 2);
});

test('status and the rest are written by different doors', async () => {
  const name = fresh();
  const path = `${DEPLOYMENTS}/${name}`;
  const created = await call('POST', DEPLOYMENTS, { ...deployment(name), status: { replicas: 7 } });
  assert.is(created.body.status?.replicas, undefined);
  const main = await call('PATCH', path, { status: { replicas: 7 }, spec: { replicas: 3 } }, MERGE);
  assert.is(main.body.spec.replicas, 3);
  assert.is(main.body.status?.replicas, undefined);
  const status = await call('PATCH', `${path}/status`, { status: { replicas: 7 }, spec: { replicas: 99 } }, MERGE);
  assert.is(status.body.spec.replicas, 3);
  assert.is(status.body.status.replicas, 7);
});

test('delete: finalizers hold, preconditions must fit, policies become finalizers', async () => {
  const name = fresh();
  const path = `${MAPS}/${name}`;
  await call('POST', MAPS, map(name, {}, { finalizers: ['example.com/hold'] }));
  assert.is((await call('DELETE', path, { preconditions: { uid: 'wrong' } })).code, 409);
  const deleted = await call('DELETE', path, { kind: 'DeleteOptions', apiVersion: 'v1' });
  assert.is(deleted.code, 200);
  assert.ok(deleted.body.metadata.deletionTimestamp);
  assert.is(deleted.body.metadata.deletionGracePeriodSeconds, 0);
  const added = await call('PATCH', path, { metadata: { finalizers: ['example.com/hold', 'example.com/new'] } }, MERGE);
  assert.is(added.code, 422);
  assert.match(added.body.message, /no new finalizers can be added if the object is being deleted/);
  assert.is((await call('PATCH', path, { metadata: { finalizers: null } }, MERGE)).code, 200);
  assert.is((await call('GET', path)).code, 404);
  const policies: [object, string[] | undefined][] = [
    [{ propagationPolicy: 'Foreground' }, ['foregroundDeletion']],
    [{ propagationPolicy: 'Orphan' }, ['orphan']],
    [{ orphanDependents: true }, ['orphan']],
    [{ propagationPolicy: 'Background' }, undefined],
  ];
  for (const [options, finalizers] of policies) {
    const other = fresh();
    await call('POST', MAPS, map(other));
    const answer = await call('DELETE', `${MAPS}/${other}`, options);
    assert.equal(answer.body.metadata?.finalizers, finalizers);
    if (finalizers === undefined) assert.is(answer.body.status, 'Success');
  }
  assert.is((await call('DELETE', `${MAPS}/absent`)).code, 404);
  assert.is((await call('DELETE', path, { propagationPolicy: 'Sideways' })).code, 422);
});

test('pods end with grace once they are on a node, at once before', async () => {
  const waiting = fresh();
  await call('POST', PODS, pod(waiting));
  assert.is((await call('DELETE', `${PODS}/${waiting}`)).code, 200);
  assert.is((await call('GET', `${PODS}/${waiting}`)).code, 404);
  const name = fresh();
  const path = `${PODS}/${name}`;
  await call('POST', PODS, pod(name));
  const target = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: 'edge-0' } };
  assert.is((await call('POST', `${path}/binding`, target)).code, 201);
  const first = await call('DELETE', path);
  assert.is(first.body.metadata.deletionGracePeriodSeconds, 30);
  const longer = await call('DELETE', path, { gracePeriodSeconds: 60 });
  assert.is(longer.body.metadata.deletionTimestamp, first.body.metadata.deletionTimestamp);
  const shorter = await call('DELETE', path, { gracePeriodSeconds: 5 });
  assert.is(shorter.body.metadata.deletionGracePeriodSeconds, 5);
  assert.ok(shorter.body.metadata.deletionTimestamp < first.body.metadata.deletionTimestamp);
  assert.is((await call('DELETE', path, { gracePeriodSeconds: 0 })).code, 200);
  assert.is((await call('GET', path)).code, 404);
});

test('deletecollection deletes what the selectors mean', async () => {
  for (const color of ['red', 'red', 'blue']) await call('POST', MAPS, map(fresh(), {}, { labels: { color } }));
  const deleted = await call('DELETE', `${MAPS}?labelSelector=color%3Dred`);
  assert.is(deleted.code, 200);
  assert.is(deleted.body.items.length, 2);
  assert.is((await call('GET', `${MAPS}?labelSelector=color`)).body.items.length, 1);
});

test('a namespace stays while there is something to finalize, and takes nothing new', async () => {
  const name = fresh('ns');
  const path = `/api/v1/namespaces/${name}`;
  await call('POST', '/api/v1/namespaces', { metadata: { name } });
  const deleted = await call('DELETE', path);
  assert.is(deleted.body.status.phase, 'Terminating');
  const refused = await call('POST', `${path}/configmaps`, map(fresh()));
  assert.is(refused.code, 403);
  assert.match(refused.body.message, /unable to create new content in namespace ns\d+ because it is being terminated$/);
  const { body } = await call('GET', path);
  assert.is((await call('PUT', `${path}/finalize`, { ...body, spec: { finalizers: [] } })).code, 200);
  assert.is((await call('GET', path)).code, 404);
  assert.is((await call('DELETE', '/api/v1/namespaces/kube-system')).code, 403);
});

test.after(close);
test.run();
