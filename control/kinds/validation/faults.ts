/**
 * What can be wrong with a field, one constructor each, worded as Kubernetes' field.Error. Called by everything in
 * control/kinds that validates; paths are spelled like `spec.containers[0].name`.
 */
import type { Cause } from '../../machinery/status.ts';

export const requiredFault = (field: string, detail?: string): Cause => ({
  reason: 'FieldValueRequired',
  message: detail ? `Required value: ${detail}` : 'Required value',
  field,
});

export const invalidFault = (field: string, value: unknown, detail: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${shown(value)}: ${detail}`,
  field,
});

export const duplicateFault = (field: string, value: unknown): Cause => ({
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${shown(value)}`,
  field,
});

export const forbiddenFault = (field: string, detail: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${detail}`,
  field,
});

export const notSupportedFault = (field: string, value: unknown, supported: readonly unknown[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map(shown).join(', ')}`,
  field,
});

export const notFoundFault = (field: string, value: unknown): Cause => ({
  reason: 'FieldValueNotFound',
  message: `Not found: ${shown(value)}`,
  field,
});

export const tooLongFault = (field: string, maxBytes: number): Cause => ({
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${maxBytes} bytes`,
  field,
});

/** One Invalid for each thing that is wrong with a name. */
export const nameFaults = (field: string, value: string, errors: readonly string[]): Cause[] =>
  errors.map(detail => invalidFault(field, value, detail));

const IMMUTABLE = 'field is immutable';
export const immutableFault = (field: string, value: unknown): Cause => invalidFault(field, value, IMMUTABLE);

/** What is wrong with each item, with its path. */
export const eachFault = <T>(
  field: string,
  items: readonly T[] | undefined,
  check: (item: T, field: string) => Cause[],
): Cause[] => (items ?? []).flatMap((item, i) => check(item, `${field}[${i}]`));

const shown = (value: unknown): string => (value === undefined ? 'null' : JSON.stringify(value));

/** A whole number between two others, in the words of the validators of ports, users and the like. */
export const rangeFault = (field: string, value: number, min: number, max: number): Cause[] =>
  value >= min && value <= max ? [] : [invalidFault(field, value, `must be between ${min} and ${max}, inclusive`)];

export const nonNegative = (field: string, value: number | undefined): Cause[] =>
  value === undefined || value >= 0 ? [] : [invalidFault(field, value, 'must be greater than or equal to 0')];

/** Of equal items the first is right, the others are duplicates. */
export function duplicateFaults<T>(
  field: string,
  items: readonly T[],
  keyOf: (item: T) => string,
  part = 'name',
): Cause[] {
  const seen = new Set<string>();
  const faults: Cause[] = [];
  for (const [i, item] of items.entries()) {
    const key = keyOf(item);
    if (key !== '' && seen.has(key))
      faults.push(duplicateFault(part ? `${field}[${i}].${part}` : `${field}[${i}]`, key));
    seen.add(key);
  }
  return faults;
}
