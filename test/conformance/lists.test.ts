/** Lists: chunks of one revision, selectors, revisions asked for, forms (Table, metadata), and what is refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startTestServer } from '../lib/api-server.ts';

const test = suite('lists');
const { call, store, close } = await startTestServer();
const MAPS = '/api/v1/namespaces/default/configmaps';
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

for (let i = 0; i < 10; i++) {
  await call('POST', MAPS, {
    metadata: { name: `m${i}`, labels: { parity: i % 2 ? 'odd' : 'even' } },
    data: { i: `${i}` },
  });
}
const namesOf = (answer: { body: { items: { metadata: { name: string } }[] } }) =>
  answer.body.items.map(item => item.metadata.name);

test('a list names its kind and revision, and holds the objects in order', async () => {
  const all = await call('GET', MAPS);
  assert.is(all.body.kind, 'ConfigMapList');
  assert.is(all.body.apiVersion, 'v1');
  assert.is(all.body.metadata.resourceVersion, String(store.revision()));
  assert.equal(namesOf(all), ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9']);
  assert.equal(all.body.items[3], (await call('GET', `${MAPS}/m3`)).body);
  assert.equal((await call('GET', '/api/v1/namespaces/none/configmaps')).body.items, []);
});

test('chunks are of one revision, whatever is written in between', async () => {
  const first = await call('GET', `${MAPS}?limit=4`);
  assert.is(first.body.metadata.remainingItemCount, 6);
  await call('POST', MAPS, { metadata: { name: 'm4x' } });
  await call('DELETE', `${MAPS}/m4x`);
  const names = namesOf(first);
  let token = first.body.metadata.continue;
  while (token) {
    const next = await call('GET', `${MAPS}?limit=4&continue=${encodeURIComponent(token)}`);
    assert.is(next.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
    names.push(...namesOf(next));
    token = next.body.metadata.continue;
  }
  assert.is(names.length, 10);
  assert.is(new Set(names).size, 10);
});

test('chunks of a selection carry no count', async () => {
  const first = await call('GET', `${MAPS}?limit=2&labelSelector=parity%3Dodd`);
  assert.equal(namesOf(first), ['m1', 'm3']);
  assert.is(first.body.metadata.remainingItemCount, undefined);
  const token = encodeURIComponent(first.body.metadata.continue);
  const rest = await call('GET', `${MAPS}?labelSelector=parity%3Dodd&continue=${token}`);
  assert.equal(namesOf(rest), ['m5', 'm7', 'm9']);
  assert.is(rest.body.metadata.continue, undefined);
  // Exactly as many as there are: no token that leads to nothing.
  assert.is((await call('GET', `${MAPS}?limit=10`)).body.metadata.continue, undefined);
});

test('a chunk of a revision that is gone: 410, with a token to go on', async () => {
  const first = await call('GET', `${MAPS}?limit=4`);
  await call('PATCH', `${MAPS}/m0`, { data: { x: 'y' } }, { 'content-type': 'application/merge-patch+json' });
  await store.compact(store.revision());
  const gone = await call('GET', `${MAPS}?limit=4&continue=${encodeURIComponent(first.body.metadata.continue)}`);
  assert.is(gone.code, 410);
  assert.is(gone.body.reason, 'Expired');
  const rest = await call('GET', `${MAPS}?continue=${encodeURIComponent(gone.body.metadata.continue)}`);
  assert.equal(namesOf(rest), ['m4', 'm5', 'm6', 'm7', 'm8', 'm9']);
  assert.is((await call('GET', `${MAPS}?resourceVersion=1&resourceVersionMatch=Exact`)).code, 410);
});

test('selectors', async () => {
  const cases: [string, number][] = [
    ['labelSelector=parity%3Deven', 5],
    ['labelSelector=parity+in+(odd,even),parity!%3Dodd', 5],
    ['labelSelector=!parity', 0],
    ['fieldSelector=metadata.name%3Dm3', 1],
    ['fieldSelector=metadata.name!%3Dm3', 9],
    ['fieldSelector=metadata.name%3Dm3&labelSelector=parity%3Deven', 0],
    ['fieldSelector=metadata.namespace%3Dother', 0],
  ];
  for (const [query, count] of cases) assert.is(namesOf(await call('GET', `${MAPS}?${query}`)).length, count, query);
  const bad = await call('GET', `${MAPS}?fieldSelector=data.i%3D1`);
  assert.is(bad.code, 400);
  assert.match(bad.body.message, /"data.i" is not a known field selector: only "metadata.name", "metadata.namespace"/);
  assert.is((await call('GET', `${MAPS}?labelSelector=%3D%3D`)).code, 400);
});

test('resourceVersion and its match', async () => {
  const revision = String(store.revision());
  const cases: [string, number][] = [
    ['resourceVersion=0', 200],
    [`resourceVersion=${revision}`, 200],
    [`resourceVersion=${revision}&resourceVersionMatch=Exact`, 200],
    [`resourceVersion=${revision}&resourceVersionMatch=NotOlderThan`, 200],
    ['resourceVersionMatch=Exact', 422],
    ['resourceVersion=0&resourceVersionMatch=Exact', 422],
    [`resourceVersion=${revision}&resourceVersionMatch=Sometimes`, 422],
    ['resourceVersion=x', 400],
    ['limit=x', 400],
    ['continue=x', 400],
    ['sendInitialEvents=true', 422],
  ];
  for (const [query, code] of cases) assert.is((await call('GET', `${MAPS}?${query}`)).code, code, query);
});

test('a revision of the future is waited for, and then refused', async () => {
  const future = store.revision() + 1;
  const waiting = call('GET', `${MAPS}?resourceVersion=${future}`);
  await call('POST', MAPS, { metadata: { name: 'z-later' } });
  assert.ok(namesOf(await waiting).includes('z-later'));
  const never = await call('GET', `${MAPS}/m0?resourceVersion=${store.revision() + 1000}`);
  assert.is(never.code, 504);
  assert.is(never.body.details.causes[0].reason, 'ResourceVersionTooLarge');
});

test('Table: columns of the Kind, rows with metadata, the object or nothing', async () => {
  const { body } = await call('GET', MAPS, undefined, TABLE);
  assert.is(body.kind, 'Table');
  assert.equal(
    body.columnDefinitions.map((c: { name: string }) => c.name),
    ['Name', 'Data', 'Age'],
  );
  assert.is(body.columnDefinitions[0].format, 'name');
  assert.equal(body.rows[1].cells.slice(0, 2), ['m1', 1]);
  assert.is(body.rows[1].object.kind, 'PartialObjectMetadata');
  const full = await call('GET', `${MAPS}?includeObject=Object`, undefined, TABLE);
  assert.is(full.body.rows[1].object.kind, 'ConfigMap');
  const none = await call('GET', `${MAPS}/m1?includeObject=None`, undefined, TABLE);
  assert.is(none.body.rows.length, 1);
  assert.is(none.body.rows[0].object, undefined);
  assert.is((await call('GET', `${MAPS}?includeObject=Some`, undefined, TABLE)).code, 400);
});

test('metadata alone', async () => {
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
  const { body } = await call('GET', MAPS, undefined, { accept });
  assert.is(body.kind, 'PartialObjectMetadataList');
  assert.equal(Object.keys(body.items[0]).sort(), ['apiVersion', 'kind', 'metadata']);
});

test('long lists arrive whole, streamed and compressed', async () => {
  const data = { text: 'x'.repeat(20_000) };
  for (let i = 0; i < 40; i++)
    await call('POST', '/api/v1/namespaces/kube-system/configmaps', { metadata: { name: `big${i}` }, data });
  const plain = await call('GET', '/api/v1/namespaces/kube-system/configmaps');
  assert.is(plain.body.items.length, 40);
  const request = await call('GET', '/api/v1/namespaces/kube-system/configmaps', undefined, {
    'accept-encoding': 'gzip',
  });
  assert.is(request.headers.get('content-encoding'), 'gzip');
  assert.ok(request.text.length < 100_000);
});

test.after(close);
test.run();
