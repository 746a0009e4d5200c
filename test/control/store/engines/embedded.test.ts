/** The embedded engine keeps the contract of the store, and what it was told survives a restart. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../../../control/platform/node.ts';
import { openEmbeddedStore } from '../../../../control/store/engines/embedded.ts';
import { restoreEmbeddedStore } from '../../../../control/store/engines/restore.ts';
import { storeContract } from '../../../contract/store.ts';
import { codeOf, collect, del, line, put, text } from '../../../contract/store-lines.ts';

const platform = createNodePlatform();
const root = await mkdtemp(join(tmpdir(), 'skerry-store-'));
let count = 0;
const fresh = () => join(root, `${++count}`);
process.on('exit', () => void rm(root, { recursive: true, force: true }));

storeContract('embedded', () => openEmbeddedStore({ directory: fresh(), platform }));

const test = suite('embedded store');
test.after(() => rm(root, { recursive: true, force: true }));

test('a restart keeps values, revisions, the past and the events of the past', async () => {
  const directory = fresh();
  const before = await openEmbeddedStore({ directory, platform });
  const from = before.revision();
  await before.txn([], [put('/a', '1'), put('/b', '1')]);
  await before.txn([], [put('/a', '2'), del('/b')]);
  const { revision } = await before.txn([], [put('/c', '3')]);
  await before.compact(from + 1);
  await before.close();

  const after = await openEmbeddedStore({ directory, platform });
  assert.ok(after.revision() > revision);
  assert.equal((await after.range('/', '0')).items.map(line), [
    `/a=2@${from + 2}/${from + 1}`,
    `/c=3@${from + 3}/${from + 3}`,
  ]);
  assert.is(line(await after.get('/b', { revision: from + 1 })), `/b=1@${from + 1}/${from + 1}`);
  assert.is(after.status().compactedRevision, from + 1);
  const events = await collect(after, '/', '0', from + 1, 3);
  assert.equal(
    events.map(event => `${event.type} ${event.revision}`),
    [`put ${from + 2}`, `delete ${from + 2}`, `put ${from + 3}`],
  );
  await after.close();
});

test('the log is shortened by snapshots while writes go on, its files are recycled, and a restart finds all', async () => {
  const directory = fresh();
  const limits = { segmentBytes: 65_536, snapshotLogBytesMin: 262_144, historyEventsMax: 300 };
  let store = await openEmbeddedStore({ directory, platform, limits });
  const model = new Map<string, string>();
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let i = 0; i < 250; i++) {
          const [key, value] = [`/k/${worker}/${i % 40}`, `${round} ${i} ${'x'.repeat(500)}`];
          const remove = i % 7 === 3;
          await store.txn([], [remove ? del(key) : put(key, value)]);
          if (remove) model.delete(key);
          else model.set(key, value);
        }
      }),
    );
    const size = await logBytes(directory);
    assert.ok(size < 1_500_000, `${size} bytes of log`);
    await store.close();
    store = await openEmbeddedStore({ directory, platform, limits });
    const found = new Map((await store.range('/', '0')).items.map(item => [item.key, text(item.value)]));
    assert.equal([...found].sort(), [...model].sort());
  }
  assert.ok(store.status().compactedRevision > 0, 'history was compacted by itself');
  await store.close();
  const names = await readdir(directory);
  assert.is(names.filter(name => name.startsWith('snapshot')).length, 1, names.join(' '));
});

async function logBytes(directory: string): Promise<number> {
  const names = await readdir(join(directory, 'log'));
  const sizes = await Promise.all(names.map(async name => (await stat(join(directory, 'log', name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

test('a second store on the same directory is refused, and may open it once the first is closed', async () => {
  const directory = fresh();
  const first = await openEmbeddedStore({ directory, platform });
  const refused = await openEmbeddedStore({ directory, platform }).then(
    () => 'opened',
    error => error.code,
  );
  assert.is(refused, 'ELOCKED');
  await first.close();
  await (await openEmbeddedStore({ directory, platform })).close();
});

const heartbeat = '/registry/coordination.k8s.io/leases/kube-node-lease/edge-0';

test('heartbeats cost no write, count as revisions, and are settled before anything depends on them', async () => {
  const directory = fresh();
  let writes = 0;
  const counting = {
    ...platform,
    files: {
      ...platform.files,
      async open(path: string, options: Parameters<typeof platform.files.open>[1]) {
        const file = await platform.files.open(path, options);
        const writeAt: typeof file.writeAt = (at, content) => {
          writes++;
          return file.writeAt(at, content);
        };
        return { ...file, writeAt };
      },
    },
  };
  let store = await openEmbeddedStore({ directory, platform: counting });
  const created = await store.txn([{ key: heartbeat, modRevision: 0 }], [put(heartbeat, 'born')]);
  const quiet = writes;
  let last = created.revision;
  for (let i = 1; i <= 20; i++) {
    const beat = await store.txn([{ key: heartbeat, modRevision: last }], [put(heartbeat, `beat ${i}`)]);
    assert.equal(beat, { succeeded: true, revision: last + 1 });
    last = beat.revision;
  }
  assert.is(writes, quiet, 'no write for heartbeats');
  assert.is((await collect(store, heartbeat, `${heartbeat}\0`, created.revision, 20)).length, 20);
  // A logged transaction that compares with a heartbeat is judged alike when the log is replayed.
  const dependent = await store.txn([{ key: heartbeat, modRevision: last }], [put('/depends', 'yes')]);
  assert.equal(dependent, { succeeded: true, revision: last + 1 });
  await store.txn([], [put(heartbeat, 'settled at close')]);
  await store.close();
  store = await openEmbeddedStore({ directory, platform });
  assert.is(line(await store.get('/depends')), `/depends=yes@${last + 1}/${last + 1}`);
  assert.is(line(await store.get(heartbeat)), `${heartbeat}=settled at close@${last + 2}/${created.revision}`);
  await store.close();
});

test('once a minute heartbeats are written, and old history goes', async () => {
  const directory = fresh();
  const limits = { volatilePersistMs: 20, historyMsMin: 60 };
  const store = await openEmbeddedStore({ directory, platform, limits });
  await store.txn([], [put(heartbeat, 'born')]);
  const { revision } = await store.txn([], [put(heartbeat, 'beat')]);
  for (let i = 0; i < 100 && store.status().compactedRevision < revision; i++) await platform.clock.sleep(10);
  assert.is(store.status().compactedRevision, revision);
  await store.close();
});

test('a backup taken under load is one revision, and fills a new store', async () => {
  const store = await openEmbeddedStore({ directory: fresh(), platform });
  for (let i = 0; i < 2000; i++) void store.txn([], [put(`/k/${i}`, 'x'.repeat(300))]);
  await store.txn([], [put('/last', 'before')]);
  let writing = true;
  const load = (async () => {
    for (let i = 0; writing; i++)
      await store.txn([], [put(`/k/${i % 3000}`, `later ${i}`), put('/last', `later ${i}`)]);
  })();
  const parts: Uint8Array[] = [];
  for await (const part of store.backup()) {
    parts.push(part.slice());
    await platform.clock.sleep(2);
  }
  writing = false;
  await load;
  await store.close();
  assert.ok(parts.length > 3);
  const directory = fresh();
  const restored = await restoreEmbeddedStore({ directory, platform }, each(parts));
  const copy = await openEmbeddedStore({ directory, platform });
  assert.ok(copy.revision() > restored.revision);
  const keys = (await copy.range('/k/', '/k0', { keysOnly: true })).items;
  assert.ok(keys.every(item => item.modRevision <= restored.revision));
  const last = (await copy.get('/last'))!;
  const same = (await copy.range('/k/', '/k0')).items.find(item => item.modRevision === last.modRevision);
  assert.is(same ? text(same.value) : 'before', text(last.value));
  await copy.close();
  assert.is(await codeOf(restoreEmbeddedStore({ directory, platform }, each(parts))), 'corrupt', 'not empty');

  const damaged = fresh();
  const cut = [...parts.slice(0, -1)];
  assert.is(await codeOf(restoreEmbeddedStore({ directory: damaged, platform }, each(cut))), 'corrupt');
  const flipped = parts.map(part => part.slice());
  flipped[1]![5000]! ^= 4;
  assert.is(await codeOf(restoreEmbeddedStore({ directory: damaged, platform }, each(flipped))), 'corrupt');
  assert.equal(await readdir(damaged), ['lock']);
});

async function* each(parts: readonly Uint8Array[]) {
  yield* parts;
}

test.run();
