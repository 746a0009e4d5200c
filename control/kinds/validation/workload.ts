/**
 * What Deployments and ReplicaSets have in common: numbers that may not be negative, numbers or percentages.
 */
import type { Cause } from '../../machinery/status.ts';
import { invalidFault } from './faults.ts';

const PERCENT = /^[0-9]+%$/;

export function numberOrPercentFaults(field: string, value: number | string | undefined): Cause[] {
  if (value === undefined) return [];
  if (typeof value === 'number') {
    return value < 0 ? [invalidFault(field, value, 'must be greater than or equal to 0')] : [];
  }
  if (PERCENT.test(value)) return [];
  return [
    invalidFault(
      field,
      value,
      "a valid percent string must be a numeric followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ];
}

export const isNothing = (value: number | string | undefined): boolean =>
  value === 0 || value === '0%' || value === '0';

export const percentOf = (value: number | string | undefined): number =>
  typeof value === 'string' && PERCENT.test(value) ? Number(value.slice(0, -1)) : 0;
