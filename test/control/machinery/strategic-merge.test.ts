import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StatusError } from '../../../control/machinery/status.ts';
import { applyStrategicMergePatch, type PatchSchema } from '../../../control/machinery/strategic-merge.ts';
import { type Random, random } from '../../lib/random.ts';

const test = suite('strategic-merge');
type Json = Record<string, unknown>;

const merged = (key?: string): PatchSchema => ({
  'x-kubernetes-patch-strategy': 'merge',
  ...(key === undefined ? {} : { 'x-kubernetes-patch-merge-key': key }),
});
const env: PatchSchema = { ...merged('name'), items: { properties: {} } };
const containers: PatchSchema = {
  ...merged('name'),
  items: { properties: { env, args: {}, resources: { additionalProperties: {} } } },
};
const schema: PatchSchema = {
  properties: {
    containers,
    finalizers: merged(),
    args: {},
    labels: { additionalProperties: {} },
    whole: { 'x-kubernetes-patch-strategy': 'replace', properties: {} },
    strategy: { 'x-kubernetes-patch-strategy': 'retainKeys', properties: {} },
  },
};
const c = (name: string, more: Json = {}) => ({ name, ...more });

/** name, document, patch, result or error */
const CASES: [string, Json, Json, Json | RegExp][] = [
  [
    'objects merge, null deletes',
    { labels: { a: '1', b: '2' } },
    { labels: { a: null, c: '3' } },
    { labels: { b: '2', c: '3' } },
  ],
  ['a plain list replaces', { args: ['a', 'b'] }, { args: ['c'] }, { args: ['c'] }],
  [
    'a keyed list merges by key',
    { containers: [c('a', { image: '1' }), c('b', { image: '2' })] },
    { containers: [c('b', { image: '3' })] },
    { containers: [c('a', { image: '1' }), c('b', { image: '3' })] },
  ],
  [
    'nested keyed lists merge',
    { containers: [c('a', { env: [c('X', { value: '1' }), c('Y', { value: '2' })] })] },
    { containers: [c('a', { env: [c('Y', { value: '3' })] })] },
    { containers: [c('a', { env: [c('X', { value: '1' }), c('Y', { value: '3' })] })] },
  ],
  ['a new item stands first', { containers: [c('a')] }, { containers: [c('n')] }, { containers: [c('n'), c('a')] }],
  [
    'element order puts it last',
    { containers: [c('a')] },
    { '$setElementOrder/containers': [c('a'), c('n')], containers: [c('n')] },
    { containers: [c('a'), c('n')] },
  ],
  [
    'element order alone reorders; server-only items stay between',
    { containers: [c('a'), c('s'), c('b')] },
    { '$setElementOrder/containers': [c('b'), c('a')] },
    { containers: [c('s'), c('b'), c('a')] },
  ],
  [
    'delete an item',
    { containers: [c('a'), c('b')] },
    { '$setElementOrder/containers': [c('a')], containers: [{ $patch: 'delete', name: 'b' }] },
    { containers: [c('a')] },
  ],
  [
    'delete without key',
    { containers: [c('a')] },
    { containers: [{ $patch: 'delete' }] },
    /does not contain declared merge key: name/,
  ],
  [
    'replace a list',
    { containers: [c('a')] },
    { containers: [{ $patch: 'replace' }, c('z')] },
    { containers: [c('z')] },
  ],
  ['replace an object', { labels: { a: '1' } }, { labels: { $patch: 'replace', b: '2' } }, { labels: { b: '2' } }],
  ['delete an object', { labels: { a: '1' } }, { labels: { $patch: 'delete' } }, { labels: {} }],
  ['strategy replace', { whole: { a: 1 } }, { whole: { b: 2 } }, { whole: { b: 2 } }],
  [
    'retainKeys',
    { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
    { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    { strategy: { type: 'Recreate' } },
  ],
  [
    'retainKeys that forget a field',
    { strategy: {} },
    { strategy: { $retainKeys: ['x'], type: 'Recreate' } },
    /invalid patch format of retainKeys/,
  ],
  [
    'primitive lists append what is new',
    { finalizers: ['a', 'b'] },
    { finalizers: ['b', 'c'] },
    { finalizers: ['a', 'b', 'c'] },
  ],
  [
    'delete from a primitive list',
    { finalizers: ['a', 'b', 'a'] },
    { '$deleteFromPrimitiveList/finalizers': ['a'] },
    { finalizers: ['b'] },
  ],
  [
    'delete from and add to',
    { finalizers: ['a', 'b'] },
    { '$deleteFromPrimitiveList/finalizers': ['a'], '$setElementOrder/finalizers': ['b', 'c'], finalizers: ['c'] },
    { finalizers: ['b', 'c'] },
  ],
  [
    'directives vanish where nothing was',
    {},
    { labels: { $patch: 'replace', a: '1', b: null } },
    { labels: { a: '1' } },
  ],
  [
    'items without key',
    { containers: [c('a')] },
    { containers: [{ image: 'x' }] },
    /does not contain declared merge key: name/,
  ],
  ['unknown directive', {}, { labels: { $patch: 'explode' } }, /unknown patch type: explode/],
  [
    'items out of the named order',
    { containers: [] },
    { '$setElementOrder/containers': [c('a'), c('b')], containers: [c('b'), c('a')] },
    /doesn't match \$setElementOrder list/,
  ],
  ['order that is no list', {}, { '$setElementOrder/containers': 1 }, /expected a list/],
  ['unknown fields merge as objects do', { x: { a: 1 } }, { x: { b: 2 } }, { x: { a: 1, b: 2 } }],
  [
    'types that differ replace',
    { labels: 'x', args: {} },
    { labels: { a: '1' }, args: [1] },
    { labels: { a: '1' }, args: [1] },
  ],
];
for (const [name, document, patch, expected] of CASES) {
  test(name, () => {
    const before = structuredClone([document, patch]);
    const run = () => applyStrategicMergePatch(document, patch, schema);
    if (expected instanceof RegExp) {
      assert.throws(run, (error: unknown) => error instanceof StatusError && expected.test(error.message));
    } else assert.equal(run(), expected);
    assert.equal([document, patch], before);
  });
}

// ── The twin: apimachinery's steps followed one by one, quadratic and in place ──

const has = (list: unknown[], item: unknown) => list.findIndex(other => same(other, item));
const same = (a: unknown, b: unknown) =>
  typeof a === 'object' && typeof b === 'object' ? (a as Json)['name'] === (b as Json)['name'] : a === b;

const twinOrder = (list: unknown[], wanted: unknown[], server: unknown[]): unknown[] => {
  const right = wanted.flatMap(w => list.filter(item => same(item, w)));
  const leftRaw = list.filter(item => has(wanted, item) < 0);
  const left = [
    ...server.flatMap(s => leftRaw.filter(item => same(item, s))),
    ...leftRaw.filter(i => has(server, i) < 0),
  ];
  const out: unknown[] = [];
  while (left.length > 0 || right.length > 0) {
    if (left.length === 0) out.push(right.shift());
    else if (right.length === 0) out.push(left.shift());
    else {
      const l = has(server, left[0]);
      const r = has(server, right[0]);
      out.push(l >= 0 && r >= 0 && l < r ? left.shift() : right.shift());
    }
  }
  return out;
};

const twinList = (original: Json[], patch: Json[]): unknown[] => {
  let base = structuredClone(original);
  let items = patch.filter(item => item['$patch'] === undefined);
  for (const item of patch) if (item['$patch'] === 'delete') base = base.filter(other => !same(other, item));
  if (patch.some(item => item['$patch'] === 'replace')) {
    base = items.map(item => twin({}, item));
    items = [];
    return base;
  }
  const all = [...base];
  for (const item of items) {
    const at = has(all, item);
    if (at >= 0) all[at] = twin(all[at]!, item);
    else all.push(twin({}, item));
  }
  return twinOrder(all, items, base);
};

const twin = (original: Json, patch: Json): Json => {
  if (patch['$patch'] === 'delete') return {};
  const out: Json = patch['$patch'] === 'replace' ? {} : structuredClone(original);
  for (const key of Object.keys(patch)) {
    if (key.startsWith('$')) continue;
    const value = patch[key];
    if (value === null) delete out[key];
    else if (key === 'list') out[key] = twinList((out[key] as Json[]) ?? [], value as Json[]);
    else if (key === 'set') {
      const both = [...new Set([...((out[key] as string[]) ?? []), ...(value as string[])])];
      out[key] = twinOrder(both, value as string[], (out[key] as string[]) ?? []);
    } else if (key === 'map') out[key] = twin((out[key] as Json) ?? {}, value as Json);
    else out[key] = structuredClone(value);
  }
  const gone = patch['$deleteFromPrimitiveList/set'] as string[] | undefined;
  if (gone && out['set']) out['set'] = (out['set'] as string[]).filter(item => !gone.includes(item));
  for (const key of ['list', 'set']) {
    const order = patch[`$setElementOrder/${key}`] as unknown[] | undefined;
    if (order && out[key]) out[key] = twinOrder(out[key] as unknown[], order, (original[key] as unknown[]) ?? []);
  }
  return out;
};

const twinSchema: PatchSchema = { properties: { set: merged(), plain: {}, scalar: {} } };
Object.assign(twinSchema.properties as object, { map: twinSchema, list: { ...merged('name'), items: twinSchema } });

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const shuffled = <T>(dice: Random, from: readonly T[]): T[] =>
  from
    .map(item => ({ item, at: dice.next() }))
    .sort((x, y) => x.at - y.at)
    .map(({ item }) => item);
const some = (dice: Random): string[] => shuffled(dice, NAMES).slice(0, dice.below(5));

const anyDocument = (dice: Random, depth: number): Json => {
  const out: Json = {};
  if (dice.chance(0.5)) out['scalar'] = dice.below(3);
  if (dice.chance(0.4)) out['plain'] = some(dice);
  if (dice.chance(0.5)) out['set'] = some(dice);
  if (depth > 0 && dice.chance(0.5)) out['map'] = anyDocument(dice, depth - 1);
  if (depth > 0 && dice.chance(0.7)) out['list'] = some(dice).map(name => ({ name, ...anyDocument(dice, depth - 1) }));
  return out;
};

const anyPatch = (dice: Random, depth: number): Json => {
  const out = anyDocument(dice, 0);
  if (dice.chance(0.1)) out['scalar'] = null;
  if (dice.chance(0.1)) out['$patch'] = dice.pick(['replace', 'merge']);
  if (depth > 0 && dice.chance(0.5)) out['map'] = anyPatch(dice, depth - 1);
  if (depth > 0 && dice.chance(0.7)) {
    out['list'] = some(dice).map(name =>
      dice.chance(0.2) ? { name, $patch: 'delete' } : { name, ...anyItem(dice, depth - 1) },
    );
    if (dice.chance(0.1)) (out['list'] as Json[]).push({ $patch: 'replace' });
  }
  for (const key of ['list', 'set']) {
    if (!dice.chance(0.3)) continue;
    const sent = ((out[key] ?? []) as unknown[]).filter(item => typeof item !== 'object' || !(item as Json)['$patch']);
    const extra = some(dice).map(name => (key === 'list' ? { name } : name));
    out[`$setElementOrder/${key}`] = [...sent, ...extra.filter(item => has(sent, item) < 0)];
  }
  if (dice.chance(0.2)) out['$deleteFromPrimitiveList/set'] = some(dice);
  return out;
};

const anyItem = (dice: Random, depth: number): Json => {
  const { $patch, ...rest } = anyPatch(dice, depth);
  return rest;
};

test('random patches agree with the twin', () => {
  const dice = random(11);
  for (let round = 0; round < 3000; round++) {
    const document = anyDocument(dice, 2);
    const patch = anyPatch(dice, 2);
    const result = applyStrategicMergePatch(document, patch, twinSchema);
    const expected = twin(document, patch);
    assert.equal(result, expected, `round ${round}: ${JSON.stringify({ document, patch })}`);
    assert.not.match(JSON.stringify(result), /"\$/);
  }
});

test.run();
