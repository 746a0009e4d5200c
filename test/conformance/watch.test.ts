/** Watches: what is there, what changes, what no longer matches, bookmarks, time, and the end. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ADMIN, startTestServer } from '../lib/api-server.ts';

const test = suite('watch');
const { call, server, store, close } = await startTestServer();
const MAPS = '/api/v1/namespaces/default/configmaps';
const MERGE = { 'content-type': 'application/merge-patch+json' };

interface Event {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into has many shapes
  object: any;
}

/** `next` resolves with the next event, or undefined when the stream has ended. */
async function watch(query: string, headers: Record<string, string> = {}) {
  const leave = new AbortController();
  const request = new Request(`http://test${MAPS}?watch=true&${query}`, { headers, signal: leave.signal });
  const response = await server.fetch(request, { identity: ADMIN });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<Event | undefined> => {
    while (!text.includes('\n')) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += value;
    }
    const line = text.slice(0, text.indexOf('\n'));
    text = text.slice(line.length + 1);
    return JSON.parse(line);
  };
  return { response, next, leave: () => leave.abort(), cancel: () => reader.cancel() };
}
const shown = (event: Event | undefined) => `${event?.type} ${event?.object?.metadata?.name}`;

test('from a revision: every change once, in order, with the revision it happened at', async () => {
  const from = store.revision();
  await call('POST', MAPS, { metadata: { name: 'a' } });
  const { response, next, leave } = await watch(`resourceVersion=${from}`);
  assert.is(response.headers.get('content-type'), 'application/json');
  assert.is(shown(await next()), 'ADDED a');
  const patched = await call('PATCH', `${MAPS}/a`, { data: { x: '1' } }, MERGE);
  const modified = await next();
  assert.is(shown(modified), 'MODIFIED a');
  assert.equal(modified!.object, patched.body);
  await call('DELETE', `${MAPS}/a`);
  const deleted = await next();
  assert.is(shown(deleted), 'DELETED a');
  assert.is(deleted!.object.data.x, '1');
  assert.ok(Number(deleted!.object.metadata.resourceVersion) > Number(patched.body.metadata.resourceVersion));
  leave();
  assert.is(await next(), undefined);
});

test('without a revision: first what is there', async () => {
  await call('POST', MAPS, { metadata: { name: 'b' } });
  for (const query of ['', 'resourceVersion=0']) {
    const { next, cancel } = await watch(query);
    assert.is(shown(await next()), 'ADDED b');
    await cancel();
  }
});

test('sendInitialEvents: what is there, then a bookmark that says so', async () => {
  const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const { next, cancel } = await watch(query);
  assert.is(shown(await next()), 'ADDED b');
  const bookmark = await next();
  assert.is(bookmark!.type, 'BOOKMARK');
  assert.is(bookmark!.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
  assert.is(bookmark!.object.metadata.resourceVersion, String(store.revision()));
  await cancel();
  assert.is((await watch('sendInitialEvents=true')).response.status, 422);
  assert.is((await watch('resourceVersionMatch=NotOlderThan&resourceVersion=1')).response.status, 422);
});

test('selectors: what begins to match is added, what stops is deleted', async () => {
  const from = store.revision();
  const { next, cancel } = await watch(`resourceVersion=${from}&labelSelector=on%3Dyes`);
  await call('POST', MAPS, { metadata: { name: 'c' } });
  const on = await call('PATCH', `${MAPS}/c`, { metadata: { labels: { on: 'yes' } } }, MERGE);
  const added = await next();
  assert.is(shown(added), 'ADDED c');
  assert.equal(added!.object, on.body);
  await call('PATCH', `${MAPS}/c`, { data: { x: '1' } }, MERGE);
  assert.is(shown(await next()), 'MODIFIED c');
  const off = await call('PATCH', `${MAPS}/c`, { metadata: { labels: { on: 'no' } } }, MERGE);
  const deleted = await next();
  assert.is(shown(deleted), 'DELETED c');
  // The old state at the new revision.
  assert.is(deleted!.object.metadata.labels.on, 'yes');
  assert.is(deleted!.object.metadata.resourceVersion, off.body.metadata.resourceVersion);
  await cancel();
});

test('one object by field selector', async () => {
  const { next, cancel } = await watch(`resourceVersion=${store.revision()}&fieldSelector=metadata.name%3Dd`);
  await call('POST', MAPS, { metadata: { name: 'other' } });
  await call('POST', MAPS, { metadata: { name: 'd' } });
  assert.is(shown(await next()), 'ADDED d');
  await cancel();
});

test('the old path of one name shows that name alone, over all namespaces too', async () => {
  await call('POST', MAPS, { metadata: { name: 'only' } });
  const request = new Request('http://test/api/v1/watch/configmaps/only?timeoutSeconds=1');
  const text = await (await server.fetch(request, { identity: ADMIN })).text();
  assert.equal(
    text
      .trim()
      .split('\n')
      .map(line => shown(JSON.parse(line))),
    ['ADDED only'],
  );
});

test('a watch ends when its time is over', async () => {
  const { next } = await watch(`resourceVersion=${store.revision()}&timeoutSeconds=1`);
  assert.is(await next(), undefined);
});

test('history that is gone: an ERROR event with 410', async () => {
  await call('PATCH', `${MAPS}/d`, { data: { a: 'b' } }, MERGE);
  await store.compact(store.revision());
  const { response, next } = await watch('resourceVersion=2');
  assert.is(response.status, 200);
  const event = await next();
  assert.is(event!.type, 'ERROR');
  assert.is(event!.object.code, 410);
  assert.is(event!.object.reason, 'Expired');
  assert.is(await next(), undefined);
});

test('as a Table: one row per event, the columns with the first', async () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const { next, cancel } = await watch(`resourceVersion=${store.revision()}`, { accept });
  await call('POST', MAPS, { metadata: { name: 'e' } });
  await call('POST', MAPS, { metadata: { name: 'f' } });
  const [first, second] = [await next(), await next()];
  assert.is(first!.object.kind, 'Table');
  assert.is(first!.object.columnDefinitions.length, 3);
  assert.is(second!.object.columnDefinitions.length, 0);
  assert.is(second!.object.rows[0].cells[0], 'f');
  await cancel();
});

test('a thousand watchers share an event, and leave nothing behind', async () => {
  const from = store.revision();
  const watchers = await Promise.all(Array.from({ length: 1000 }, () => watch(`resourceVersion=${from}`)));
  const begun = performance.now();
  const all = watchers.map(w => w.next());
  await call('POST', MAPS, { metadata: { name: 'for-all' } });
  for (const event of await Promise.all(all)) assert.is(shown(event), 'ADDED for-all');
  assert.ok(performance.now() - begun < 5_000);
  for (const { leave } of watchers) leave();
  for (const { next } of watchers) assert.is(await next(), undefined);
});

test('a watcher that does not read is cut off and costs nothing', async () => {
  const { response, leave } = await watch(`resourceVersion=${store.revision()}`);
  assert.is(response.status, 200);
  for (let i = 0; i < 200; i++) await call('PATCH', `${MAPS}/d`, { data: { i: `${i}` } }, MERGE);
  leave();
});

test.after(close);
test.run();
