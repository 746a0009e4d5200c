/** The informer against a server that cuts streams and forgets history: what it holds is what the server has. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createInformer } from '../../../control/client/informer.ts';
import { createClient } from '../../../control/client/rest.ts';
import { byNamespace } from '../../../control/client/store-index.ts';
import { PODS } from '../../../control/machinery/resources.ts';
import { createVirtualClock } from '../../lib/virtual-clock.ts';
import { createFakeServer } from './fake-transport.ts';

const test = suite('client/informer');

async function begin(prepare: (server: ReturnType<typeof createFakeServer>) => void = () => {}) {
  const server = createFakeServer();
  prepare(server);
  const clock = createVirtualClock();
  const ending = new AbortController();
  const client = createClient({ transport: server.transport, userAgent: 'test' });
  const dice = { random: () => 0.5, bytes: (n: number) => new Uint8Array(n), uuid: () => '' };
  const informer = createInformer({
    client,
    resource: PODS,
    clock,
    dice,
    signal: ending.signal,
    indexes: { namespace: byNamespace, color: ({ metadata }) => [metadata.labels?.['color'] ?? ''] },
  });
  const heard: string[] = [];
  informer.onChange((old, current) => {
    const name = (current ?? old!).metadata.name;
    heard.push(old ? (current ? `~${name}` : `-${name}`) : `+${name}`);
  });
  await clock.settle();
  return { server, clock, informer, heard, stop: () => ending.abort(new Error('over')) };
}

test('lists once, then follows; every change is told once', async () => {
  const { server, clock, informer, heard, stop } = await begin(s => s.put('a'));
  await informer.synced;
  server.put('b');
  server.put('a');
  server.remove('b');
  await clock.settle();
  assert.equal(heard, ['+a', '+b', '~a', '-b']);
  assert.is(server.lists, 1);
  stop();
});

test('a cut stream is resumed where it was, without a list and without telling anything twice', async () => {
  const { server, clock, heard, stop } = await begin(s => s.put('a'));
  server.put('b');
  await clock.advance(5_000);
  server.cut();
  server.put('c');
  await clock.advance(5_000);
  assert.equal(heard, ['+a', '+b', '+c']);
  assert.is(server.lists, 1);
  assert.is(server.watches.at(-1), '2');
  stop();
});

test('a bookmark moves the place to resume from', async () => {
  const { server, clock, stop } = await begin(s => s.put('a'));
  server.bookmark();
  await clock.advance(5_000);
  server.cut();
  await clock.advance(5_000);
  assert.is(server.watches.at(-1), '2');
  stop();
});

test('forgotten history means a new list; what vanished meanwhile is told as deleted', async () => {
  const { server, clock, informer, heard, stop } = await begin(s => {
    s.put('a');
    s.put('b');
  });
  await clock.advance(5_000);
  server.cut();
  server.remove('a');
  server.put('b');
  server.put('c');
  server.compact();
  await clock.advance(20_000);
  assert.equal(heard, ['+a', '+b', '-a', '~b', '+c']);
  assert.equal(
    informer.store.list().map(({ metadata }) => metadata.name),
    ['b', 'c'],
  );
  assert.is(server.lists, 2);
  stop();
});

test('a server that is away is asked less and less often, and found again', async () => {
  const { server, clock, informer, stop } = await begin(s => {
    s.put('a');
    s.refuse(6);
  });
  await clock.advance(60_000);
  await informer.synced;
  assert.is(server.lists, 1);
  stop();
});

test('indexes follow changes', async () => {
  const { server, clock, informer, stop } = await begin(s => s.put('a', { color: 'red' }));
  const red = () => informer.store.byIndex('color', 'red').length;
  assert.is(red(), 1);
  server.put('a', { color: 'blue' });
  await clock.settle();
  assert.is(red(), 0);
  assert.is(informer.store.byIndex('color', 'blue').length, 1);
  server.remove('a');
  await clock.settle();
  assert.is(informer.store.byIndex('color', 'blue').length, 0);
  stop();
});

test('the end before the first list rejects `synced`; nothing is left behind', async () => {
  const { clock, informer, stop } = await begin(s => s.refuse(1_000));
  stop();
  await clock.settle();
  const failed = await informer.synced.then(
    () => false,
    () => true,
  );
  assert.ok(failed);
  assert.is(clock.pending, 0);
});

test.run();
