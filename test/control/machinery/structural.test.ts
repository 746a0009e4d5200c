import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type StructuralSchema, type WalkOptions, walk } from '../../../control/machinery/structural.ts';
import { object, widget } from '../../lib/widget.ts';

const test = suite('structural');

const FILLED = { replicas: 1, seconds: 5 };
const VALUES: [name: string, given: string, kept: object][] = [
  ['defaults', '{}', FILLED],
  ['a pointer keeps its zero, another field does not', '{"replicas":0,"seconds":0}', { replicas: 0, seconds: 5 }],
  ['null is not given', '{"replicas":null,"paused":null,"ports":null}', FILLED],
  [
    'null in a list is a zero value',
    '{"ports":[null],"tags":[null]}',
    { ports: [{ number: 0, protocol: 'TCP' }], tags: [''] },
  ],
  [
    'null in a map is a zero value',
    '{"labels":{"a":null},"limits":{"cpu":null}}',
    { labels: { a: '' }, limits: { cpu: '0' } },
  ],
  ['an empty enum is unset', '{"ports":[{"number":1,"protocol":""}]}', { ports: [{ number: 1, protocol: 'TCP' }] }],
  [
    'int or string',
    '{"ports":[{"number":1,"target":80},{"number":2,"target":"web"}]}',
    {
      ports: [
        { number: 1, target: 80, protocol: 'TCP' },
        { number: 2, target: 'web', protocol: 'TCP' },
      ],
    },
  ],
  [
    'quantities are canonical',
    '{"limits":{"cpu":"1000m","memory":1024,"disk":"1024Mi"}}',
    { limits: { cpu: '1', memory: '1024', disk: '1Gi' } },
  ],
  [
    'times are UTC',
    '{"begun":"2026-01-01T01:30:00.7+01:30","renewed":"2026-01-01T00:00:00.5Z"}',
    {
      begun: '2026-01-01T00:00:00Z',
      renewed: '2026-01-01T00:00:00.500000Z',
    },
  ],
  [
    'opaque values are kept',
    '{"any":{"x":[1,null]},"open":{"known":1,"y":null}}',
    { any: { x: [1, null] }, open: { known: 1, y: null } },
  ],
];
for (const [name, given, kept] of VALUES) {
  test(name, () => {
    const result = walk(widget, { spec: JSON.parse(given) });
    assert.equal(result.typeErrors, []);
    assert.equal(result.unknownFields, []);
    assert.equal(result.causes, []);
    assert.equal(result.value, { spec: { ...FILLED, ...kept } });
  });
}

