/** JSON and YAML from outside. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { JSON_DEPTH_MAX, parseJson, strictDecodingError } from '../../../control/codec/json.ts';
import { dumpYaml, loadYaml } from '../../../control/codec/yaml.ts';
import { StatusError } from '../../../control/machinery/status.ts';
import { random } from '../../lib/random.ts';

const test = suite('text');
const isBadRequest = (error: unknown) => error instanceof StatusError && error.status.code === 400;

const DUPLICATES: [string, string[]][] = [
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"spec":{"replicas":1, "replicas" : 2}}', ['spec.replicas']],
  ['{"spec":{"c":[{"x":1},{"n":1,"n":2}]}}', ['spec.c[1].n']],
  ['{"a":1,"\\u0061":2}', ['a']],
  ['{"a\\"":1,"a\\"":2}', ['a"']],
  ['{"a\\\\":1,"a":2}', []],
  ['{"a":"a","b":"a"}', []],
  ['["a","a",{"a":"a"}]', []],
  ['{"a":"{\\"x\\":1,\\"x\\":2}"}', []],
  ['{"a":1,"a":2,"a":3}', ['a', 'a']],
  ['{"__proto__":1,"__proto__":2}', ['__proto__']],
];
for (const [text, expected] of DUPLICATES) {
  test(`duplicates in ${text}`, () => {
    const { value, duplicateFields } = parseJson(text);
    assert.equal(duplicateFields, expected);
    assert.is(JSON.stringify(value), JSON.stringify(JSON.parse(text)));
  });
}

for (const text of ['', '{', '{"a":}', '{"a":1', '"a', '{"a" "b"}', '\\', '{"a":1}}', '"\\u12"', '[1,]', '\u0000']) {
  test(`no JSON: ${JSON.stringify(text)}`, () => assert.throws(() => parseJson(text), isBadRequest));
}
test('bytes that are no UTF-8', () =>
  assert.throws(() => parseJson(Uint8Array.of(0x22, 0xc3, 0x28, 0x22)), isBadRequest));
test('depth is bounded', () => {
  parseJson('['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX));
  assert.throws(() => parseJson('['.repeat(JSON_DEPTH_MAX + 1) + ']'.repeat(JSON_DEPTH_MAX + 1)), isBadRequest);
  assert.throws(() => parseJson('['.repeat(5_000_000)), isBadRequest);
});
test('`__proto__` in a body pollutes nothing', () => {
  const { value } = parseJson('{"__proto__":{"admin":true}}');
  assert.is(Object.hasOwn(value as object, '__proto__'), true);
  assert.is(({} as Record<string, unknown>)['admin'], undefined);
});
test('the scan agrees with the parser on random texts', () => {
  const dice = random(37);
  const piece = () => dice.pick(['{', '}', '[', ']', '"a"', '"b\\""', ':', ',', '1', ' ', '\\', '"']);
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: dice.below(12) }, piece).join('');
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    if (valid) parseJson(text);
    else assert.throws(() => parseJson(text), isBadRequest);
  }
});

test('strict decoding errors', () => {
  assert.is(strictDecodingError([], []), undefined);
  assert.is(strictDecodingError([], ['spec.bogus']), 'strict decoding error: unknown field "spec.bogus"');
  assert.is(
    strictDecodingError(['a', 'b'], ['c']),
    'strict decoding error: duplicate field "a", duplicate field "b", unknown field "c"',
  );
});

test('manifests with many documents', async () => {
  const text = '# comment\n---\nkind: A\n---\n---\nkind: B\nlist:\n- 1\n- {x: y}\n...\n';
  assert.equal(await loadYaml(text), [{ kind: 'A' }, { kind: 'B', list: [1, { x: 'y' }] }]);
  assert.equal(await loadYaml(''), []);
  assert.equal(await loadYaml('{"kind": "A", "a": [1]}'), [{ kind: 'A', a: [1] }]);
});

const SCALARS: [string, unknown][] = [
  ['0644', 420],
  ['0o17', 15],
  ['0x1F', 31],
  ['-12', -12],
  ['1_000', 1000],
  ['1e3', 1000],
  ['.5', 0.5],
  ['yes', true],
  ['off', false],
  ['y', 'y'],
  ['~', null],
  ['1.2.3', '1.2.3'],
  ['12:30', '12:30'],
  ['2024-01-01', '2024-01-01'],
  ['"0644"', '0644'],
  ['08', 8],
  ['1Gi', '1Gi'],
];
for (const [text, value] of SCALARS) {
  test(`yaml ${text} is ${JSON.stringify(value)}`, async () =>
    assert.equal(await loadYaml(`a: ${text}\n`), [{ a: value }]));
}

for (const text of [
  'a: 1\na: 2',
  'a: [',
  'a: b: c',
  '\t- x',
  `a: &a [x]\nb: [${'*a,'.repeat(101)}]`,
  `${'['.repeat(500)}`,
]) {
  test(`bad yaml ${JSON.stringify(text.slice(0, 20))}`, async () => {
    const error = await loadYaml(text).catch((reason: unknown) => reason);
    assert.ok(isBadRequest(error), String(error));
  });
}

test('merge keys and anchors', async () => {
  const [value] = await loadYaml('base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\n');
  assert.equal((value as { more: object }).more, { x: 1, y: 3 });
});

test('dumped as kubectl does, and read back the same', async () => {
  const object = {
    metadata: { name: 'web', annotations: { text: 'line one\nline two\n', yes: 'no', octal: '0644', empty: '' } },
    kind: 'Pod',
    spec: { containers: [{ name: 'a', args: ['--x=1', '1e3', 'null'] }], n: null, list: [], map: {} },
  };
  const text = await dumpYaml(object);
  assert.match(text, /^kind: Pod\nmetadata:\n {2}annotations:\n/);
  assert.match(text, / {2}containers:\n {2}- args:\n {4}- --x=1\n/);
  assert.match(text, /text: \|\n {6}line one\n {6}line two\n/);
  assert.equal((await loadYaml(text))[0], object);
});

test.run();
