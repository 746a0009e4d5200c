/** EndpointSlices and Endpoints planned from Services and pods. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Action } from '../../../control/controllers/actions.ts';
import { planEndpointSlices } from '../../../control/controllers/endpoint-slice.ts';
import { planEndpoints } from '../../../control/controllers/endpoints.ts';
import type { EndpointSlice } from '../../../control/kinds/endpoint-slice.ts';
import type { Endpoints } from '../../../control/kinds/endpoints.ts';
import type { Pod } from '../../../control/kinds/pod.ts';
import type { Service } from '../../../control/kinds/service.ts';
import { pod, words } from './world.ts';

const test = suite('controllers/endpoint-slice');

const service = (spec: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', uid: 'svc' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
});
const slices = (pods: Pod[], existing: EndpointSlice[] = [], spec = {}) =>
  planEndpointSlices({ service: service(spec), pods, slices: existing, node: () => undefined });
const created = (actions: Action[]) => actions.flatMap(a => (a.type === 'create' ? [a.object as EndpointSlice] : []));

test('EndpointSlice: conditions tell ready, serving and terminating apart', () => {
  const [slice] = created(
    slices([
      pod('a', { ip: '10.1', ready: true }),
      pod('b', { ip: '10.2' }),
      pod('c', { ip: '10.3', ready: true, deleting: true }),
      pod('d', { ip: '10.4', phase: 'Failed' }),
      pod('e'),
    ]),
  );
  assert.equal(
    slice!.endpoints.map(({ addresses, conditions: { ready, serving, terminating } }) => [
      addresses[0],
      ready,
      serving,
      terminating,
    ]),
    [
      ['10.1', true, true, false],
      ['10.2', false, false, false],
      ['10.3', false, true, true],
    ],
  );
  assert.equal(
    slice!.ports?.map(({ port }) => port),
    [8080],
  );
  const [open] = created(slices([pod('b', { ip: '10.2' })], [], { publishNotReadyAddresses: true }));
  assert.ok(open!.endpoints[0]!.conditions.ready);
});

test('EndpointSlice: at most 100 in one; a change touches only the slice that has the pod', () => {
  const pods = Array.from({ length: 250 }, (_, i) => pod(`p${i}`, { ip: `10.0.0.${i}`, ready: true }));
  const made = created(slices(pods)).map(slice => ({
    ...slice,
    metadata: { ...slice.metadata, uid: slice.metadata.name },
  }));
  assert.equal(
    made.map(slice => slice.endpoints.length),
    [100, 100, 50],
  );
  assert.is(new Set(made.map(slice => slice.metadata.name)).size, 3);
  assert.equal(slices(pods, made), [], 'settled');
  const changed = pods.with(120, pod('p120', { ip: '10.0.0.120' }));
  assert.equal(words(slices(changed, made)), [`patch endpointslices ${made[1]!.metadata.name}`]);
  assert.equal(
    words(slices(pods.slice(0, 100), made)).sort(),
    made
      .slice(1)
      .map(({ metadata }) => `delete endpointslices ${metadata.name}`)
      .sort(),
  );
  assert.is(created(slices([]))[0]!.endpoints.length, 0, 'nobody is there, and that is said');
});

test('pods that resolve a named port differently are in different slices', () => {
  const other = pod('b', { ip: '10.2', ready: true });
  other.spec.containers[0]!.ports = [{ name: 'http', containerPort: 9090 }];
  const made = created(slices([pod('a', { ip: '10.1', ready: true }), other]));
  assert.equal(
    made.map(slice => slice.ports?.[0]?.port),
    [8080, 9090],
  );
});

test('Endpoints: ready and not ready apart, nothing to do when nothing changed', () => {
  const pods = [
    pod('a', { ip: '10.1', ready: true }),
    pod('b', { ip: '10.2' }),
    pod('c', { ip: '10.3', ready: true, deleting: true }),
  ];
  const [action] = planEndpoints(service(), pods, undefined);
  const made = (action as { object: Endpoints }).object;
  assert.equal(
    made.subsets?.[0]?.addresses?.map(({ ip }) => ip),
    ['10.1'],
  );
  assert.equal(
    made.subsets?.[0]?.notReadyAddresses?.map(({ ip }) => ip),
    ['10.2'],
  );
  assert.equal(planEndpoints(service(), pods, made), []);
  assert.equal(planEndpoints(service({ selector: undefined }), pods, undefined), [], 'by hand');
});

test.run();
