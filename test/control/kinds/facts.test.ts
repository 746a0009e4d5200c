/**
 * Every schema agrees with the public facts about Kubernetes' types: names, protobuf numbers, pointers, merge keys, list
 * types. Both are written as the same lines of text, so a difference reads like one.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kinds } from '../../../control/kinds/all.ts';
import { bodies } from '../../../control/kinds/bodies.ts';
import type { StructuralSchema } from '../../../control/machinery/structural.ts';

const test = suite('facts');

const facts = new Map<string, string[]>();
for (const line of readFileSync(join(import.meta.dirname, '../../data/kubernetes-1.32-types.txt'), 'utf8').split(
  '\n',
)) {
  if (line.startsWith('#') || line === '') continue;
  if (line.startsWith('  ')) [...facts.values()].at(-1)!.push(line.trim());
  else facts.set(line, []);
}

const definitions = new Map<string, StructuralSchema>();
for (const { schema } of [...kinds, ...bodies]) collect(schema);

function collect(schema: StructuralSchema): void {
  const name = schema['x-definition']?.name;
  if (name !== undefined) {
    if (definitions.has(name)) return;
    definitions.set(name, schema);
  }
  for (const part of [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties]) {
    if (part !== undefined) collect(part);
  }
}

function typeText(schema: StructuralSchema): string {
  const definition = schema['x-definition'];
  if (definition !== undefined) return definition.name;
  if (schema.type === 'array')
    return `${schema['x-proto']?.type === 'list' ? 'list:' : '[]'}${typeText(schema.items!)}`;
  if (schema.type === 'object') return `map:${typeText(schema.additionalProperties!)}`;
  const proto = schema['x-proto']?.type;
  if (proto === 'int') return schema.format!;
  if (proto === 'bool') return 'boolean';
  const values = schema.enum === undefined ? '' : `=${[...schema.enum].sort().join('|')}`;
  return `${proto}${values}`;
}

function fieldText(name: string, schema: StructuralSchema, required: boolean): string {
  const proto = schema['x-proto']!;
  const words = [name, String(proto.tag), typeText(schema)];
  if (proto.ptr) words.push('pointer');
  if (!required) words.push('optional');
  if (proto.within !== undefined) words.push(`within=${proto.within}`);
  const strategy = schema['x-kubernetes-patch-strategy'];
  if (strategy !== undefined) words.push(`strategy=${strategy}`);
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  if (mergeKey !== undefined) words.push(`key=${mergeKey}`);
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== undefined) words.push(`list=${listType}`);
  // Of named objects the facts say it at the type, if at all.
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined && schema['x-definition'] === undefined) words.push(`map=${mapType}`);
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys !== undefined) words.push(`keys=${keys.join(',')}`);
  return words.join(' ');
}

/** Where we say less (known values, but others are allowed) or more than the facts. */
const same = (ours: string, fact: string): boolean =>
  ours === fact ||
  // A byte string is a list of bytes in Go only.
  ours === fact.replace(/( bytes.*) list=atomic$/, '$1') ||
  ours === fact.replace(/ (\[\])?string=\S+/, ' $1string') ||
  (ALLOWED[ours] ?? '') === fact;

const ALLOWED: Record<string, string> = {
  'addressType 4 string=FQDN|IPv4|IPv6': 'addressType 4 string',
  'ipFamilies 19 []string=IPv4|IPv6 optional list=atomic': 'ipFamilies 19 []string=|IPv4|IPv6 optional list=atomic',
  'metadata 1 io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta optional':
    'metadata 1 io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
};

test('every type is there', () => {
  assert.equal([...definitions.keys()].sort(), [...facts.keys()].sort());
  assert.ok(facts.size > 150);
});

for (const [name, expected] of facts) {
  test(name, () => {
    const schema = definitions.get(name)!;
    const fields = Object.entries(schema.properties!).filter(([, field]) => field['x-proto']?.tag !== undefined);
    const ours = fields.map(([key, field]) => fieldText(key, field, schema.required!.includes(key))).sort();
    const wanted = [...expected].sort();
    assert.is(
      ours.length,
      wanted.length,
      `${ours.map(l => l.split(' ')[0])} against ${wanted.map(l => l.split(' ')[0])}`,
    );
    ours.forEach((line, i) => {
      assert.ok(same(line, wanted[i]!), `ours: ${line}\nfact: ${wanted[i]}`);
    });
  });
}

test('every field that people ask about is described', () => {
  for (const kind of kinds) {
    assert.ok(kind.description.endsWith('.'), kind.kind);
    for (const [name, field] of Object.entries(kind.schema.properties)) {
      assert.ok(field.description, `${kind.kind}.${name}`);
    }
  }
});

test.run();
