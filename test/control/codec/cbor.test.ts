/** Our CBOR against cbor-x and against itself, on tables and on seeded random values. */
import { Encoder } from 'cbor-x';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cborBody, parseCbor } from '../../../control/codec/cbor-body.ts';
import { CBOR_DEPTH_MAX, CborError, decodeCbor } from '../../../control/codec/cbor-decode.ts';
import { encodeCbor } from '../../../control/codec/cbor-encode.ts';
import { resourceVersionOffset, splice } from '../../../control/codec/cbor-splice.ts';
import { cborToJson } from '../../../control/codec/cbor-to-json.ts';
import { decodeStored, encodeStored, storedToCbor, storedToJson } from '../../../control/codec/stored.ts';
import { equal } from '../../../control/machinery/equal.ts';
import { StatusError } from '../../../control/machinery/status.ts';
import { type Random, random } from '../../lib/random.ts';

const test = suite('cbor');
const oracle = new Encoder({ useRecords: false });
const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(' ', ''));
const utf8 = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

// RFC 8949, appendix A
const ENCODED: [unknown, string][] = [
  [0, '00'],
  [23, '17'],
  [24, '1818'],
  [1000, '1903e8'],
  [1000000, '1a000f4240'],
  [1000000000000, '1b000000e8d4a51000'],
  [18446744073709551615n, '1bffffffffffffffff'],
  [-18446744073709551616n, '3bffffffffffffffff'],
  [-1, '20'],
  [-1000, '3903e7'],
  [2 ** 53 + 2, '1b0020000000000002'],
  [2n ** 53n + 1n, '1b0020000000000001'],
  [2 ** 53, '1b0020000000000000'],
  [-(2 ** 53), '3b001fffffffffffff'],
  [-0, '00'],
  [1.1, 'fb3ff199999999999a'],
  [1.5, 'f93e00'],
  [2 ** -24, 'f90001'],
  [100000.5, 'fa47c35040'],
  [1e300, 'fb7e37e43c8800759c'],
  [false, 'f4'],
  [true, 'f5'],
  [null, 'f6'],
  ['', '60'],
  ['a', '6161'],
  ['"\\', '62225c'],
  ['ü', '62c3bc'],
  ['水', '63e6b0b4'],
  ['\u{10151}', '64f0908591'],
  ['x'.repeat(100), '7864' + '78'.repeat(100)],
  [[1, [2, 3]], '8201820203'],
  [{ b: [2], a: 1, aa: 3 }, 'a36161016162810262616103'],
  [{ a: undefined, b: 1 }, 'a1616201'],
  [new Uint8Array([1, 2]), '420102'],
];
for (const [value, expected] of ENCODED) {
  test(`encodes ${expected.slice(0, 24)}`, () => {
    assert.is(encodeCbor(value).toHex(), expected);
    const decoded = decodeCbor(hex(expected));
    if (typeof value === 'bigint') assert.is(BigInt(decoded as number), value);
    else assert.ok(equal(decoded, Object.is(value, -0) ? 0 : value), expected);
  });
}

const REFUSED: [string, string][] = [
  ['duplicate key', 'a2 6161 01 6161 02'],
  ['duplicate __proto__', 'a2 695f5f70726f746f5f5f 01 695f5f70726f746f5f5f 02'],
  ['NaN', 'f97e00'],
  ['infinity', 'fb7ff0000000000000'],
  ['invalid UTF-8', '62c328'],
  ['an overlong surrogate', '63eda080'],
  ['surplus', '0000'],
  ['nothing', ''],
  ['cut text', '6261'],
  ['cut list', '8201'],
  ['a huge list', '9affffffff'],
  ['a huge text', '7bffffffffffffffff'],
  ['a huge map', 'bb001fffffffffffff'],
  ['a number as key', 'a10102'],
  ['bytes as key', 'a1416101'],
  ['a big number', 'c249010000000000000000'],
  ['undefined simple', 'f8ff'],
  ['reserved length', '1c'],
  ['a lone break', 'ff'],
  ['an endless list', '9f01'],
  ['too deep', '81'.repeat(CBOR_DEPTH_MAX + 1) + '00'],
  ['too many tags', 'c6'.repeat(CBOR_DEPTH_MAX + 1) + '00'],
];
for (const [name, bytes] of REFUSED) {
  test(`refuses ${name}`, () => {
    const options = name === 'bytes as key' ? {} : { wire: true };
    assert.throws(
      () => decodeCbor(hex(bytes), options),
      (error: unknown) => error instanceof CborError,
    );
  });
}
for (const value of [Number.NaN, Number.POSITIVE_INFINITY, () => 1, 2n ** 64n, Symbol('x')]) {
  test(`cannot encode ${String(value)}`, () =>
    assert.throws(
      () => encodeCbor({ value }),
      (e: unknown) => e instanceof CborError,
    ));
}
test('cannot encode what is too deep to read', () => {
  let value: unknown = 0;
  for (let i = 0; i < CBOR_DEPTH_MAX; i++) value = [value];
  decodeCbor(encodeCbor(value));
  assert.throws(() => encodeCbor([value]), /nested deeper/);
});

