import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { threeWayPatch } from '../../../control/cli/three-way.ts';

const test = suite('three-way');

const scenes: [string, Parameters<typeof threeWayPatch>, ReturnType<typeof threeWayPatch>][] = [
  ['nothing to do', [{ a: 1 }, { a: 1 }, { a: 1, uid: 'x' }], undefined],
  ['a new field', [{}, { a: 1 }, {}], { a: 1 }],
  ['a changed field', [{ a: 1 }, { a: 2 }, { a: 1 }], { a: 2 }],
  ['a field we no longer want', [{ a: 1, b: 1 }, { a: 1 }, { a: 1, b: 1 }], { b: null }],
  ['a field we no longer want and nobody has', [{ b: 1 }, {}, {}], undefined],
  ['a field that somebody else set', [{ a: 1 }, { a: 1 }, { a: 1, replicas: 7 }], undefined],
  ['somebody changed our field', [{ a: 1 }, { a: 1 }, { a: 9 }], { a: 1 }],
  ['inside objects', [{ s: { a: 1, b: 1 } }, { s: { a: 2 } }, { s: { a: 1, b: 1, c: 1 } }], { s: { a: 2, b: null } }],
  [
    'defaults inside list items are no change',
    [{}, { l: [{ n: 'x' }] }, { l: [{ n: 'x', policy: 'Always' }] }],
    undefined,
  ],
  ['a list of another length is replaced', [{}, { l: [1] }, { l: [1, 2] }], { l: [1] }],
  ['null in a manifest means not set', [{}, { a: null }, { a: 1 }], undefined],
];
for (const [name, input, expected] of scenes) {
  test(name, () => assert.equal(threeWayPatch(...input), expected));
}

test.run();
