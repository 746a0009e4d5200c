/** What is done next, as a table: spec and container states in, actions out. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { planPod } from '../../agent/pod-actions.ts';
import { newRecords, type RecordState, type Records } from '../../agent/record.ts';
import type { Pod } from '../../control/kinds/pod.ts';
import { container } from '../lib/container.ts';

const test = suite('pod-actions');
const NOW = 1_000_000;

const waiting = (retryAt?: number): RecordState => ({ is: 'waiting', reason: 'X', retryAt });
const running: RecordState = { is: 'running', startedAt: '' };
const ended = (exitCode: number): RecordState => ({ is: 'terminated', end: { exitCode, reason: '' } });

const pod = (spec: Partial<Pod['spec']> = {}, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', ...metadata },
  spec: { containers: [container('a')], ...spec },
});

const plan = (
  of: Pod,
  states: Record<string, RecordState>,
  more: { failed?: boolean; gone?: boolean } = {},
): string => {
  const records: Records = newRecords(of);
  for (const [name, state] of Object.entries(states)) {
    const record = records.get(name)!;
    record.state = state;
    record.started = state.is === 'running';
    record.finishedMs = NOW;
    if (state.is === 'terminated' && state.end.exitCode === 99) record.backOff = { delayMs: 10_000, updatedAt: NOW };
  }
  const world = { records, now: NOW, startedAt: NOW - 60_000, gone: false, failed: false, ...more };
  return planPod(of, world)
    .map(({ do: what, ...rest }) => [what, ...Object.values(rest)].join(' '))
    .join(', ');
};

const two = { containers: [container('a'), container('b')] };
const init = { initContainers: [container('i'), container('j')] };
const sidecar = { initContainers: [container('s', { restartPolicy: 'Always' })] };

const TABLE: [string, Pod, Record<string, RecordState>, string][] = [
  ['a new pod starts all its containers', pod(two), {}, 'start a, start b'],
  ['what runs is left alone', pod(two), { a: running }, 'start b'],
  ['nothing to do', pod(), { a: running }, ''],
  ['a retry waits for its time', pod(), { a: waiting(NOW + 5) }, `wait ${NOW + 5}`],
  ['Always restarts after success', pod(), { a: ended(0) }, 'start a'],
  ['Always holds back what fails again', pod(), { a: ended(99) }, `hold a ${NOW + 10_000}`],
  ['OnFailure restarts after failure', pod({ restartPolicy: 'OnFailure' }), { a: ended(1) }, 'start a'],
  ['OnFailure ends after success', pod({ restartPolicy: 'OnFailure' }), { a: ended(0) }, 'finish'],
  ['Never ends after failure', pod({ restartPolicy: 'Never' }), { a: ended(1) }, 'finish'],
  ['one of two goes on', pod({ ...two, restartPolicy: 'Never' }), { a: ended(0), b: running }, ''],
  ['init containers first, one by one', pod(init), {}, 'start i'],
  ['the second init container after the first', pod(init), { i: ended(0) }, 'start j'],
  ['an init container runs: wait', pod(init), { i: running }, ''],
  ['a failed init container starts again', pod(init), { i: ended(1) }, 'start i'],
  ['a failed init container ends the pod', pod({ ...init, restartPolicy: 'Never' }), { i: ended(1) }, 'finish'],
  ['after all init containers the others', pod(init), { i: ended(0), j: ended(0) }, 'start a'],
  ['a sidecar first', pod(sidecar), {}, 'start s'],
  ['beside a sidecar that runs', pod(sidecar), { s: running }, 'start a'],
  ['a sidecar starts again', pod(sidecar), { s: ended(0), a: running }, 'start s'],
  ['a sidecar does not keep a pod', pod({ ...sidecar, restartPolicy: 'Never' }), { s: running, a: ended(0) }, 'finish'],
  [
    'a deleted pod ends, whatever it does',
    pod({}, { deletionTimestamp: 'x', deletionGracePeriodSeconds: 7 }),
    { a: running },
    'terminate 7',
  ],
  [
    'a deadline that is over',
    pod({ activeDeadlineSeconds: 60 }),
    { a: running },
    'fail DeadlineExceeded Pod was active on the node longer than the specified deadline',
  ],
  ['a deadline to come', pod({ activeDeadlineSeconds: 61 }), { a: running }, `wait ${NOW + 1000}`],
];

for (const [name, of, states, expected] of TABLE) test(name, () => assert.is(plan(of, states), expected));

test('a pod that has failed as a whole is finished; one that is gone is ended', () => {
  assert.is(plan(pod(), { a: running }, { failed: true }), 'finish');
  assert.is(plan(pod({ terminationGracePeriodSeconds: 5 }), { a: running }, { gone: true }), 'terminate 5');
});

test.run();
