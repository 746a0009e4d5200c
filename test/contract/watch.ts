/** The part of the store's contract that is about watches. Called by store.ts. */
import * as assert from 'uvu/assert';
import { codeOf, collect, del, eventLine, put, type Test } from './store-lines.ts';

export function watches(test: Test): void {
  test('a watch replays, then follows; in order, with what was there before', async ({ store }) => {
    const first = (await store.txn([], [put('/w/a', '1')])).revision;
    await store.txn([], [put('/w/a', '2'), put('/other', 'x')]);
    const events = collect(store, '/w/', '/w0', first, 4);
    await store.txn([], [put('/w/b', '3'), del('/w/a')]);
    await store.txn([], [put('/x', 'x')]);
    await store.txn([], [del('/w/b')]);
    const [r1, r2, r3, r5] = [first, first + 1, first + 2, first + 4];
    assert.equal((await events).map(eventLine), [
      `put /w/a=2@${r2}/${r1} was /w/a=1@${r1}/${r1}`,
      `put /w/b=3@${r3}/${r3} was -`,
      `delete /w/a@${r3} was /w/a=2@${r2}/${r1}`,
      `delete /w/b@${r5} was /w/b=3@${r3}/${r3}`,
    ]);
  });

  test('watchers that come and go under load see each event exactly once', async ({ store }) => {
    const from = store.revision();
    let wrote = 0;
    const write = async (worker: number) => {
      for (let i = 0; i < 40; i++, wrote++)
        await store.txn([], [put(`/w/${worker}/${i % 5}`, `${i}`), put('/w/all', `${i}`)]);
    };
    const watch = async (start: string, end: string, count: number, delay: number) => {
      while (wrote < delay) await store.txn([], [put('/elsewhere', '')]);
      return collect(store, start, end, from, count);
    };
    const [all, again, one, key] = await Promise.all([
      watch('/w/', '/w0', 640, 0),
      watch('/w/', '/w0', 640, 100),
      watch('/w/3/', '/w/30', 40, 50),
      watch('/w/all', '/w/all\0', 320, 10),
      ...Array.from({ length: 8 }, (_, worker) => write(worker)),
    ]);
    assert.equal(all!.map(eventLine), again!.map(eventLine));
    assert.equal(
      one!.map(eventLine),
      all!.map(eventLine).filter(event => event.startsWith('put /w/3/')),
    );
    assert.equal(
      key!.map(eventLine),
      all!.map(eventLine).filter(event => event.startsWith('put /w/all=')),
    );
    const revisions = key!.map(event => event.revision);
    assert.equal(
      revisions,
      [...new Set(revisions)].sort((a, b) => a - b),
    );
  });

  test('odd ranges are watched too', async ({ store }) => {
    const from = store.revision();
    const events = collect(store, '/a/m', '/b/m', from, 2);
    for (const key of ['/a/l', '/a/z', '/b/a', '/b/n']) await store.txn([], [put(key, '')]);
    assert.equal(
      (await events).map(event => event.type === 'put' && event.current.key),
      ['/a/z', '/b/a'],
    );
  });

  test('progress says what a bookmark may', async ({ store }) => {
    const ended = new AbortController();
    const from = store.revision();
    const watch = store.watch('/w/', '/w0', { fromRevision: from, signal: ended.signal });
    await store.txn([], [put('/other', '')]);
    assert.is(watch.progress(), from + 1);
    await store.txn([], [put('/w/a', '')]);
    await store.txn([], [put('/other', '')]);
    assert.is(watch.progress(), from + 1);
    await watch.next();
    assert.is(watch.progress(), from + 3);
    const waiting = watch.next();
    ended.abort();
    assert.is(await waiting, undefined);
    assert.is(await watch.next(), undefined);
  });

  test('a watch that lags, or asks for what is compacted, ends with an error', async ({ store }) => {
    const { signal } = new AbortController();
    const from = store.revision();
    const slow = store.watch('/w/', '/w0', { fromRevision: from, signal, bufferLimit: 3 });
    for (let i = 0; i < 4; i++) await store.txn([], [put('/w/a', `${i}`)]);
    assert.is(await codeOf(slow.next()), 'lagging');
    // What it replays from history does not count against it.
    assert.is((await store.watch('/w/', '/w0', { fromRevision: from, signal, bufferLimit: 3 }).next())?.length, 4);
    await store.compact(from + 2);
    assert.is(await codeOf(store.watch('/w/', '/w0', { fromRevision: from + 1, signal }).next()), 'compacted');
    assert.is((await store.watch('/w/', '/w0', { fromRevision: from + 2, signal }).next())?.length, 2);
  });

  test('a watch from the future waits for it', async ({ store }) => {
    const from = store.revision() + 2;
    const events = collect(store, '/w/', '/w0', from, 1);
    for (let i = 1; i <= 3; i++) await store.txn([], [put('/w/a', `${i}`)]);
    assert.equal(
      (await events).map(event => event.revision),
      [from + 1],
    );
  });
}
