/**
 * What is wrong with one well-typed value: enum, bounds, lengths, pattern, duplicates. Wording follows Kubernetes'
 * field.Error; the walker adds the path. Called by machinery/structural.ts only.
 */
import type { Cause } from './status.ts';
import type { StructuralSchema } from './structural.ts';

type Fault = Pick<Cause, 'reason' | 'message'>;

const NONE: readonly Fault[] = [];

export function atomFaults(schema: StructuralSchema, value: unknown): readonly Fault[] {
  // In a field that is no pointer in Go the empty string is "not set".
  if (schema.enum !== undefined && !schema.enum.includes(value) && !(value === '' && schema['x-proto'] !== undefined)) {
    return [notSupported(value, schema.enum)];
  }
  if (typeof value === 'string') return stringFaults(schema, value);
  if (typeof value === 'number') return numberFaults(schema, value);
  if (Array.isArray(value)) return countFaults(value.length, schema.minItems, schema.maxItems, 'items');
  if (schema.minProperties !== undefined || schema.maxProperties !== undefined) {
    const count = Object.keys(value as object).length;
    return countFaults(count, schema.minProperties, schema.maxProperties, 'properties');
  }
  return NONE;
}

const notSupported = (value: unknown, supported: readonly unknown[]): Fault => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map(v => JSON.stringify(v)).join(', ')}`,
});

function stringFaults(schema: StructuralSchema, value: string): readonly Fault[] {
  if (schema.minLength === undefined && schema.maxLength === undefined && schema.pattern === undefined) return NONE;
  const faults: Fault[] = [];
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    faults.push({ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${schema.maxLength} bytes` });
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    faults.push(invalid(value, `should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !regexOf(schema.pattern).test(value)) {
    faults.push(invalid(value, `should match '${schema.pattern}'`));
  }
  return faults;
}

function numberFaults(schema: StructuralSchema, value: number): readonly Fault[] {
  const { minimum, maximum, multipleOf } = schema;
  if (minimum === undefined && maximum === undefined && multipleOf === undefined) return NONE;
  const faults: Fault[] = [];
  if (minimum !== undefined && (value < minimum || (schema.exclusiveMinimum === true && value === minimum))) {
    faults.push(invalid(value, `should be greater than${schema.exclusiveMinimum ? '' : ' or equal to'} ${minimum}`));
  }
  if (maximum !== undefined && (value > maximum || (schema.exclusiveMaximum === true && value === maximum))) {
    faults.push(invalid(value, `should be less than${schema.exclusiveMaximum ? '' : ' or equal to'} ${maximum}`));
  }
  if (multipleOf !== undefined && value % multipleOf !== 0) {
    faults.push(invalid(value, `should be a multiple of ${multipleOf}`));
  }
  return faults;
}

function countFaults(count: number, min: number | undefined, max: number | undefined, what: string): readonly Fault[] {
  if (max !== undefined && count > max) {
    return [{ reason: 'FieldValueTooMany', message: `Too many: ${count}: must have at most ${max} ${what}` }];
  }
  if (min !== undefined && count < min) return [invalid(count, `should have at least ${min} ${what}`)];
  return NONE;
}

/** Items of a set, or entries of a list-map with equal keys, that are there twice. */
export function* duplicateFaults(schema: StructuralSchema, value: unknown[]): Iterable<Fault & { at: number }> {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map') return;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  for (const [at, item] of value.entries()) {
    const identity = listType === 'set' ? item : keysOf(item, keys);
    const text = JSON.stringify(identity);
    if (seen.has(text)) yield { reason: 'FieldValueDuplicate', message: `Duplicate value: ${text}`, at };
    seen.add(text);
  }
}

function keysOf(item: unknown, keys: readonly string[]): Record<string, unknown> {
  const fields = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
  return Object.fromEntries(keys.map(key => [key, fields[key]]));
}

const invalid = (value: unknown, why: string): Fault => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
});

const REGEXES_MAX = 1000;
const regexes = new Map<string, RegExp>();

function regexOf(pattern: string): RegExp {
  let regex = regexes.get(pattern);
  if (regex === undefined) {
    if (regexes.size >= REGEXES_MAX) regexes.clear();
    regex = new RegExp(pattern, 'u');
    regexes.set(pattern, regex);
  }
  return regex;
}
