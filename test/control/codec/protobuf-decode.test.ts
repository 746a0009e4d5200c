/**
 * Protobuf bodies. The writer below does what gogo's generated code does: it writes the zero values of fields that are no
 * pointers, so that the decoder's dropping of them is really asked for.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeProtobuf } from '../../../control/codec/protobuf-decode.ts';
import { kinds } from '../../../control/kinds/all.ts';
import { StatusError } from '../../../control/machinery/status.ts';
import type { StructuralSchema } from '../../../control/machinery/structural.ts';
import { random } from '../../lib/random.ts';

const test = suite('protobuf-decode');

const varint = (value: number | bigint): number[] => {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  return [...out, Number(rest)];
};
const int = (tag: number, value: number | bigint) => [...varint(tag << 3), ...varint(value)];
const bytes = (tag: number, content: readonly number[]) => [
  ...varint((tag << 3) | 2),
  ...varint(content.length),
  ...content,
];
const text = (tag: number, value: string) => bytes(tag, [...new TextEncoder().encode(value)]);
const message = (tag: number, ...parts: number[][]) => bytes(tag, parts.flat());
const envelope = (apiVersion: string, kind: string, ...parts: number[][]) =>
  Uint8Array.from([
    ...[0x6b, 0x38, 0x73, 0x00],
    ...message(1, text(1, apiVersion), text(2, kind)),
    ...message(2, ...parts),
    ...text(3, ''),
    ...text(4, ''),
  ]);

const schemaOf = (apiVersion: string, kind: string): StructuralSchema | undefined =>
  kinds.find(k => k.kind === kind && (k.group === '' ? k.version : `${k.group}/${k.version}`) === apiVersion)?.schema;
const decode = (body: Uint8Array) => decodeProtobuf(body, schemaOf);

/** ObjectMeta as kubectl writes it: mostly zeros, and an empty creationTimestamp. */
const meta = (name: string, ...more: number[][]) =>
  message(
    1,
    text(1, name),
    text(2, ''),
    text(3, 'default'),
    text(4, ''),
    text(5, ''),
    text(6, ''),
    int(7, 0),
    message(8),
    ...more,
  );

test('kubectl create configmap', () => {
  const body = envelope(
    'v1',
    'ConfigMap',
    meta('settings', message(11, text(1, 'app'), text(2, 'web'))),
    message(2, text(1, 'color'), text(2, 'blue')),
    message(2, text(1, 'empty'), text(2, '')),
    message(2, text(1, '__proto__'), text(2, 'x')),
    message(3, text(1, 'bin'), bytes(2, [1, 2, 3])),
  );
  const decoded = decode(body);
  assert.is(JSON.stringify((decoded as { data: object }).data), '{"color":"blue","empty":"","__proto__":"x"}');
  delete (decoded as { data?: object }).data;
  assert.equal(decoded, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default', labels: { app: 'web' } },
    binaryData: { bin: 'AQID' },
  });
});

test('kubectl create deployment: pointers keep their zeros, others lose them', () => {
  const container = message(
    2,
    text(1, 'main'),
    text(2, 'hello:v1'),
    text(5, ''),
    message(8),
    text(13, ''),
    int(16, 0),
    int(17, 0),
  );
  const podSpec = message(
    2,
    container,
    text(3, ''),
    message(1, text(1, 'tmp'), message(2, message(2, text(1, '')))),
    int(11, 0),
    int(4, 0),
  );
  const body = envelope(
    'apps/v1',
    'Deployment',
    meta('web'),
    message(
      2,
      int(1, 0),
      message(2, message(1, text(1, 'app'), text(2, 'web'))),
      message(3, meta(''), podSpec),
      message(
        4,
        text(1, ''),
        message(2, message(1, int(1, 1), int(2, 0), text(3, '25%')), message(2, int(1, 0), int(2, 1), text(3, ''))),
      ),
      int(5, 0),
    ),
    message(3, int(1, 0), int(2, 0)),
  );
  const spec = (decode(body) as { spec: Record<string, unknown>; status?: unknown }).spec;
  assert.is(spec['replicas'], 0);
  assert.equal(spec['selector'], { matchLabels: { app: 'web' } });
  assert.equal(spec['strategy'], { rollingUpdate: { maxUnavailable: '25%', maxSurge: 1 } });
  assert.is(spec['minReadySeconds'], undefined);
  const template = spec['template'] as { spec: Record<string, unknown> };
  assert.equal(template.spec['containers'], [{ name: 'main', image: 'hello:v1' }]);
  assert.equal(template.spec['volumes'], [{ name: 'tmp', emptyDir: {} }]);
  assert.is(template.spec['terminationGracePeriodSeconds'], 0);
  assert.is(template.spec['hostNetwork'], undefined);
  assert.is((decode(body) as { status?: unknown }).status, undefined);
});

