/**
 * What every engine of the store promises, as one suite. An engine's own test file calls this with how to make a fresh store;
 * it is closed after each test.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Store, Write } from '../../control/store/store.ts';
import { bytes, codeOf, del, line, put, type Test, text } from './store-lines.ts';
import { watches } from './watch.ts';

export function storeContract(engine: string, open: () => Promise<Store>): void {
  const test = suite<{ store: Store }>(`store contract: ${engine}`);
  test.before.each(async context => {
    context.store = await open();
  });
  test.after.each(context => context.store.close());

  writes(test);
  reads(test);
  watches(test);
  rest(test);
  test.run();
}

function writes(test: Test): void {
  test('a new store has a revision that clients can name, and nothing else', async ({ store }) => {
    assert.ok(store.revision() >= 1);
    assert.is(store.status().keys, 0);
    assert.is(await store.get('/a'), undefined);
  });

  test('one transaction is one revision for all its keys', async ({ store }) => {
    const before = store.revision();
    const result = await store.txn([], [put('/a', '1'), put('/b', '2'), del('/c')]);
    assert.equal(result, { succeeded: true, revision: before + 1 });
    assert.is(line(await store.get('/a')), `/a=1@${before + 1}/${before + 1}`);
    await store.txn([], [put('/a', '3')]);
    assert.is(line(await store.get('/a')), `/a=3@${before + 2}/${before + 1}`);
  });

  test('a failed compare writes nothing and tells what is there', async ({ store }) => {
    const first = await store.txn([{ key: '/a', modRevision: 0 }], [put('/a', '1')]);
    const second = await store.txn(
      [
        { key: '/a', modRevision: 0 },
        { key: '/b', modRevision: 0 },
      ],
      [put('/a', '2'), put('/b', '2')],
    );
    assert.not(second.succeeded);
    assert.is(second.revision, first.revision);
    assert.equal(second.succeeded ? [] : second.current.map(line), [`/a=1@${first.revision}/${first.revision}`, '-']);
    assert.is(await store.get('/b'), undefined);
  });

  test('of many that compare with the same revision one wins', async ({ store }) => {
    const { revision } = await store.txn([], [put('/a', '0')]);
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) => store.txn([{ key: '/a', modRevision: revision }], [put('/a', `${i}`)])),
    );
    assert.is(results.filter(result => result.succeeded).length, 1);
    assert.is(store.revision(), revision + 1);
  });

  test('a counter counted by many, each by compare and swap, loses nothing', async ({ store }) => {
    const count = async () => {
      for (let done = 0; done < 20; ) {
        const now = await store.get('/n');
        const next = `${Number(now ? text(now.value) : 0) + 1}`;
        const result = await store.txn([{ key: '/n', modRevision: now?.modRevision ?? 0 }], [put('/n', next)]);
        if (result.succeeded) done++;
      }
    };
    await Promise.all(Array.from({ length: 8 }, count));
    assert.is(text((await store.get('/n'))!.value), '160');
  });

  test('deleting what is not there takes no revision; what was deleted begins anew', async ({ store }) => {
    const before = store.revision();
    assert.equal(await store.txn([], [del('/a')]), { succeeded: true, revision: before });
    await store.txn([], [put('/a', '1')]);
    await store.txn([], [del('/a')]);
    assert.is(await store.get('/a'), undefined);
    const { revision } = await store.txn([{ key: '/a', modRevision: 0 }], [put('/a', '2')]);
    assert.is(line(await store.get('/a')), `/a=2@${revision}/${revision}`);
  });

  test('what the caller does with its bytes afterwards does not matter', async ({ store }) => {
    const value = bytes('before');
    const written = store.txn([], [{ type: 'put', key: '/a', value }]);
    await written;
    value.fill(0);
    assert.is(text((await store.get('/a'))!.value), 'before');
  });

  test('too large is refused by size, not by failing', async ({ store }) => {
    const large = (length: number): Write[] => [{ type: 'put', key: '/a', value: new Uint8Array(length) }];
    assert.is(await codeOf(store.txn([], large(1_572_865))), 'too-large');
    assert.is(await codeOf(store.txn([], large(1_572_864))), 'none');
    assert.is(
      await codeOf(
        store.txn(
          [],
          Array.from({ length: 129 }, (_, i) => put(`/${i}`, '')),
        ),
      ),
      'too-large',
    );
    assert.is(await codeOf(store.txn([], [put('/'.repeat(4097), '')])), 'too-large');
  });
}

function reads(test: Test): void {
  test('a range is in byte order, limited, counted, and as of one revision', async ({ store }) => {
    const names = ['/r/b', '/r/a', '/r/é', '/r/\u{1f600}', '/r/\uffee', '/r/a/x', '/q', '/s'];
    for (const name of names) await store.txn([], [put(name, name)]);
    const wanted = names.filter(name => name.startsWith('/r/')).sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
    const all = await store.range('/r/', '/r0');
    assert.equal(
      all.items.map(item => item.key),
      wanted,
    );
    assert.equal([all.count, all.more, all.revision], [6, false, store.revision()]);
    const some = await store.range('/r/', '/r0', { limit: 2 });
    assert.equal([some.items.map(item => item.key), some.count, some.more], [wanted.slice(0, 2), 6, true]);
    const counted = await store.range('/r/', '/r0', { countOnly: true });
    assert.equal([counted.items, counted.count], [[], 6]);
    const keys = await store.range('/r/', '/r0', { keysOnly: true });
    assert.equal(
      keys.items.map(item => [item.key, item.value.length]),
      wanted.map(key => [key, 0]),
    );
    assert.is((await store.range('/r0', '/r/')).count, 0);
  });

  test('pages of one revision are one list, whatever is written between them', async ({ store }) => {
    for (let i = 0; i < 25; i++) await store.txn([], [put(`/p/${String.fromCharCode(97 + i)}`, 'old')]);
    const { revision } = await store.txn([], [del('/p/c')]);
    const seen: string[] = [];
    for (let start = '/p/', more = true; more; ) {
      const page = await store.range(start, '/p0', { limit: 7, revision });
      seen.push(...page.items.map(item => item.key.slice(3) + text(item.value)));
      more = page.more;
      start = `${page.items.at(-1)!.key}\0`;
      await store.txn([], [put('/p/c', 'new'), put('/p/x', 'new'), del('/p/t'), put('/p/zz', 'new')]);
    }
    assert.equal(
      seen,
      [...'abdefghijklmnopqrstuvwxy'].map(letter => `${letter}old`),
    );
  });

  test('the past is readable, the future and the compacted past are not', async ({ store }) => {
    const first = (await store.txn([], [put('/a', '1')])).revision;
    const second = (await store.txn([], [del('/a')])).revision;
    const third = (await store.txn([], [put('/a', '3')])).revision;
    const at = async (revision: number) => line(await store.get('/a', { revision }));
    assert.equal([await at(first), await at(second)], [`/a=1@${first}/${first}`, '-']);
    assert.is(await codeOf(store.get('/a', { revision: third + 1 })), 'future');
    await store.compact(second);
    assert.equal([await at(second), await at(third)], ['-', `/a=3@${third}/${third}`]);
    assert.is(await codeOf(store.get('/a', { revision: first })), 'compacted');
    assert.is(await codeOf(store.range('/', '0', { revision: first })), 'compacted');
    assert.is(await codeOf(store.compact(third + 1)), 'future');
    assert.is(store.status().compactedRevision, second);
  });
}

function rest(test: Test): void {
  test('status counts keys and bytes of the present', async ({ store }) => {
    await store.txn([], [put('/a', '12345'), put('/b', '1')]);
    await store.txn([], [put('/a', '123')]);
    await store.txn([], [del('/b')]);
    const status = store.status();
    assert.equal([status.keys, status.bytes, status.revision], [1, 5, store.revision()]);
    assert.is(status.members.length > 0 && status.alarm, undefined);
  });

  test('once closed, everything is refused and watches end', async ({ store }) => {
    const { signal } = new AbortController();
    const waiting = store.watch('/', '0', { fromRevision: store.revision(), signal }).next();
    const last = store.txn([], [put('/a', '1')]);
    await last;
    await store.close();
    assert.is(await codeOf(store.txn([], [put('/a', '1')])), 'closed');
    assert.is(await codeOf(store.get('/a')), 'closed');
    assert.equal((await waiting)?.length, 1);
    assert.is(await codeOf(store.watch('/', '0', { fromRevision: 0, signal }).next()), 'closed');
  });
}
