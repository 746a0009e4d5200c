import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kinds } from '../../../control/kinds/all.ts';
import { certificateSigningRequest } from '../../../control/kinds/certificate-signing-request.ts';
import { clusterRole } from '../../../control/kinds/cluster-role.ts';
import { configMap } from '../../../control/kinds/config-map.ts';
import { endpointSlice } from '../../../control/kinds/endpoint-slice.ts';
import { event } from '../../../control/kinds/event.ts';
import { lease } from '../../../control/kinds/lease.ts';
import { namespace } from '../../../control/kinds/namespace.ts';
import { node } from '../../../control/kinds/node.ts';
import { role } from '../../../control/kinds/role.ts';
import { roleBinding } from '../../../control/kinds/role-binding.ts';
import { secret } from '../../../control/kinds/secret.ts';
import type { Kind } from '../../../control/kinds/strategy.ts';
import { created, refusals, updated } from '../../lib/admit.ts';

const test = suite('other kinds');

const pem = btoa('-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n');
const signing = { request: pem, signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['client auth'] };
const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const REFUSED: [kind: Kind, body: object, ...refusals: string[]][] = [
  [
    configMap as Kind,
    { data: { 'a/b': 'x' } },
    `data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
  ],
  [
    configMap as Kind,
    { data: { a: 'x'.repeat(1024 * 1024 + 1) } },
    'data: Too long: may not be more than 1048576 bytes',
  ],
  [
    configMap as Kind,
    { data: { a: 'x' }, binaryData: { a: 'YQ==' } },
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ],
  [secret as Kind, { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }, 'data[tls.key]: Required value'],
  [
    secret as Kind,
    { data: { a: 'x' } },
    'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0',
  ],
  [
    lease as Kind,
    { spec: { leaseDurationSeconds: 0 } },
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
  ],
  [
    role as Kind,
    { rules: [{ ...rule, verbs: [] }] },
    'rules[0].verbs: Required value: verbs must contain at least one value',
  ],
  [
    role as Kind,
    { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ],
  [clusterRole as Kind, { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] }],
  [
    clusterRole as Kind,
    { rules: [{ verbs: ['get'], resources: ['pods'] }] },
    'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
  ],
  [
    roleBinding as Kind,
    { roleRef: { kind: 'Role', name: 'a' }, subjects: [{ kind: 'ServiceAccount', name: 'x' }] },
    'subjects[0].namespace: Required value',
  ],
  [
    roleBinding as Kind,
    { roleRef: { kind: 'Thing', name: 'a' } },
    'roleRef.kind: Unsupported value: "Thing": supported values: "ClusterRole", "Role"',
  ],
  [
    endpointSlice as Kind,
    { addressType: 'IPv4', endpoints: [{ addresses: ['x'] }] },
    'endpoints[0].addresses[0]: Invalid value: "x": must be a valid IPv4 address',
  ],
  [endpointSlice as Kind, { endpoints: [] }, 'addressType: Required value'],
  [
    node as Kind,
    { spec: { taints: [{ key: 'a', effect: 'Never' }] } },
    'spec.taints[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"',
  ],
  [
    node as Kind,
    { spec: { podCIDR: '10.244.0.0' } },
    'spec.podCIDRs[0]: Invalid value: "10.244.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    event as Kind,
    { involvedObject: { namespace: 'other' } },
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ],
  [
    certificateSigningRequest as Kind,
    { spec: { ...signing, signerName: 'x' } },
    'spec.signerName: Invalid value: "x": must be a fully qualified domain and path of the form "example.com/signer-name"',
  ],
  [
    certificateSigningRequest as Kind,
    { spec: { ...signing, request: 'AAAA' } },
    'spec.request: Invalid value: "AAAA": PEM block type must be CERTIFICATE REQUEST',
  ],
  [certificateSigningRequest as Kind, { spec: signing }],
  [
    namespace as Kind,
    { metadata: { name: 'a.b' } },
    `metadata.name: Invalid value: "a.b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
  ],
];
for (const [kind, body, ...expected] of REFUSED) {
  test(`${kind.kind} ${expected[0]?.slice(0, 60) ?? 'is fine'}`, () => {
    assert.equal(
      refusals(() => created(kind, body as Record<string, unknown>)),
      expected,
    );
  });
}

