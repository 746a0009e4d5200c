/** The small value parsers: field selectors, quantities, durations, addresses, hashes, equality. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addressAt,
  contains,
  formatAddress,
  parseAddress,
  parseCidr,
  sizeOf,
  subnetAt,
} from '../../../control/machinery/cidr.ts';
import { ageOf, formatDuration, humanDuration, parseDuration } from '../../../control/machinery/duration.ts';
import { equal } from '../../../control/machinery/equal.ts';
import {
  checkFields,
  exactField,
  formatFieldSelector,
  matchesFields,
  parseFieldSelector,
} from '../../../control/machinery/fields.ts';
import { fnv1a, safeEncode, templateHash } from '../../../control/machinery/hash.ts';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliValue,
  parseQuantity,
  QuantityError,
  subtractQuantities,
  wholeValue,
} from '../../../control/machinery/quantity.ts';
import { StatusError } from '../../../control/machinery/status.ts';

const test = suite('values');

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof StatusError || error instanceof QuantityError);
    return (error as Error).message;
  }
  return 'nothing thrown';
};

const QUANTITIES: [string | number, string, number, number][] = [
  // text, canonical, whole, milli
  ['0', '0', 0, 0],
  ['1', '1', 1, 1000],
  [2, '2', 2, 2000],
  [0.5, '500m', 1, 500],
  ['1000m', '1', 1, 1000],
  ['1500m', '1500m', 2, 1500],
  ['.5', '500m', 1, 500],
  ['5.', '5', 5, 5000],
  ['1024Mi', '1Gi', 1073741824, 1073741824000],
  ['1.5Gi', '1536Mi', 1610612736, 1610612736000],
  ['0.5Ki', '512', 512, 512000],
  ['100Ki', '100Ki', 102400, 102400000],
  ['1000', '1k', 1000, 1000000],
  ['1e3', '1e3', 1000, 1000000],
  ['1E3', '1e3', 1000, 1000000],
  ['12e-1', '1200e-3', 2, 1200],
  ['1E', '1E', 1e18, 1e21],
  ['12345678n', '12345678n', 1, 13],
  ['0.1n', '1n', 1, 1],
  ['-0.1n', '-1n', -1, -1],
  ['-3', '-3', -3, -3000],
  ['+3', '3', 3, 3000],
  ['0.0001Gi', '107374182400u', 107375, 107374183],
  ['9223372036854775808', '9223372036854775807', 2 ** 63, 2 ** 63 * 1000],
];
for (const [text, canonical, whole, milli] of QUANTITIES) {
  test(`quantity ${text} is ${canonical}`, () => {
    const quantity = parseQuantity(text);
    assert.is(formatQuantity(quantity), canonical);
    assert.is(wholeValue(quantity), whole);
    assert.is(milliValue(quantity), milli);
    assert.is(canonicalQuantity(canonical), canonical);
  });
}
for (const text of [
  '',
  ' ',
  'a',
  '1.2.3',
  '1 Gi',
  '--1',
  '.',
  '1Kix',
  '1e',
  '1e99999',
  'Mi',
  '1mm',
  '0x10',
  '1'.repeat(999),
]) {
  test(`quantity ${JSON.stringify(text.slice(0, 12))} is refused`, () =>
    assert.match(
      messageOf(() => parseQuantity(text)),
      /^(quantities must match|unable to parse quantity)/,
    ));
}
test('quantities add and compare exactly', () => {
  const sum = Array.from({ length: 10 }, () => parseQuantity('0.1')).reduce(addQuantities);
  assert.is(compareQuantities(sum, parseQuantity('1')), 0);
  assert.is(formatQuantity(subtractQuantities(parseQuantity('1Gi'), parseQuantity('1Mi'))), '1023Mi');
  assert.is(compareQuantities(parseQuantity('1Gi'), parseQuantity('1G')), 1);
  assert.is(compareQuantities(parseQuantity('1'), parseQuantity('1Ki')), -1);
});

const DURATIONS: [string, number | undefined, string?][] = [
  ['1h30m', 5_400_000, '1h30m0s'],
  ['1.5s', 1500, '1.5s'],
  ['300ms', 300, '300ms'],
  ['-2m', -120_000, '-2m0s'],
  ['1us', 0.001, '1µs'],
  ['.5m', 30_000, '30s'],
  ['0', 0, '0s'],
  ['1', undefined],
  ['', undefined],
  ['1d', undefined],
  ['h', undefined],
];
for (const [text, ms, printed] of DURATIONS) {
  test(`duration ${text || '(empty)'}`, () => {
    assert.is(parseDuration(text), ms);
    if (printed !== undefined) assert.is(formatDuration(ms!), printed);
  });
}

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;
const AGES: [number, string][] = [
  [-3 * S, '<invalid>'],
  [-1 * S, '0s'],
  [0, '0s'],
  [119 * S, '119s'],
  [2 * M, '2m'],
  [2 * M + 30 * S, '2m30s'],
  [10 * M + 5 * S, '10m'],
  [179 * M, '179m'],
  [3 * H, '3h'],
  [7 * H + 59 * M, '7h59m'],
  [8 * H + 5 * M, '8h'],
  [47 * H, '47h'],
  [2 * D, '2d'],
  [5 * D + 3 * H, '5d3h'],
  [8 * D + 3 * H, '8d'],
  [729 * D, '729d'],
  [770 * D, '2y40d'],
  [365 * 9 * D, '9y'],
];
for (const [ms, text] of AGES) test(`age ${text}`, () => assert.is(humanDuration(ms), text));
test('age of a time', () => {
  assert.is(ageOf('2024-01-01T00:00:00Z', Date.UTC(2024, 0, 1, 0, 0, 42)), '42s');
  assert.is(ageOf(undefined, 0), '<unknown>');
  assert.is(ageOf('soon', 0), '<unknown>');
});

test('field selectors', () => {
  const selector = parseFieldSelector('status.phase=Running,metadata.name!=x,spec.nodeName==');
  const pod: Record<string, string> = { 'status.phase': 'Running', 'metadata.name': 'y', 'spec.nodeName': '' };
  const has = (field: string) => pod[field] ?? '';
  assert.is(matchesFields(selector, has), true);
  assert.is(matchesFields(parseFieldSelector('metadata.name!=y'), has), false);
  assert.is(matchesFields([], has), true);
  assert.is(exactField(selector, 'status.phase'), 'Running');
  assert.is(exactField(selector, 'metadata.name'), undefined);
  const escaped = parseFieldSelector('a=b\\,c\\=d\\\\');
  assert.is(escaped[0]!.value, 'b,c=d\\');
  assert.equal(parseFieldSelector(formatFieldSelector(escaped)), escaped);
  assert.equal(parseFieldSelector(formatFieldSelector(selector)), selector);
  assert.equal(parseFieldSelector(''), []);
});
const BAD_FIELDS: [string, string][] = [
  ['abc', "invalid selector: 'abc'; can't understand 'abc'"],
  ['a=b\\x', 'invalid field selector: invalid escape sequence in value: \\x'],
  ['a=b\\', 'invalid field selector: incomplete escape sequence in value'],
];
for (const [text, message] of BAD_FIELDS) {
  test(`field selector ${text} is refused`, () =>
    assert.is(
      messageOf(() => parseFieldSelector(text)),
      message,
    ));
}
test('fields that cannot be selected on', () => {
  const selector = parseFieldSelector('spec.x=1');
  assert.is(
    messageOf(() => checkFields(selector, [])),
    '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  );
  assert.is(
    messageOf(() => checkFields(selector, ['status.phase'])),
    'field label not supported: spec.x',
  );
  checkFields(parseFieldSelector('spec.x=1,metadata.name=a'), ['spec.x']);
});

test('addresses', () => {
  for (const text of [
    '10.244.3.1',
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    'fd00::1:0:0:1',
    '1:2:3:4:5:6:7:8',
    '1:0:3::',
  ]) {
    assert.is(formatAddress(parseAddress(text)!), text);
  }
  assert.is(formatAddress(parseAddress('FD00:0:0:0:0:0:0:1')!), 'fd00::1');
  for (const text of [
    '',
    '1.2.3',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.4.5',
    ':',
    '1:2',
    ':::',
    '1::2::3',
    'g::',
    '1:2:3:4:5:6:7:8:9',
  ]) {
    assert.is(parseAddress(text), undefined, text);
  }
  const pods = parseCidr('10.244.0.9/16')!;
  assert.is(addressAt(pods, 258), '10.244.1.2');
  assert.is(subnetAt(pods, 24, 3), '10.244.3.0/24');
  assert.is(sizeOf(pods), 65536n);
  assert.is(contains(pods, parseAddress('10.244.255.1')!), true);
  assert.is(contains(pods, parseAddress('10.245.0.1')!), false);
  assert.is(contains(pods, parseAddress('::1')!), false);
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', 'x/8', '::/129'])
    assert.is(parseCidr(text), undefined, text);
});

test('hashes', () => {
  assert.is(fnv1a(new TextEncoder().encode('foobar')), 0xbf9cf968);
  assert.is(safeEncode('0123'), '456' + '7');
  assert.is(templateHash({ a: 1, b: undefined, c: [1] }), templateHash({ c: [1], a: 1 }));
  assert.is.not(templateHash({ a: 1 }), templateHash({ a: 1 }, 1));
});

test('equality', () => {
  assert.ok(equal({ a: [1, { b: null }], c: undefined }, { a: [1, { b: null }] }));
  assert.not.ok(equal({ a: 1 }, { b: 1 }));
  assert.not.ok(equal({ a: 1 }, { a: 1, b: 2 }));
  assert.not.ok(equal([1], { 0: 1 }));
  assert.not.ok(equal(null, {}));
  assert.not.ok(equal({}, JSON.parse('{"__proto__":1}')));
  assert.ok(equal(new Uint8Array([1]), new Uint8Array([1])));
});

test.run();
