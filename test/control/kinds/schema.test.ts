import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  array,
  boolean,
  double,
  duration,
  embedded,
  enumeration,
  filled,
  int32,
  map,
  object,
  optional,
  pointer,
  quantity,
  recursive,
  required,
  requiredPointer,
  type Static,
  string,
} from '../../../control/kinds/schema.ts';
import { walk } from '../../../control/machinery/structural.ts';

const test = suite('schema');

const Part = object('io.k8s.api.test.v1.Part', 'A part.', { name: required(1, string()), size: optional(2, int32()) });
const source = { path: optional(1, string()), ratio: pointer(2, double()) };
const Whole = object('io.k8s.api.test.v1.Whole', 'A whole.', {
  first: required(1, Part, 'The first part.'),
  others: optional(2, array(Part, { mergeKey: 'name', keys: ['name'] })),
  limits: filled(3, map(quantity())),
  mode: optional(4, enumeration('On', 'Off'), { default: 'Off' }),
  target: requiredPointer(5, Part),
  every: pointer(6, duration()),
  ready: required(7, boolean()),
  ...embedded(8, source),
});
type Whole = Static<typeof Whole>;

/** Compiles only as long as the inferred type is this one. */
const typed: Whole = {
  first: { name: 'a' },
  others: [{ name: 'b', size: 1 }],
  limits: { cpu: '1' },
  mode: 'On',
  target: { name: 'c' },
  ready: true,
  ratio: 0.5,
};

test('the type is inferred from the schema', () => {
  const mode: 'On' | 'Off' | undefined = typed.mode;
  const limits: Record<string, string> = typed.limits;
  assert.is(mode, 'On');
  assert.equal(limits, { cpu: '1' });
});

test('a field says what it is and where it travels', () => {
  const { first, others, target, path, every } = Whole.properties;
  assert.equal(Whole.required, ['first', 'target', 'ready']);
  assert.is(first!.description, 'The first part.');
  assert.is(target!.description, 'A part.');
  assert.equal(first!['x-proto'], { tag: 1, type: 'message' });
  assert.equal(target!['x-proto'], { tag: 5, type: 'message', ptr: true });
  assert.equal(path!['x-proto'], { tag: 1, type: 'string', within: 8 });
  assert.equal(every!['x-proto'], { tag: 6, type: 'duration', ptr: true });
  assert.is(others!['x-kubernetes-patch-strategy'], 'merge');
  assert.is(others!['x-kubernetes-patch-merge-key'], 'name');
  assert.is(others!['x-kubernetes-list-type'], 'map');
  assert.is(first!['x-definition'], Part['x-definition']);
});

test('what a type promises is there after the walk', () => {
  const { value, causes } = walk(Whole, {});
  assert.equal(value, { first: { name: '' }, limits: {}, mode: 'Off', ready: false });
  assert.equal(
    causes.map(cause => [cause.field, cause.message]),
    [['target', 'Required value']],
  );
});

interface Tree {
  label?: string;
  children?: Tree[];
}

test('a schema may contain itself', () => {
  const tree = recursive<Tree>('io.k8s.api.test.v1.Tree', 'A tree.', self => ({
    label: optional(1, string()),
    children: optional(2, array(self)),
  }));
  const result = walk(tree, { children: [{ children: [{ label: 'leaf', bogus: 1 }] }] });
  assert.equal(result.value, { children: [{ children: [{ label: 'leaf' }] }] });
  assert.equal(result.unknownFields, ['children[0].children[0].bogus']);
});

test.run();
