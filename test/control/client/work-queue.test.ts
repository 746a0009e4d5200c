/** Keys wait once, are worked on once at a time, in order, and come back when they failed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createWorkQueue } from '../../../control/client/work-queue.ts';
import { createVirtualClock } from '../../lib/virtual-clock.ts';

const test = suite('client/work-queue');

function begin(concurrency = 1) {
  const clock = createVirtualClock();
  const ending = new AbortController();
  const queue = createWorkQueue({ clock, dice: { random: () => 0 }, signal: ending.signal, concurrency });
  return { clock, queue, stop: () => ending.abort() };
}

test('a key that is added often is worked on once; order is kept', async () => {
  const { clock, queue, stop } = begin();
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
  const done: string[] = [];
  const ended = queue.run(async key => void done.push(key));
  await clock.settle();
  assert.equal(done, ['a', 'b', 'c']);
  stop();
  await ended;
});

test('a key added while it is worked on is worked on again, never twice at a time', async () => {
  const { clock, queue, stop } = begin(4);
  let working = 0;
  let most = 0;
  let runs = 0;
  void queue.run(async () => {
    most = Math.max(most, ++working);
    runs++;
    await clock.sleep(10);
    working--;
  });
  queue.add('a');
  await clock.settle();
  queue.add('a');
  queue.add('a');
  await clock.advance(100);
  assert.equal([most, runs], [1, 2]);
  stop();
});

test('no more at a time than allowed', async () => {
  const { clock, queue, stop } = begin(3);
  let working = 0;
  let most = 0;
  void queue.run(async () => {
    most = Math.max(most, ++working);
    await clock.sleep(10);
    working--;
  });
  for (let i = 0; i < 20; i++) queue.add(String(i));
  await clock.advance(1_000);
  assert.is(most, 3);
  stop();
});

test('what fails comes back later and later; success forgets it', async () => {
  const { clock, queue, stop } = begin();
  const at: number[] = [];
  void queue.run(async () => {
    at.push(clock.monotonic());
    if (at.length < 5) throw new Error('not yet');
  });
  queue.add('a');
  await clock.advance(10_000);
  assert.equal(at, [0, 10, 30, 70, 150]);
  assert.is(queue.failures('a'), 0);
  assert.is(clock.pending, 0, 'idle means idle');
  stop();
});

test('of two delays the earlier wins; the end cancels them', async () => {
  const { clock, queue, stop } = begin();
  const at: number[] = [];
  void queue.run(async () => void at.push(clock.monotonic()));
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 300);
  await clock.advance(1_000);
  assert.equal(at, [100]);
  queue.addAfter('b', 100);
  stop();
  assert.is(clock.pending, 0);
});

test.run();