const field = (name: string) => `json: cannot unmarshal ${name}`;
const TYPES: [given: string, at: string, message: string][] = [
  ['{"spec":[]}', 'spec', `${field('array')} into Go struct field Widget.spec of type v1.WidgetSpec`],
  [
    '{"spec":{"replicas":"x"}}',
    'spec.replicas',
    `${field('string')} into Go struct field WidgetSpec.spec.replicas of type int32`,
  ],
  [
    '{"spec":{"replicas":1.5}}',
    'spec.replicas',
    `${field('number 1.5')} into Go struct field WidgetSpec.spec.replicas of type int32`,
  ],
  [
    '{"spec":{"replicas":3000000000}}',
    'spec.replicas',
    `${field('number 3000000000')} into Go struct field WidgetSpec.spec.replicas of type int32`,
  ],
  [
    '{"spec":{"paused":"yes"}}',
    'spec.paused',
    `${field('string')} into Go struct field WidgetSpec.spec.paused of type bool`,
  ],
  [
    '{"spec":{"ports":{}}}',
    'spec.ports',
    `${field('object')} into Go struct field WidgetSpec.spec.ports of type []v1.Port`,
  ],
  [
    '{"spec":{"ports":[{"name":1}]}}',
    'spec.ports[0].name',
    `${field('number')} into Go struct field Port.spec.ports.name of type string`,
  ],
  [
    '{"spec":{"labels":{"a":true}}}',
    'spec.labels.a',
    `${field('bool')} into Go struct field WidgetSpec.spec.labels.a of type string`,
  ],
  [
    '{"spec":{"labels":"a"}}',
    'spec.labels',
    `${field('string')} into Go struct field WidgetSpec.spec.labels of type map[string]string`,
  ],
  ['{"spec":{"ports":[{"target":true}]}}', 'spec.ports[0].target', `${field('bool')} into Go value of type string`],
  [
    '{"spec":{"begun":"today"}}',
    'spec.begun',
    'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"',
  ],
  ['{"spec":{"data":"a*=="}}', 'spec.data', 'illegal base64 data at input byte 1'],
  [
    '{"spec":{"limits":{"cpu":"much"}}}',
    'spec.limits.cpu',
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
];
for (const [given, at, message] of TYPES) {
  test(`wrong type: ${given}`, () => {
    assert.equal(walk(widget, JSON.parse(given)).typeErrors, [{ field: at, message }]);
  });
}

test('a root of the wrong type', () => {
  assert.is(walk(widget, 'x').typeErrors[0]!.message, 'json: cannot unmarshal string into Go value of type v1.Widget');
});

const RULES: StructuralSchema = object(
  'Rules',
  {
    size: { type: 'integer', minimum: 1, maximum: 3 },
    open: { type: 'number', minimum: 0, exclusiveMinimum: true, multipleOf: 0.5 },
    word: { type: 'string', minLength: 2, maxLength: 3, pattern: '^a' },
    list: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 2, 'x-kubernetes-list-type': 'set' },
    map: { type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 1 },
    choice: { type: 'string', enum: ['a', 'b'] },
    keyed: {
      type: 'array',
      items: object('Item', { id: { type: 'integer' } }),
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
    },
  },
  ['size'],
);
const CAUSES: [given: string, at: string, message: string, options?: WalkOptions][] = [
  ['{}', 'size', 'Required value'],
  ['{"size":0}', 'size', 'Invalid value: 0: should be greater than or equal to 1'],
  ['{"size":4}', 'size', 'Invalid value: 4: should be less than or equal to 3'],
  ['{"size":1,"open":0}', 'open', 'Invalid value: 0: should be greater than 0'],
  ['{"size":1,"open":0.7}', 'open', 'Invalid value: 0.7: should be a multiple of 0.5'],
  ['{"size":1,"word":"a"}', 'word', 'Invalid value: "a": should be at least 2 chars long'],
  ['{"size":1,"word":"abcd"}', 'word', 'Too long: may not be more than 3 bytes'],
  ['{"size":1,"word":"bcd"}', 'word', `Invalid value: "bcd": should match '^a'`],
  ['{"size":1,"list":[]}', 'list', 'Invalid value: 0: should have at least 1 items'],
  ['{"size":1,"list":[1,2,3]}', 'list', 'Too many: 3: must have at most 2 items'],
  ['{"size":1,"map":{"a":1,"b":2}}', 'map', 'Too many: 2: must have at most 1 properties'],
  ['{"size":1,"choice":"c"}', 'choice', 'Unsupported value: "c": supported values: "a", "b"'],
  ['{"size":1,"choice":""}', 'choice', 'Unsupported value: "": supported values: "a", "b"'],
  ['{"size":1,"list":[1,1]}', 'list[1]', 'Duplicate value: 1', { uniqueLists: true }],
  ['{"size":1,"keyed":[{"id":1},{"id":1}]}', 'keyed[1]', 'Duplicate value: {"id":1}', { uniqueLists: true }],
];
for (const [given, at, message, options] of CAUSES) {
  test(`wrong value: ${given}`, () => {
    const { causes } = walk(RULES, JSON.parse(given), options);
    assert.equal(
      causes.map(cause => [cause.field, cause.message]),
      [[at, message]],
    );
    assert.equal(walk(RULES, JSON.parse(given), { validate: false }).causes, []);
  });
}

test('duplicates are nobody else’s business unless asked for', () => {
  assert.equal(walk(RULES, { size: 1, list: [1, 1] }).causes, []);
});

test('unknown fields are reported with their paths, and removed', () => {
  const given = '{"spec":{"bogus":{"x":1},"ports":[{"number":1,"foo":1}],"labels":{"bar":"y"}},"top":1}';
  const result = walk(widget, JSON.parse(given));
  assert.equal(result.unknownFields, ['spec.bogus', 'spec.ports[0].foo', 'top']);
  assert.equal(result.value, {
    spec: { ...FILLED, ports: [{ number: 1, protocol: 'TCP' }], labels: { bar: 'y' } },
  });
  const kept = walk(widget, JSON.parse(given), { prune: false }).value as { top: number };
  assert.is(kept.top, 1);
});

test('members of Object are unknown fields like others, and never written through', () => {
  const given =
    '{"__proto__":{"polluted":1},"constructor":{},"toString":1,"spec":{"labels":{"__proto__":"x","a":"b"}}}';
  const result = walk(widget, JSON.parse(given));
  assert.equal(result.unknownFields, ['__proto__', 'constructor', 'toString', 'spec.labels.__proto__']);
  assert.equal(result.value, { spec: { ...FILLED, labels: { a: 'b' } } });
  assert.is(({} as { polluted?: number }).polluted, undefined);
  const open = walk(widget, JSON.parse('{"spec":{"open":{"__proto__":{"polluted":1}}}}'));
  assert.equal(open.unknownFields, ['spec.open.__proto__']);
});

test('defaults are not shared between objects', () => {
  const first = walk(widget, {}).value as { spec: { labels?: object } };
  first.spec.labels = { a: 'b' };
  assert.equal(walk(widget, {}).value, { spec: FILLED });
});

test('a long base64 text is checked without exhausting the stack', () => {
  const schema: StructuralSchema = { type: 'string', format: 'byte' };
  assert.equal(walk(schema, 'QUJD'.repeat(1_000_000)).typeErrors, []);
  assert.is(walk(schema, `${'QUJD'.repeat(1_000_000)}*===`).typeErrors.length, 1);
});

test.run();
