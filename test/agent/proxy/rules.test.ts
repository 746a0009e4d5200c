/** Which endpoints answer for a Service: the tables of KEP-1669 and of the traffic policies. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rulesOf } from '../../../agent/proxy/rules.ts';
import { createTable } from '../../../agent/proxy/table.ts';
import type { EndpointSlice } from '../../../control/kinds/endpoint-slice.ts';
import type { Service } from '../../../control/kinds/service.ts';
import type { Endpoint } from '../../../control/kinds/types/endpoints.ts';
import type { ServiceSpec } from '../../../control/kinds/types/service.ts';

const test = suite('proxy rules');

const service = (spec: ServiceSpec): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'web' },
  spec: { clusterIP: '10.96.0.7', ports: [{ port: 80 }], ...spec },
});
const slice = (endpoints: Endpoint[], ports: EndpointSlice['ports'] = [{ port: 8080 }]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints,
  ports,
});
const endpoint = (ip: string, state: string, nodeName = 'edge-0'): Endpoint => ({
  addresses: [ip],
  nodeName,
  conditions: {
    ready: state === 'ready',
    serving: state === 'ready' || state === 'ending',
    terminating: state === 'ending' || state === 'ended',
  },
});
const context = { nodeName: 'edge-0', reachable: () => true };
const keys = (list: readonly { key: string }[]) => list.map(e => e.key).sort();

test('ready first, then those that end but serve, then nobody', () => {
  const cases: [string[], string[]][] = [
    [
      ['ready', 'ready'],
      ['10.0.0.0:8080', '10.0.0.1:8080'],
    ],
    [['ready', 'ending', 'not'], ['10.0.0.0:8080']],
    [['ending', 'ended', 'not'], ['10.0.0.0:8080']],
    [
      ['ending', 'ending'],
      ['10.0.0.0:8080', '10.0.0.1:8080'],
    ],
    [['ended', 'not'], []],
    [[], []],
  ];
  for (const [states, expected] of cases) {
    const [rule] = rulesOf(service({}), [slice(states.map((s, i) => endpoint(`10.0.0.${i}`, s)))], context);
    assert.equal(keys(rule!.inside), expected, states.join());
  }
});

test('a Local policy looks at this node alone, each side for itself', () => {
  const slices = [
    slice([
      endpoint('10.0.0.1', 'ending'),
      endpoint('10.0.1.1', 'ready', 'edge-1'),
      endpoint('10.0.1.2', 'ready', 'edge-1'),
    ]),
  ];
  const [local] = rulesOf(service({ internalTrafficPolicy: 'Local' }), slices, context);
  assert.equal([keys(local!.inside), keys(local!.outside)], [['10.0.0.1:8080'], ['10.0.1.1:8080', '10.0.1.2:8080']]);
  const [outside] = rulesOf(service({ externalTrafficPolicy: 'Local' }), slices, { ...context, nodeName: 'edge-2' });
  assert.equal([keys(outside!.inside).length, keys(outside!.outside)], [2, []]);
});

test('publishNotReadyAddresses, unreachable nodes, duplicates, absent conditions', () => {
  const slices = [
    slice([endpoint('10.0.0.1', 'not'), endpoint('10.0.1.1', 'ready', 'edge-1')]),
    slice([endpoint('10.0.0.1', 'not')]),
  ];
  const of = (spec: ServiceSpec, reachable = true) =>
    keys(rulesOf(service(spec), slices, { ...context, reachable: n => reachable || n === 'edge-0' })[0]!.inside);
  assert.equal(of({}), ['10.0.1.1:8080']);
  assert.equal(of({ publishNotReadyAddresses: true }), ['10.0.0.1:8080', '10.0.1.1:8080']);
  assert.equal(of({}, false), []);
  assert.equal(keys(rulesOf(service({}), [slice([{ addresses: ['10.0.0.9'] } as Endpoint])], context)[0]!.inside), [
    '10.0.0.9:8080',
  ]);
});

test('ports are matched by name; only TCP; headless and ExternalName have no rules', () => {
  const ports = [
    { name: 'http', port: 80, nodePort: 30080 },
    { name: 'admin', port: 9000 },
    { name: 'dns', port: 53, protocol: 'UDP' as const },
  ];
  const slices = [
    slice(
      [endpoint('10.0.0.1', 'ready')],
      [
        { name: 'http', port: 8080 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    ),
  ];
  const rules = rulesOf(service({ ports, type: 'NodePort' }), slices, context);
  assert.equal(
    rules.map(r => [r.id, r.portName, r.nodePort, keys(r.inside)]),
    [
      ['default/web:80', 'http', 30080, ['10.0.0.1:8080']],
      ['default/web:9000', 'admin', undefined, []],
    ],
  );
  assert.equal(rulesOf(service({ clusterIP: 'None' }), slices, context), []);
  assert.equal(rulesOf(service({ type: 'ExternalName', externalName: 'example.com' }), slices, context), []);
  assert.equal(rulesOf(service({ clusterIP: undefined }), slices, context), []);
  assert.equal(
    rulesOf(service({ clusterIPs: ['fd00::1', '10.96.0.7'], externalIPs: ['192.0.2.1'] }), slices, context)[0]!
      .addresses,
    ['10.96.0.7', '192.0.2.1'],
  );
});

test('affinity carries its time', () => {
  const of = (spec: ServiceSpec) => rulesOf(service(spec), [], context)[0]!.affinityMs;
  assert.is(of({}), undefined);
  assert.is(of({ sessionAffinity: 'ClientIP' }), 10_800_000);
  assert.is(of({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }), 5000);
});

test('the table finds rules by address and node port, and forgets them', () => {
  const table = createTable();
  const web = rulesOf(service({ ports: [{ port: 80, nodePort: 30080 }, { port: 81 }] }), [], context);
  table.set('default/web', web);
  assert.is(table.byAddress('10.96.0.7', 80), web[0]);
  assert.is(table.byNodePort(30080), web[0]);
  table.set('default/thief', [{ ...web[0]!, id: 'default/thief:80' }]);
  assert.is(table.byAddress('10.96.0.7', 80), web[0]);
  assert.equal(table.set('default/web', [web[0]!]), ['default/web:81']);
  assert.is(table.byAddress('10.96.0.7', 81), undefined);
  assert.equal(table.set('default/web', []), ['default/web:80']);
  assert.is(table.byNodePort(30080), undefined);
});

test.run();
