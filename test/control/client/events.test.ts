/** Events: counted, combined, limited; and leadership handed over. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCorrelator } from '../../../control/client/event-correlator.ts';
import { createEventRecorder } from '../../../control/client/event-recorder.ts';
import { lead } from '../../../control/client/leader-election.ts';
import type { Event } from '../../../control/kinds/event.ts';
import { EVENTS } from '../../../control/machinery/resources.ts';
import { createFakeApi } from '../../lib/fake-api.ts';
import { random } from '../../lib/random.ts';
import { createVirtualClock } from '../../lib/virtual-clock.ts';

const test = suite('client/events');
const dice = { random: () => 0.5, bytes: (n: number) => new Uint8Array(n), uuid: () => '' };
const about = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'web', uid: 'u' };
const happening = (message: string) => ({
  regarding: about,
  type: 'Normal',
  reason: 'Pulled',
  message,
  component: 'kubelet',
});

test('the same thing again is one Event with a count', async () => {
  const clock = createVirtualClock();
  const api = createFakeApi(clock, random(1));
  const ending = new AbortController();
  const record = createEventRecorder({
    client: api.client,
    clock,
    dice,
    component: 'kubelet',
    host: 'n1',
    signal: ending.signal,
  });
  for (let i = 0; i < 3; i++) {
    record(about, 'Warning', 'BackOff', 'Back-off restarting failed container');
    await clock.advance(1_000);
  }
  const [event, ...others] = api.all<Event>(EVENTS);
  assert.is(others.length, 0);
  assert.is(event!.count, 3);
  assert.is(event!.firstTimestamp, '2026-01-01T00:00:00Z');
  assert.is(event!.lastTimestamp, '2026-01-01T00:00:02Z');
  assert.equal(event!.source, { component: 'kubelet', host: 'n1' });
});

test('many similar ones are combined', () => {
  const correlate = createCorrelator();
  const seen = Array.from({ length: 15 }, (_, i) => correlate(happening(`message ${i}`), i * 1000)!);
  assert.is(seen[8]!.message, 'message 8');
  assert.is(seen[9]!.message, '(combined from similar events): message 9');
  assert.is(seen[14]!.count, 6);
  assert.is(seen[14]!.record, seen[9]!.record);
});

test('one object may say 25 things, then one in five minutes', () => {
  const correlate = createCorrelator();
  const said = Array.from({ length: 40 }, () => correlate(happening('same'), 0)).filter(Boolean).length;
  assert.is(said, 25);
  assert.ok(correlate(happening('same'), 300_000));
  assert.not(correlate(happening('same'), 300_000));
});

test('one leads; when it ends cleanly the next takes over at once, when it dies after the lease', async () => {
  const clock = createVirtualClock();
  const api = createFakeApi(clock, random(1));
  const leading: string[] = [];
  const candidate = (identity: string) => {
    const life = new AbortController();
    const options = {
      client: api.client,
      clock,
      dice,
      lease: { namespace: 'kube-system', name: 'leader' },
      identity,
      signal: life.signal,
    };
    const ended = lead(options, async signal => {
      leading.push(`+${identity}`);
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
      leading.push(`-${identity}`);
    });
    return { stop: () => life.abort(), ended };
  };
  const a = candidate('a');
  await clock.advance(1_000);
  const b = candidate('b');
  await clock.advance(60_000);
  assert.equal(leading, ['+a']);
  a.stop();
  await clock.advance(5_000);
  assert.equal(leading, ['+a', '-a', '+b']);
  const c = candidate('c');
  // b can no longer write: it must stop before c may begin.
  const { update } = api.client;
  api.client.update = async (resource, object, options) => {
    const holder = (object as unknown as { spec: { holderIdentity: string } }).spec.holderIdentity;
    if (holder === 'b') throw new Error('unreachable');
    return update(resource, object, options);
  };
  await clock.advance(60_000);
  assert.equal(leading, ['+a', '-a', '+b', '-b', '+c']);
  b.stop();
  c.stop();
  await clock.advance(10_000);
});

test.run();