test('text of a Secret becomes data', () => {
  const object = created(secret, { stringData: { a: 'grün', b: 'x' }, data: { b: 'eQ==', c: 'eg==' } });
  assert.equal(object.data, { a: 'Z3LDvG4=', b: 'eA==', c: 'eg==' });
  assert.is(object.stringData, undefined);
  assert.is(object.type, 'Opaque');
});

test('sealed data stays', () => {
  const current = created(configMap, { immutable: true, data: { a: '1' } });
  assert.equal(
    refusals(() =>
      updated(configMap, current, next => {
        next.data = { a: '2' };
      }),
    ),
    ['data: Forbidden: field is immutable when `immutable` is set'],
  );
  assert.equal(
    refusals(() =>
      updated(configMap, current, next => {
        next.metadata.labels = { a: 'b' };
      }),
    ),
    [],
  );
});

test('the type of a Secret and the role of a binding are for life', () => {
  const current = created(secret, {});
  assert.match(
    refusals(() =>
      updated(secret, current, next => {
        next.type = 'a/b';
      }),
    )[0]!,
    /^type: .*immutable$/,
  );
  const bound = created(roleBinding, { roleRef: { kind: 'Role', name: 'a' } });
  assert.match(
    refusals(() =>
      updated(roleBinding, bound, next => {
        next.roleRef.name = 'b';
      }),
    )[0]!,
    /^roleRef: .*cannot change roleRef$/,
  );
});

test('a namespace is kept by its finalizer, which only finalize removes', () => {
  const current = created(namespace, {});
  assert.equal(current.spec.finalizers, ['kubernetes']);
  assert.equal(current.status, { phase: 'Active' });
  const empty = (next: typeof current) => {
    next.spec = {};
  };
  assert.equal(updated(namespace, current, empty).spec.finalizers, ['kubernetes']);
  assert.equal(updated(namespace, current, empty, 'finalize').spec.finalizers, undefined);
});

test('approvers approve, signers sign, and nobody changes the request', () => {
  const current = created(certificateSigningRequest, { spec: signing, status: { certificate: 'YQ==' } });
  assert.is(current.status, undefined);
  const approve = (next: typeof current) => {
    next.spec.signerName = 'evil.example/x';
    next.status = { certificate: 'YQ==', conditions: [{ type: 'Approved', status: 'True' }] };
  };
  const approved = updated(certificateSigningRequest, current, approve, 'approval');
  assert.equal(approved.status, { conditions: [{ type: 'Approved', status: 'True' }] });
  assert.is(approved.spec.signerName, signing.signerName);
  const sign = (next: typeof current) => {
    next.status = { certificate: 'YQ==' };
  };
  const signed = updated(certificateSigningRequest, approved, sign, 'status');
  assert.equal(signed.status, { certificate: 'YQ==', conditions: [{ type: 'Approved', status: 'True' }] });
  assert.equal(updated(certificateSigningRequest, current, approve, 'status').status?.conditions, []);
  assert.is(updated(certificateSigningRequest, current, approve).status, undefined);
});

test('a node’s range of addresses is for life', () => {
  const current = created(node, { spec: { podCIDR: '10.244.0.0/24' } });
  assert.equal(current.spec.podCIDRs, ['10.244.0.0/24']);
  const change = (next: typeof current) => {
    next.spec = { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] };
  };
  assert.is(refusals(() => updated(node, current, change)).length, 1);
});

test('metadata that no update may change', () => {
  const current = created(configMap, { metadata: { uid: 'x' } });
  assert.match(
    refusals(() =>
      updated(configMap, current, next => {
        next.metadata.uid = 'y';
      }),
    )[0]!,
    /^metadata\.uid: /,
  );
  const going = { ...current, metadata: { ...current.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  assert.match(
    refusals(() =>
      updated(configMap, going, next => {
        next.metadata.finalizers = ['a.b/c'];
      }),
    )[0]!,
    /no new finalizers can be added if the object is being deleted/,
  );
});

test('names of Kinds do not collide', () => {
  const seen = new Set<string>();
  for (const kind of kinds) {
    for (const name of [kind.resource, ...(kind.shortNames ?? [])]) {
      assert.not.ok(seen.has(name), name);
      seen.add(name);
    }
    assert.is(kind.listKind, `${kind.kind}List`);
    assert.is(kind.schema['x-definition']?.name.split('.').at(-1), kind.kind);
  }
});

test.run();
