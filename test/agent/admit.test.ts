import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rejectionOf } from '../../agent/admit.ts';
import type { Pod } from '../../control/kinds/pod.ts';

const test = suite('admit');

const pod = (requests: Record<string, string>, init?: Record<string, string>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: {
    containers: [{ name: 'a', resources: { requests } }],
    initContainers: init && [{ name: 'i', resources: { requests: init } }],
  },
});

const room = { cpu: '1', memory: '1Gi', pods: '3' };

test('what fits is taken, what does not is refused in the words of the kubelet', () => {
  for (const [name, wanted, others, reason] of [
    ['nothing asked for', pod({}), [pod({ cpu: '1' })], undefined],
    ['just fits', pod({ cpu: '500m', memory: '512Mi' }), [pod({ cpu: '500m', memory: '512Mi' })], undefined],
    ['too much cpu', pod({ cpu: '501m' }), [pod({ cpu: '500m' })], 'OutOfcpu'],
    ['too much memory', pod({ memory: '1025Mi' }), [], 'OutOfmemory'],
    ['an init container is too big', pod({}, { cpu: '2' }), [], 'OutOfcpu'],
    ['too many pods', pod({}), [pod({}), pod({}), pod({})], 'OutOfpods'],
  ] as const)
    assert.is(rejectionOf(wanted, others, room)?.reason, reason, name);
  const { message } = rejectionOf(pod({ cpu: '501m' }), [pod({ cpu: '500m' })], room)!;
  assert.is(
    message,
    "Pod was rejected: Node didn't have enough resource: cpu, requested: 501, used: 500, capacity: 1000",
  );
});

test.run();
