/**
 * The walker against a naive twin that copies everything and spells out every path, on seeded random input.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type StructuralSchema, walk } from '../../../control/machinery/structural.ts';
import { type Random, random } from '../../lib/random.ts';
import { widget, widgetSpec } from '../../lib/widget.ts';

const test = suite('structural twin');

interface Outcome {
  value: unknown;
  unknown: string[];
  wrong: string[];
  causes: string[];
}

function twin(schema: StructuralSchema, value: unknown, path = ''): Outcome {
  const out: Outcome = { value, unknown: [], wrong: [], causes: [] };
  const child = (s: StructuralSchema, v: unknown, p: string): unknown => {
    const inner = twin(s, v, p);
    out.unknown.push(...inner.unknown);
    out.wrong.push(...inner.wrong);
    out.causes.push(...inner.causes);
    return inner.value;
  };
  const join = (key: string) => (path === '' ? key : `${path}.${key}`);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (schema.type === 'object' && isObject && schema.properties !== undefined) {
    const copy: Record<string, unknown> = {};
    for (const [key, v] of Object.entries(value)) {
      const field = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
      if (field === undefined) {
        if (schema['x-kubernetes-preserve-unknown-fields']) copy[key] = v;
        else out.unknown.push(join(key));
      } else if (v !== null) copy[key] = child(field, v, join(key));
    }
    for (const [key, field] of Object.entries(schema.properties)) {
      const unset =
        !(key in copy) || ((copy[key] === '' || copy[key] === 0) && field['x-proto'] && !field['x-proto'].ptr);
      if (field.default !== undefined && unset) copy[key] = child(field, structuredClone(field.default), join(key));
    }
    for (const key of schema.required ?? []) if (!(key in copy)) out.causes.push(join(key));
    out.value = copy;
  } else if (schema.type === 'object' && isObject) {
    const values = schema.additionalProperties!;
    out.value = Object.fromEntries(
      Object.entries(value).map(([k, v]) => [k, child(values, v ?? zero(values), join(k))]),
    );
  } else if (schema.type === 'array' && Array.isArray(value)) {
    out.value = value.map((item, i) => child(schema.items!, item ?? zero(schema.items!), `${path}[${i}]`));
  } else if (!fits(schema, value)) out.wrong.push(path);
  else if (schema.enum && value !== '' && !schema.enum.includes(value)) out.causes.push(path);
  return out;
}

const zero = (schema: StructuralSchema): unknown => {
  const zeros = { object: {}, array: [], boolean: false, integer: 0, number: 0, string: schema.format ? '0' : '' };
  return structuredClone(zeros[schema.type ?? 'string']);
};

function fits(schema: StructuralSchema, value: unknown): boolean {
  if (schema['x-kubernetes-preserve-unknown-fields'] && schema.type === undefined) return true;
  if (schema['x-kubernetes-int-or-string']) return typeof value === 'string' || Number.isInteger(value);
  if (schema.type === 'object' || schema.type === 'array') return false;
  if (schema.format === 'quantity')
    return typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));
  if (schema.format) return schema.format === 'int32' && Number.isInteger(value);
  return typeof value === schema.type;
}

function randomValue(r: Random, schema: StructuralSchema): unknown {
  if (r.chance(0.04)) return r.pick([null, true, 'x', 7, 1.5, [], {}]);
  const few = <T>(make: (i: number) => T): T[] => Array.from({ length: r.below(4) }, (_, i) => make(i));
  if (schema.properties !== undefined) {
    const entries = Object.entries(schema.properties)
      .filter(([, field]) => r.chance(0.5) && !['date-time', 'micro-time', 'byte'].includes(field.format ?? ''))
      .map(([key, field]) => [key, randomValue(r, field)]);
    if (r.chance(0.1)) entries.push([r.pick(['bogus', 'constructor', 'valueOf']), 1]);
    return Object.fromEntries(entries);
  }
  if (schema.additionalProperties !== undefined) {
    return Object.fromEntries(few(i => [`k${i}`, randomValue(r, schema.additionalProperties!)]));
  }
  if (schema.type === 'array') return few(() => randomValue(r, schema.items!));
  if (schema.enum !== undefined) return r.pick([...schema.enum, 'other', '']);
  if (schema.format === 'quantity') return r.pick(['1', '20', 3]);
  if (schema.type === 'boolean') return r.chance(0.5);
  if (schema.type === 'integer') return r.below(3);
  if (schema.type === 'number') return r.next();
  return r.pick(['', 'text', 'other']);
}

test('agrees with a naive twin on random input', () => {
  for (let seed = 0; seed < 3000; seed++) {
    const given = JSON.stringify({ spec: randomValue(random(seed), widgetSpec) });
    const expected = twin(widget, JSON.parse(given));
    const result = walk(widget, JSON.parse(given));
    const where = `seed ${seed}: ${given}`;
    assert.equal(result.unknownFields.sort(), expected.unknown.sort(), where);
    assert.equal(result.typeErrors.map(fault => fault.field).sort(), expected.wrong.sort(), where);
    assert.equal(result.causes.map(cause => cause.field).sort(), expected.causes.sort(), where);
    if (expected.wrong.length === 0) {
      assert.equal(
        JSON.parse(JSON.stringify(result.value)),
        JSON.parse(JSON.stringify(expected.value), quantities),
        where,
      );
    }
  }
});

/** The twin leaves numbers in `limits` as they are; 1.5 is written in thousandths. */
function quantities(this: unknown, key: string, value: unknown): unknown {
  if (key !== 'limits' || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, amount]) => [name, amount === 1.5 ? '1500m' : String(amount)]),
  );
}

test.run();
