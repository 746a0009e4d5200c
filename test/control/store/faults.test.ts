/** A full disk, a failing disk, a quota: what the store refuses, what it still does, and what is there after a restart. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../../control/platform/node.ts';
import type { Platform } from '../../../control/platform/types.ts';
import { openEmbeddedStore } from '../../../control/store/engines/embedded.ts';
import { codeOf, del, put } from '../../contract/store-lines.ts';
import { type FaultyFiles, faultyFiles } from '../../lib/faulty-files.ts';

const test = suite<{ directory: string; platform: Platform; faults: FaultyFiles; skew: { ms: number } }>(
  'store faults',
);
test.before.each(async context => {
  const real = createNodePlatform();
  const skew = { ms: 0 };
  context.directory = await mkdtemp(join(tmpdir(), 'skerry-faults-'));
  context.faults = faultyFiles(real.files);
  context.skew = skew;
  const clock = { ...real.clock, monotonic: () => real.clock.monotonic() + skew.ms };
  context.platform = { ...real, clock, files: context.faults.files };
});
test.after.each(context => rm(context.directory, { recursive: true, force: true }));

const keysOf = async (store: { range: Awaited<ReturnType<typeof openEmbeddedStore>>['range'] }) =>
  (await store.range('/', '0')).items.map(item => item.key);

test('a full disk refuses puts and says so, lets deletes through, and recovers by itself', async context => {
  const { directory, platform, faults, skew } = context;
  const store = await openEmbeddedStore({ directory, platform, limits: { segmentBytes: 65_536 } });
  await store.txn([], [put('/a', '1'), put('/b', '1')]);
  const before = store.revision();
  faults.failGrowth('ENOSPC');
  const filled: string[] = [];
  for (let i = 0; filled.at(-1) !== 'full' && i < 200; i++)
    filled.push(await codeOf(store.txn([], [put('/big', 'x'.repeat(3000))])));
  assert.is(filled.at(-1), 'full');
  assert.is(store.status().alarm, 'full');
  assert.is(await codeOf(store.txn([], [put('/c', '1')])), 'full');
  assert.ok(store.revision() > before);
  assert.is(await codeOf(store.txn([], [del('/a')])), 'none');
  assert.equal(await keysOf(store), ['/b', '/big']);
  faults.failWrites('ENOSPC');
  assert.is(await codeOf(store.txn([], [del('/b')])), 'full');
  faults.heal();
  assert.is(await codeOf(store.txn([], [put('/d', '1')])), 'full', 'not tried again at once');
  skew.ms = 6000;
  assert.is(await codeOf(store.txn([], [put('/d', '1')])), 'none');
  assert.is(store.status().alarm, undefined);
  const { revision } = store.status();
  await store.close();
  const again = await openEmbeddedStore({ directory, platform });
  assert.equal(await keysOf(again), ['/b', '/big', '/d']);
  assert.ok(again.revision() > revision);
  await again.close();
});

test('what was refused for lack of room does not come back after a crash, even if all of it was written', async context => {
  const { directory, platform, faults } = context;
  const unlock: (() => Promise<void>)[] = [];
  const lock = async (path: string) => {
    unlock.push(await platform.files.lock(path));
    return async () => undefined;
  };
  const store = await openEmbeddedStore({ directory, platform: { ...platform, files: { ...platform.files, lock } } });
  await store.txn([], [put('/a', '1')]);
  faults.failWrites('ENOSPC', 1_000_000, 1);
  assert.is(await codeOf(store.txn([], [put('/b', '1')])), 'full');
  await unlock[0]!();
  const again = await openEmbeddedStore({ directory, platform });
  assert.equal(await keysOf(again), ['/a']);
  await again.close();
});

for (const after of [0, 5, 300])
  test(`a failing disk (after ${after} bytes) ends writing for good, reads go on, a restart has all that was acknowledged`, async context => {
    const { directory, platform, faults } = context;
    const store = await openEmbeddedStore({ directory, platform });
    await store.txn([], [put('/a', '1')]);
    faults.failWrites('EIO', after);
    const codes = await Promise.all([1, 2, 3].map(i => codeOf(store.txn([], [put(`/lost/${i}`, 'x'.repeat(200))]))));
    assert.equal(codes, ['unavailable', 'unavailable', 'unavailable']);
    faults.heal();
    assert.is(await codeOf(store.txn([], [put('/b', '1')])), 'unavailable', 'a failed sync is never retried');
    assert.is(store.status().alarm, 'disk-failed');
    assert.equal(await keysOf(store), ['/a']);
    await store.close();
    const again = await openEmbeddedStore({ directory, platform });
    assert.equal(await keysOf(again), ['/a']);
    await again.txn([], [put('/b', '1')]);
    await again.close();
    const third = await openEmbeddedStore({ directory, platform });
    assert.equal(await keysOf(third), ['/a', '/b']);
    await third.close();
  });

test('past its quota the store takes deletes only, until there is room again', async context => {
  const { directory, platform } = context;
  const store = await openEmbeddedStore({ directory, platform, limits: { quotaBytes: 1000 } });
  await store.txn([], [put('/a', 'x'.repeat(600))]);
  await store.txn([], [put('/b', 'x'.repeat(600))]);
  assert.is(store.status().alarm, 'full');
  assert.is(await codeOf(store.txn([], [put('/c', '')])), 'full');
  assert.is(await codeOf(store.txn([], [del('/b')])), 'none');
  assert.is(await codeOf(store.txn([], [put('/c', '')])), 'none');
  await store.close();
});

test('a snapshot that cannot be written harms nothing', async context => {
  const { directory, platform } = context;
  const lines: string[] = [];
  const open: typeof platform.files.open = async (path, options) => {
    const file = await platform.files.open(path, options);
    if (!path.endsWith('.new')) return file;
    return { ...file, writeAt: () => Promise.reject(Object.assign(new Error('EIO: injected'), { code: 'EIO' })) };
  };
  const limits = { segmentBytes: 16_384, snapshotLogBytesMin: 32_768 };
  const failing = { ...platform, files: { ...platform.files, open } };
  const store = await openEmbeddedStore({ directory, platform: failing, limits, report: line => lines.push(line) });
  for (let i = 0; i < 100; i++) await store.txn([], [put(`/${i}`, 'x'.repeat(1000))]);
  await store.close();
  assert.match(lines[0]!, 'EIO');
  const again = await openEmbeddedStore({ directory, platform, limits });
  assert.is(again.status().keys, 100);
  await again.close();
});

test.run();