// What client-go sends: a self-described map with byte strings as keys and text, bytes as base64 tag, indefinite lengths.
test('the wire never yields a BigInt, which JSON could not print', () =>
  assert.is(decodeCbor(hex('1b0020000000000001'), { wire: true }), 2 ** 53));

test('reads the wire form of KEP-4222', () => {
  const wire = hex(
    'd9d9f7 a3 446e616d65 43776562 44646174 61 d6 43010203 446c697374 9f 41 61 7f 61 62 ff ff'.replace('64 61', '6461'),
  );
  assert.equal(decodeCbor(wire, { wire: true }), { name: 'web', data: 'AQID', list: ['a', 'b'] });
  assert.equal(decodeCbor(hex('bf 6161 5f 4101 4102 ff ff')), { a: new Uint8Array([1, 2]) });
});

test('`__proto__` is an ordinary key', () => {
  const value = JSON.parse('{"__proto__":{"x":1},"a":{"__proto__":2}}');
  const again = decodeCbor(encodeCbor(value));
  assert.is(JSON.stringify(again), JSON.stringify(Object.fromEntries(Object.entries(value).reverse())));
  assert.is(({} as Record<string, unknown>)['x'], undefined);
  assert.is(Object.getPrototypeOf(again), Object.prototype);
});

const TEXTS = [
  '',
  'a',
  'Running',
  'ünïcödé',
  '水',
  '\u{1f980} crab',
  '"quoted"\\',
  '\n\t\r\u0001\u001f',
  '__proto__',
  'constructor',
];
const anyText = (dice: Random): string =>
  dice.chance(0.1)
    ? dice.pick(['x', 'é']).repeat(dice.below(400))
    : dice.pick(TEXTS) + (dice.chance(0.3) ? dice.below(99) : '');
