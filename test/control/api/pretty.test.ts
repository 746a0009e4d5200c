import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pretty } from '../../../control/api/pretty.ts';

const test = suite('pretty');

test('what people look for comes first, also in lists', () => {
  const object = { data: {}, metadata: { name: 'a' }, apiVersion: 'v1', kind: 'ConfigMap' };
  assert.equal(Object.keys(JSON.parse(pretty(JSON.stringify(object)))), ['kind', 'apiVersion', 'metadata', 'data']);
  const list = JSON.parse(pretty(JSON.stringify({ items: [object], metadata: {}, kind: 'List' })));
  assert.equal(Object.keys(list.items[0]), ['kind', 'apiVersion', 'metadata', 'data']);
  assert.equal(list.items[0], object);
});

test('indented, and ending with a line end', () => {
  assert.is(pretty(new TextEncoder().encode('{"a":[1]}')), '{\n  "a": [\n    1\n  ]\n}\n');
});

test.run();
