/** Turns, tries, affinity and ejection, with time as a number. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AFFINITY_CLIENTS_MAX, createPicker, EJECTION_MS } from '../../../agent/proxy/pick.ts';

const test = suite('proxy pick');
const endpoints = ['a', 'b', 'c'].map(key => ({ key, ip: key, port: 1 }));
const [a, b, c] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0], (typeof endpoints)[0]];
const rule = { id: 'r' };

test('one after the other, each rule for itself, also when endpoints come and go', () => {
  const picker = createPicker();
  const turn = (list = endpoints, id = 'r') => picker.pick({ id }, list, { now: 0 })?.key ?? '-';
  assert.is([turn(), turn(), turn(), turn()].join(''), 'abca');
  assert.is(turn(endpoints, 'other'), 'a');
  assert.is([turn([a, b]), turn([a, b]), turn([a, b])].join(''), 'bab');
  assert.is(turn([]), '-');
  const counts = new Map<string, number>();
  for (let i = 0; i < 300; i++) {
    const key = turn();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.equal([...counts.values()].sort(), [100, 100, 100]);
});

test('a connection does not try the same one twice', () => {
  const picker = createPicker();
  assert.is(picker.pick(rule, endpoints, { now: 0, tried: new Set(['a', 'b']) }), c);
  assert.is(picker.pick(rule, endpoints, { now: 0, tried: new Set(['a', 'b', 'c']) }), undefined);
});

test('what failed is left out for a while, longer each time, unless nothing else is there', () => {
  const picker = createPicker();
  const seen = (now: number, list = endpoints) =>
    [...new Set(Array.from({ length: 6 }, () => picker.pick(rule, list, { now })!.key))].sort().join('');
  picker.failed(a, 0);
  assert.is(seen(EJECTION_MS - 1), 'bc');
  assert.is(seen(EJECTION_MS), 'abc');
  picker.failed(a, EJECTION_MS);
  assert.is(seen(EJECTION_MS * 3 - 1), 'bc');
  assert.is(seen(EJECTION_MS * 3), 'abc');
  picker.failed(a, 0);
  assert.is(seen(0, [a]), 'a');
  picker.worked(a);
  assert.is(seen(0), 'abc');
});

test('ClientIP affinity: kept, renewed by use, ended by time, by the endpoint going, by failure', () => {
  const picker = createPicker();
  const sticky = { id: 's', affinityMs: 100 };
  const pick = (client: string, now: number, list = endpoints) => picker.pick(sticky, list, { now, client })?.key;
  assert.equal([pick('x', 0), pick('y', 0), pick('x', 60), pick('x', 120), pick('y', 120)], ['a', 'b', 'a', 'a', 'c']);
  assert.is(pick('x', 130, [b, c]), 'b');
  assert.is(pick('x', 140), 'b');
  picker.failed(b, 140);
  assert.ok(pick('x', 150) !== 'b');
  picker.forget('s');
  assert.is(pick('x', 160), 'a');
});

test('affinity remembers a bounded number of clients', () => {
  const picker = createPicker();
  const sticky = { id: 's', affinityMs: 1000 };
  const first = picker.pick(sticky, endpoints, { now: 0, client: 'first' });
  assert.is(picker.pick(sticky, endpoints, { now: 0, client: 'first' }), first);
  for (let i = 0; i < AFFINITY_CLIENTS_MAX; i++) picker.pick(sticky, endpoints, { now: 0, client: String(i) });
  const again = Array.from(
    { length: 3 },
    (_, i) => picker.pick({ ...sticky }, endpoints, { now: 0, client: `n${i}` })!.key,
  );
  assert.is(new Set(again).size, 3);
});

test.run();
