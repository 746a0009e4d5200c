/**
 * How the structural walker says where something is and what Go's decoder would have said about it. Called by
 * machinery/structural.ts only, and only when there is something to report.
 */
import type { StructuralSchema } from './structural.ts';

type Steps = readonly (string | number)[];

/** `struct` is the full name of the innermost named object around the value. Go's paths have no indexes. */
export function wrongTypeText(schema: StructuralSchema, value: unknown, struct: string, steps: Steps): string {
  const path = steps.filter(step => typeof step === 'string').join('.');
  const into = path === '' ? 'Go value' : `Go struct field ${struct.slice(struct.lastIndexOf('.') + 1)}.${path}`;
  return `json: cannot unmarshal ${jsonTypeOf(value)} into ${into} of type ${goTypeOf(schema)}`;
}

/** `spec.containers[0].image`, of the first `depth` steps. */
export function pathText(steps: Steps, depth: number): string {
  let text = '';
  for (let i = 0; i < depth; i++) {
    const step = steps[i] as string | number;
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number')
    return `number${Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? '' : ` ${value}`}`;
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function goTypeOf(schema: StructuralSchema): string {
  if (schema['x-definition'] !== undefined) return schema['x-definition'].name.split('.').slice(-2).join('.');
  if (schema.type === 'array') return `[]${goTypeOf(schema.items ?? {})}`;
  if (schema.type === 'object') return `map[string]${goTypeOf(schema.additionalProperties ?? {})}`;
  if (schema.format === 'byte') return '[]uint8';
  if (schema.format === 'date-time') return 'v1.Time';
  if (schema.type === 'integer') return schema.format ?? 'int64';
  if (schema.type === 'number') return 'float64';
  if (schema.type === 'boolean') return 'bool';
  return schema.type ?? 'interface {}';
}

/** Null as a list item or map value is Go's zero value. */
export function zeroOf(schema: StructuralSchema): unknown {
  if (schema.type === 'object') return {};
  if (schema.type === 'array') return [];
  if (schema.type === 'boolean') return false;
  if (schema.type === 'integer' || schema.type === 'number') return 0;
  return schema.format === 'quantity' ? '0' : '';
}
