/** Container states in, PodStatus out; and the patch that brings the server from one status to the next. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { podStatus } from '../../agent/pod-status.ts';
import { newRecords, type RecordState } from '../../agent/record.ts';
import { statusPatch } from '../../agent/status-patch.ts';
import type { Pod } from '../../control/kinds/pod.ts';
import { container } from '../lib/container.ts';

const test = suite('pod-status');
const NOW = '2026-01-01T00:00:10Z';

const waiting: RecordState = { is: 'waiting', reason: 'ContainerCreating' };
const running: RecordState = { is: 'running', startedAt: NOW };
const ended = (exitCode: number): RecordState => ({ is: 'terminated', end: { exitCode, reason: 'Error' } });

const pod = (spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', uid: 'u' },
  spec: { containers: [container('a'), container('b')], ...spec },
});

const facts = (of: Pod, states: Record<string, RecordState>, unready: string[] = []) => {
  const records = newRecords(of);
  for (const [name, state] of Object.entries(states)) {
    const record = records.get(name)!;
    record.state = state;
    record.started = state.is === 'running';
    record.ready = !unready.includes(name);
    if (state.is === 'waiting' && state.reason === 'CrashLoopBackOff') record.last = { exitCode: 1, reason: 'Error' };
  }
  const base = { hostIP: '1.2.3.4', podIP: '10.0.0.2', startTime: NOW, sandboxReady: true, over: false, now: NOW };
  return { ...base, records };
};

const crashing: RecordState = { is: 'waiting', reason: 'CrashLoopBackOff' };
const init = { initContainers: [container('i')] };

const PHASES: [string, Pod, Record<string, RecordState>, string][] = [
  ['nothing has run', pod(), {}, 'Pending'],
  ['one has not run yet', pod(), { a: running, b: waiting }, 'Pending'],
  ['all run', pod(), { a: running, b: running }, 'Running'],
  ['one waits to run again', pod(), { a: running, b: crashing }, 'Running'],
  ['all wait to run again', pod(), { a: crashing, b: crashing }, 'Running'],
  ['all ended, and start again', pod(), { a: ended(0), b: ended(1) }, 'Running'],
  ['all ended well', pod({ restartPolicy: 'Never' }), { a: ended(0), b: ended(0) }, 'Succeeded'],
  ['one ended badly', pod({ restartPolicy: 'Never' }), { a: ended(0), b: ended(2) }, 'Failed'],
  ['one will be tried again', pod({ restartPolicy: 'OnFailure' }), { a: ended(0), b: ended(2) }, 'Running'],
  ['the init container runs', pod(init), { i: running }, 'Pending'],
  ['the init container failed', pod({ ...init, restartPolicy: 'Never' }), { i: ended(1) }, 'Failed'],
  ['the init container failed, to be tried again', pod(init), { i: ended(1) }, 'Pending'],
];
for (const [name, of, states, phase] of PHASES)
  test(`phase: ${name}`, () => assert.is(podStatus(of, facts(of, states)).phase, phase));

test('conditions say which containers are not ready', () => {
  const status = podStatus(pod(), facts(pod(), { a: running, b: running }, ['b']));
  const text = status.conditions!.map(({ type, status: is, message }) => `${type} ${is} ${message ?? ''}`.trim());
  assert.equal(text, [
    'PodReadyToStartContainers True',
    'Initialized True',
    'Ready False containers with unready status: [b]',
    'ContainersReady False containers with unready status: [b]',
    'PodScheduled True',
  ]);
});

test('a readiness gate holds Ready back, not ContainersReady', () => {
  const of = pod({ readinessGates: [{ conditionType: 'x/y' }] });
  const { conditions } = podStatus(of, facts(of, { a: running, b: running }));
  assert.is(conditions!.find(({ type }) => type === 'ContainersReady')!.status, 'True');
  assert.is(conditions!.find(({ type }) => type === 'Ready')!.reason, 'ReadinessGatesNotReady');
});

test('lastTransitionTime changes with the status only', () => {
  const of = pod();
  const first = podStatus(of, { ...facts(of, { a: running, b: running }), now: 'T1' });
  const second = podStatus(of, { ...facts(of, { a: running, b: running }, ['b']), before: first, now: 'T2' });
  const times = second.conditions!.map(({ type, lastTransitionTime }) => `${type} ${lastTransitionTime}`);
  assert.equal(times, [
    'PodReadyToStartContainers T1',
    'Initialized T1',
    'Ready T2',
    'ContainersReady T2',
    'PodScheduled T1',
  ]);
});

test('a patch has only what changed, and names what went away', () => {
  const of = pod();
  const before = podStatus(of, { ...facts(of, { a: running, b: running }, ['b']), now: 'T1' });
  const after = podStatus(of, { ...facts(of, { a: running, b: running }), before, now: 'T2' });
  const patch = statusPatch('u', before, after)!;
  assert.equal(Object.keys(patch.status), ['containerStatuses', 'conditions']);
  assert.equal(
    (patch.status['conditions'] as { type: string }[]).map(({ type }) => type),
    ['Ready', 'ContainersReady'],
  );
  assert.equal((patch.status['conditions'] as { message: unknown }[])[0]!.message, null);
  assert.is(statusPatch('u', after, after), undefined);
});

test.run();