test('services, times, quantities, reviews', () => {
  const service = envelope(
    'v1',
    'Service',
    meta('web'),
    message(
      2,
      message(
        1,
        text(1, 'http'),
        text(2, 'TCP'),
        int(3, 80),
        message(4, int(1, 0), int(2, 8080), text(3, '')),
        int(5, 0),
      ),
    ),
  );
  assert.equal((decode(service) as { spec: unknown }).spec, {
    ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
  });
  const lease = envelope(
    'coordination.k8s.io/v1',
    'Lease',
    meta('a'),
    message(2, text(1, 'me'), int(2, 40), message(4, int(1, 1700000000), int(2, 5000))),
  );
  assert.equal((decode(lease) as { spec: unknown }).spec, {
    holderIdentity: 'me',
    leaseDurationSeconds: 40,
    renewTime: '2023-11-14T22:13:20.000005Z',
  });
  const node = envelope('v1', 'Node', meta('n'), message(3, message(1, text(1, 'cpu'), message(2, text(1, '500m')))));
  assert.equal((decode(node) as { status: unknown }).status, { capacity: { cpu: '500m' } });
  const review = envelope(
    'authorization.k8s.io/v1',
    'SelfSubjectAccessReview',
    message(2, message(1, text(1, 'default'), text(2, 'list'), text(3, ''), text(4, ''), text(5, 'pods'))),
  );
  assert.equal((decode(review) as { spec: unknown }).spec, {
    resourceAttributes: { namespace: 'default', verb: 'list', resource: 'pods' },
  });
});

test('negative numbers, unknown fields, packed numbers', () => {
  const body = envelope(
    'v1',
    'Pod',
    meta('p'),
    message(2, int(25, -5), text(4000, 'new'), bytes(4001, [1]), [...varint((4002 << 3) | 1), 1, 2, 3, 4, 5, 6, 7, 8]),
  );
  assert.equal((decode(body) as { spec: unknown }).spec, { priority: -5 });
  const schema: StructuralSchema = {
    type: 'object',
    properties: {
      list: {
        type: 'array',
        items: { type: 'integer', 'x-proto': { type: 'int' } },
        'x-proto': { tag: 1, type: 'int' },
      },
    },
  };
  const both = envelope('v1', 'X', int(1, 7), bytes(1, [8, 9]));
  assert.equal(decodeProtobuf(both, () => schema)['list'], [7, 8, 9]);
});

test('every field of every kind has a number of its own', () => {
  const seen = new Set<object>();
  const walk = (schema: StructuralSchema | undefined): void => {
    if (schema === undefined || seen.has(schema)) return;
    seen.add(schema);
    const tags = Object.values(schema.properties ?? {}).flatMap(({ 'x-proto': proto }) =>
      proto?.tag === undefined ? [] : `${proto.within}/${proto.tag}`,
    );
    assert.is(new Set(tags).size, tags.length, schema['x-definition']?.name);
    for (const child of [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties])
      walk(child);
  };
  for (const kind of kinds) walk(kind.schema);
});

test('what is malformed or unknown is a bad request', () => {
  const good = envelope('v1', 'ConfigMap', meta('a'), message(2, text(1, 'k'), text(2, 'v')));
  const dice = random(31);
  const bodies = [new Uint8Array(), Uint8Array.of(1, 2, 3, 4), envelope('v9', 'Nothing')];
  for (let round = 0; round < 2000; round++) {
    const broken = good.slice(0, dice.chance(0.5) ? dice.below(good.length) : good.length);
    if (broken.length > 0) broken[dice.below(broken.length)] = dice.below(256);
    bodies.push(broken);
  }
  let refused = 0;
  for (const body of bodies) {
    try {
      decode(body);
    } catch (error) {
      assert.instance(error, StatusError, `${error}`);
      assert.is((error as StatusError).status.code, 400);
      refused++;
    }
  }
  assert.ok(refused > 500, `${refused}`);
});

test.run();
