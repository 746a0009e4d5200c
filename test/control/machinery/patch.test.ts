/** JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { equal } from '../../../control/machinery/equal.ts';
import { applyJsonPatch, JSON_PATCH_OPERATIONS_MAX } from '../../../control/machinery/json-patch.ts';
import { applyMergePatch, createMergePatch } from '../../../control/machinery/merge-patch.ts';
import { StatusError } from '../../../control/machinery/status.ts';
import { type Random, random } from '../../lib/random.ts';

const test = suite('patch');

/** name, document, patch, result (or the part of the error) */
const JSON_PATCHES: [string, unknown, unknown, unknown][] = [
  ['add a member', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { foo: 'bar', baz: 'qux' }],
  ['insert into a list', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
  ['append', { a: [1] }, [{ op: 'add', path: '/a/-', value: [2] }], { a: [1, [2]] }],
  ['remove a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/b' }], { a: 1 }],
  ['remove an item', { a: [1, 2, 3] }, [{ op: 'remove', path: '/a/1' }], { a: [1, 3] }],
  ['replace', { a: 1 }, [{ op: 'replace', path: '/a', value: null }], { a: null }],
  ['replace the whole', { a: 1 }, [{ op: 'replace', path: '', value: [1] }], [1]],
  ['move', { a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
  ['move an item', { a: [1, 2, 3] }, [{ op: 'move', from: '/a/0', path: '/a/2' }], { a: [2, 3, 1] }],
  [
    'copy',
    { a: [1] },
    [
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'add', path: '/b/-', value: 2 },
    ],
    { a: [1], b: [1, 2] },
  ],
  ['test', { a: { b: [1] } }, [{ op: 'test', path: '/a', value: { b: [1] } }], { a: { b: [1] } }],
  [
    'escapes',
    { 'a/b': 1, 'm~n': 2 },
    [
      { op: 'remove', path: '/a~1b' },
      { op: 'test', path: '/m~0n', value: 2 },
    ],
    { 'm~n': 2 },
  ],
  ['empty key', { '': 1 }, [{ op: 'replace', path: '/', value: 2 }], { '': 2 }],
  ['empty patch', { a: 1 }, [], { a: 1 }],
  ['test fails', { a: 1 }, [{ op: 'test', path: '/a', value: 2 }], /testing value \/a failed: test failed/],
  ['type matters in test', { a: 1 }, [{ op: 'test', path: '/a', value: '1' }], /test failed/],
  ['missing parent', {}, [{ op: 'add', path: '/a/b', value: 1 }], /doc is missing path: "\/a\/b": missing value/],
  ['missing key', {}, [{ op: 'replace', path: '/a', value: 1 }], /doc is missing key: \/a: missing value/],
  ['index past the end', { a: [] }, [{ op: 'add', path: '/a/1', value: 1 }], /invalid index/],
  ['index with a leading zero', { a: [1, 2] }, [{ op: 'remove', path: '/a/01' }], /missing key/],
  ['minus one', { a: [1] }, [{ op: 'remove', path: '/a/-1' }], /missing key/],
  ['move into itself', { a: {} }, [{ op: 'move', from: '/a', path: '/a/b' }], /is inside/],
  ['unknown operation', {}, [{ op: 'xor', path: '/a' }], /Unexpected kind/],
  ['no value', {}, [{ op: 'add', path: '/a' }], /no value/],
  ['remove the whole', {}, [{ op: 'remove', path: '' }], /whole document/],
  ['no list', {}, { op: 'add' }, /cannot unmarshal/],
  ['no object', {}, [7], /Unexpected kind/],
  ['through a prototype', {}, [{ op: 'add', path: '/__proto__/polluted', value: 1 }], /missing path/],
  [
    'too many',
    {},
    Array(JSON_PATCH_OPERATIONS_MAX + 1).fill({ op: 'test', path: '', value: {} }),
    /allowed maximum operations/,
  ],
];
for (const [name, document, patch, expected] of JSON_PATCHES) {
  test(`json: ${name}`, () => {
    const before = structuredClone(document);
    if (expected instanceof RegExp)
      assert.match(
        refusal(() => applyJsonPatch(document, patch)),
        expected,
      );
    else assert.equal(applyJsonPatch(document, patch), expected);
    assert.equal(document, before);
  });
}

const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    assert.instance(error, StatusError);
    const { status } = error as StatusError;
    return `${status.message} ${status.details?.causes?.[0]?.message ?? ''}`;
  }
  return 'nothing thrown';
};

test('json: copies are bounded', () => {
  const patch = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/a', path: `/a/${i}` }));
  assert.match(
    refusal(() => applyJsonPatch({ a: { x: 'x'.repeat(1000) } }, patch)),
    /accumulated copy size/,
  );
});

test('json: `__proto__` is an ordinary key', () => {
  const result = applyJsonPatch({}, JSON.parse('[{"op":"add","path":"/__proto__","value":{"x":1}}]'));
  assert.is(JSON.stringify(result), '{"__proto__":{"x":1}}');
  assert.is(({} as Record<string, unknown>)['x'], undefined);
});

const MERGE_PATCHES: [unknown, unknown, unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];
for (const [target, patch, expected] of MERGE_PATCHES) {
  test(`merge: ${JSON.stringify(target)} + ${JSON.stringify(patch)}`, () => {
    const before = structuredClone(target);
    assert.equal(applyMergePatch(target, patch), expected);
    assert.equal(target, before);
  });
}

const anyValue = (dice: Random, depth: number): unknown => {
  const kind = dice.below(depth > 0 ? 5 : 3);
  if (kind === 0) return dice.below(3);
  if (kind === 1) return dice.pick(['x', 'y']);
  if (kind === 2) return dice.chance(0.5);
  if (kind === 3) return Array.from({ length: dice.below(3) }, () => anyValue(dice, depth - 1));
  return Object.fromEntries(
    Array.from({ length: dice.below(4) }, () => [dice.pick(['a', 'b', '__proto__']), anyValue(dice, depth - 1)]),
  );
};

test('merge: a computed patch leads from one to the other', () => {
  const dice = random(3);
  for (let round = 0; round < 2000; round++) {
    const from = anyValue(dice, 4);
    const to = anyValue(dice, 4);
    const patch = createMergePatch(from, to);
    const result = patch === undefined ? from : applyMergePatch(from, patch);
    assert.ok(equal(result, to), JSON.stringify({ from, to, patch, result }));
  }
});

test.run();
