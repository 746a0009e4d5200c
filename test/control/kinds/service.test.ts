import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Service, service } from '../../../control/kinds/service.ts';
import { created, refusals, updated } from '../../lib/admit.ts';

const test = suite('service');
const body = (spec: object) => ({ spec: { ports: [{ port: 80 }], ...spec } });

test('defaults', () => {
  const { spec, status } = created(service, body({ selector: { app: 'web' } }));
  assert.equal(spec, {
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    selector: { app: 'web' },
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  });
  assert.equal(status, { loadBalancer: {} });
  assert.is(created(service, body({ type: 'NodePort' })).spec.externalTrafficPolicy, 'Cluster');
  assert.equal(created(service, body({ sessionAffinity: 'ClientIP' })).spec.sessionAffinityConfig, {
    clientIP: { timeoutSeconds: 10_800 },
  });
  assert.equal(created(service, body({ clusterIP: 'None' })).spec.clusterIPs, ['None']);
});

const REFUSED: [spec: object, ...refusals: string[]][] = [
  [{ ports: [] }, 'spec.ports: Required value'],
  [{ ports: [{ port: 80 }, { port: 81, name: 'b' }] }, 'spec.ports[0].name: Required value'],
  [
    {
      ports: [
        { port: 80, name: 'a' },
        { port: 81, name: 'a' },
      ],
    },
    'spec.ports[1].name: Duplicate value: "a"',
  ],
  [
    {
      ports: [
        { port: 80, name: 'a' },
        { port: 80, name: 'b' },
      ],
    },
    'spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
  ],
  [
    { ports: [{ port: 0 }] },
    'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
  ],
  [
    { ports: [{ port: 80, nodePort: 30080 }] },
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
    'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
  ],
  [
    { type: 'Magic' },
    'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [
    { clusterIP: 'x' },
    'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    { type: 'NodePort', clusterIP: 'None' },
    'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
  ],
  [{ type: 'ExternalName' }, 'spec.externalName: Required value'],
];
for (const [spec, ...expected] of REFUSED) {
  test(`refused: ${JSON.stringify(spec)}`, () => {
    assert.equal(
      refusals(() => created(service, body(spec))),
      expected,
    );
  });
}

test('a name must be a DNS-1035 label', () => {
  assert.match(
    refusals(() => created(service, { ...body({}), metadata: { name: '1web' } }))[0]!,
    /^metadata\.name: Invalid value: "1web": a DNS-1035 label/,
  );
});

test('claims what must be unique in the cluster', () => {
  const ports = [
    { name: 'a', port: 80, nodePort: 30080 },
    { name: 'b', port: 53, protocol: 'UDP', nodePort: 30053 },
  ];
  const object = created(service, body({ type: 'NodePort', clusterIP: '10.96.0.7', ports }));
  assert.equal(service.claims!(object), ['serviceips/10.96.0.7', 'nodeports/30080/TCP', 'nodeports/30053/UDP']);
  assert.equal(service.claims!(created(service, body({ clusterIP: 'None' }))), []);
});

const stored = () =>
  created(service, body({ type: 'NodePort', clusterIP: '10.96.0.7', ports: [{ port: 80, nodePort: 30080 }] }));

test('an update keeps what was allocated', () => {
  const next = updated(service, stored(), s => {
    delete s.spec.clusterIP;
    delete s.spec.clusterIPs;
    delete s.spec.ports![0]!.nodePort;
  });
  assert.is(next.spec.clusterIP, '10.96.0.7');
  assert.equal(next.spec.clusterIPs, ['10.96.0.7']);
  assert.is(next.spec.ports![0]!.nodePort, 30080);
});

test('another type lets go of what it does not use', () => {
  const toClusterIp = (s: Service) => {
    s.spec.type = 'ClusterIP';
  };
  assert.is(updated(service, stored(), toClusterIp).spec.ports![0]!.nodePort, undefined);
  const toName = (s: Service) => {
    s.spec.type = 'ExternalName';
    s.spec.externalName = 'example.com';
    delete s.spec.ports;
  };
  assert.equal(updated(service, stored(), toName).spec.clusterIPs, undefined);
});

test('a virtual address is for life', () => {
  const change = (s: Service) => {
    s.spec.clusterIP = '10.96.0.8';
    s.spec.clusterIPs = ['10.96.0.8'];
  };
  assert.equal(
    refusals(() => updated(service, stored(), change)),
    ['spec.clusterIPs[0]: Invalid value: []string{"10.96.0.8"}: may not change once set'],
  );
});

test.run();
