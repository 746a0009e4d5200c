/**
 * Data of ConfigMaps and Secrets: keys, total size, and what `immutable` forbids.
 */
import { equal } from '../../machinery/equal.ts';
import { configKeyErrors } from '../../machinery/names.ts';
import type { Cause } from '../../machinery/status.ts';
import { forbiddenFault, nameFaults, tooLongFault } from './faults.ts';

const DATA_BYTES_MAX = 1024 * 1024;

/** `encoded`: values are base64, and count as what they stand for. */
export function dataFaults(
  field: string,
  data: Readonly<Record<string, string>> | undefined,
  encoded: boolean,
): Cause[] {
  const faults: Cause[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data ?? {})) {
    faults.push(...nameFaults(`${field}[${key}]`, key, configKeyErrors(key)));
    bytes += encoded ? (value.length * 3) / 4 : value.length;
  }
  if (bytes > DATA_BYTES_MAX) faults.push(tooLongFault(field, DATA_BYTES_MAX));
  return faults;
}

export function sealedFaults<T extends { immutable?: boolean }>(
  next: T,
  current: T,
  parts: readonly (keyof T & string)[],
): Cause[] {
  if (current.immutable !== true) return [];
  const faults = parts
    .filter(part => !equal(next[part], current[part]))
    .map(part => forbiddenFault(part, 'field is immutable when `immutable` is set'));
  if (next.immutable !== true)
    faults.unshift(forbiddenFault('immutable', 'field is immutable when `immutable` is set'));
  return faults;
}
