import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BackOff, durationText, next, remaining } from '../../agent/restart.ts';

const test = suite('restart');

test('the first restart is at once, then 10 s, doubling up to 5 min', () => {
  let entry: BackOff | undefined;
  let now = 1_000_000;
  const waits: number[] = [];
  for (let run = 0; run < 8; run++) {
    const wait = remaining(entry, now, now);
    waits.push(wait / 1000);
    entry = next(entry, now, now + wait);
    now += wait + 1000;
  }
  assert.equal(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
});

test('a container that ran for long starts afresh', () => {
  const entry: BackOff = { delayMs: 300_000, updatedAt: 0 };
  assert.is(remaining(entry, 600_001, 600_001), 0);
  assert.is(next(entry, 600_001, 600_001).delayMs, 10_000);
  assert.is(remaining(entry, 600_000, 600_000), 300_000);
});

test('durations read as Go prints them', () => {
  for (const [ms, text] of [
    [10_000, '10s'],
    [80_000, '1m20s'],
    [300_000, '5m0s'],
  ] as const)
    assert.is(durationText(ms), text);
});

test.run();