const anyNumber = (dice: Random): number => {
  const magnitude = 2 ** dice.below(64);
  const value = dice.pick([
    Math.floor(dice.next() * magnitude),
    dice.next() * magnitude,
    dice.below(300),
    1 / (1 + dice.below(9)),
  ]);
  return dice.chance(0.5) ? value : 0 - value;
};
const anyValue = (dice: Random, depth: number): unknown => {
  const kind = dice.below(depth > 0 ? 7 : 4);
  if (kind === 0) return anyText(dice);
  if (kind === 1) return anyNumber(dice);
  if (kind === 2) return dice.chance(0.5);
  if (kind === 3) return null;
  if (kind === 4)
    return Array.from({ length: dice.below(dice.chance(0.05) ? 300 : 4) }, () => anyValue(dice, depth - 2));
  return Object.fromEntries(Array.from({ length: dice.below(6) }, () => [anyText(dice), anyValue(dice, depth - 1)]));
};
const reordered = (value: unknown, dice: Random): unknown => {
  if (Array.isArray(value)) return value.map(item => reordered(item, dice));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, v]) => ({ key, v: reordered(v, dice), at: dice.next() }));
  return Object.fromEntries(entries.sort((a, b) => a.at - b.at).map(({ key, v }) => [key, v]));
};
const hasProto = (value: unknown) => JSON.stringify(value).includes('"__proto__"');
/** What JSON can carry: integers past 2^53 come back as BigInt. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v)));

test('random values: round trip, determinism, agreement with cbor-x and with JSON', () => {
  const dice = random(23);
  for (let round = 0; round < 3000; round++) {
    const value = anyValue(dice, 5);
    const bytes = encodeCbor(value);
    assert.is(encodeCbor(reordered(value, dice)).toHex(), bytes.toHex());
    const decoded = decodeCbor(bytes);
    assert.ok(equal(plain(decoded), plain(value)), JSON.stringify(value));
    assert.ok(equal(plain(decodeCbor(oracle.encode(plain(value)))), plain(value)) || hasProto(value));
    if (!hasProto(value))
      assert.ok(equal(plain(oracle.decode(bytes)), plain(value)), `cbor-x: ${JSON.stringify(value)}`);
    // The two JSON texts may spell big numbers differently, so they are compared as values.
    assert.ok(equal(JSON.parse(utf8(cborToJson(bytes))), plain(value)), `json: ${JSON.stringify(value)}`);
    assert.is(encodeCbor(decoded).toHex(), bytes.toHex());
  }
});

test('broken bytes throw the typed error only', () => {
  const dice = random(29);
  for (let round = 0; round < 4000; round++) {
    const bytes = encodeCbor(anyValue(dice, 4)).slice();
    for (let i = dice.below(3); i >= 0; i--) bytes[dice.below(bytes.length)] = dice.below(256);
    for (const run of [
      () => decodeCbor(bytes, { wire: true }),
      () => decodeCbor(bytes.subarray(0, dice.below(bytes.length))),
    ]) {
      try {
        run();
      } catch (error) {
        assert.instance(error, CborError, String(error));
      }
    }
  }
});

const pod = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: {
    name: 'web',
    namespace: 'default',
    resourceVersion: '7',
    labels: { resourceVersion: 'x', metadata: 'y' },
  },
  spec: { metadata: { resourceVersion: '' }, resourceVersion: '', containers: [{ name: 'a' }] },
};
const served = { ...pod, metadata: { ...pod.metadata, resourceVersion: '1234' } };

test('the stored form does not depend on the resourceVersion', () => {
  const bytes = encodeStored(pod);
  assert.is(encodeStored(served).toHex(), bytes.toHex());
  assert.is(pod.metadata.resourceVersion, '7');
  assert.equal(decodeStored(bytes, 1234), served);
  assert.equal(JSON.parse(utf8(storedToJson(bytes, 1234))), served);
  const cbor = storedToCbor(bytes, 1234);
  assert.is(cbor.subarray(0, 3).toHex(), 'd9d9f7');
  assert.equal(decodeCbor(cbor), served);
  assert.is(storedToCbor(bytes, 1234, true).toHex(), encodeCbor(served).toHex());
});

test('what was stored is read as it was written, whatever its keys and numbers', () => {
  const odd = JSON.parse('{"__proto__": "x", "constructor": "y", "": 0, "é": "☃"}') as Record<string, unknown>;
  for (const data of [odd, { n: [2 ** 32, -(2 ** 40), 2 ** 53, 1e300, -0.5, 255, 65536] }, { s: 'x'.repeat(70000) }]) {
    const stored = { ...pod, data };
    const read = decodeStored(encodeStored(stored), 7);
    assert.is(JSON.stringify(sortedKeys(read)), JSON.stringify(sortedKeys(stored)));
  }
  assert.throws(
    () => decodeStored(encodeStored(pod).subarray(0, 40), 1),
    (error: unknown) => error instanceof CborError,
  );
});

test('bodies', () => {
  assert.is(cborBody({ a: 1 }).toHex(), 'd9d9f7a1616101');
  assert.equal(parseCbor(cborBody(pod)), { value: pod, duplicateFields: [] });
  for (const body of [new Uint8Array(), hex('a2616101616102')]) {
    assert.throws(
      () => parseCbor(body),
      (error: unknown) => error instanceof StatusError && error.status.code === 400,
    );
  }
});

test('splicing finds only the object’s own resourceVersion', () => {
  for (const value of [
    7,
    'x',
    {},
    { metadata: 1 },
    { metadata: { name: 'x' } },
    { metadata: { resourceVersion: '5' } },
    [pod],
  ]) {
    assert.is(resourceVersionOffset(encodeCbor(value)), -1, JSON.stringify(value));
  }
  assert.throws(() => splice(encodeCbor(pod), 0, '1'), /nothing to splice/);
  const large = { ...pod, data: { a: 'x'.repeat(70000), b: 'y'.repeat(300), n: [1, -500, 1.5, true, 2 ** 40, 70000] } };
  assert.equal(decodeStored(encodeStored(large), 9).metadata.resourceVersion, '9');
  assert.equal(decodeCbor(storedToCbor(encodeStored(large), 9)), {
    ...large,
    metadata: { ...large.metadata, resourceVersion: '9' },
  });
});

test.run();

/** By own entries, so that `__proto__` counts as a key like any other. */
function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sortedKeys(inner)]);
}
