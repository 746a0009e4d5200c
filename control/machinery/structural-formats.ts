/**
 * Atoms as Kubernetes' decoder takes them, and the string formats it knows: what it would refuse before any validation is
 * refused here in Go's words, and times and quantities are brought into their canonical text.
 * Called by machinery/structural.ts only.
 */
import { canonicalQuantity, QuantityError } from './quantity.ts';
import type { StructuralSchema } from './structural.ts';

/** Not decodable; without a fault it is of the wrong JSON type. */
export interface Undecodable {
  fault: string | undefined;
}
type Atom = string | number | boolean | bigint;

const WRONG_TYPE: Undecodable = { fault: undefined };
const INT32_LIMIT = 2 ** 31;

export function decodeAtom(schema: StructuralSchema, value: unknown): Atom | Undecodable {
  switch (schema.type) {
    case 'string':
      if (schema.format === 'quantity') return quantityText(value);
      return typeof value === 'string' ? decodeText(schema.format, value) : WRONG_TYPE;
    case 'integer':
      return decodeInteger(schema.format, value);
    case 'number':
      return typeof value === 'number' ? value : WRONG_TYPE;
    case 'boolean':
      return typeof value === 'boolean' ? value : WRONG_TYPE;
    default:
      return decodeIntOrString(value);
  }
}

function decodeText(format: string | undefined, value: string): string | Undecodable {
  switch (format) {
    case undefined:
      return value;
    case 'date-time':
      return WHOLE_SECONDS_UTC.test(value) ? value : timeText(value, false);
    case 'micro-time':
      return timeText(value, true);
    case 'byte': {
      const fault = base64Fault(value);
      return fault === undefined ? value : { fault };
    }
    default:
      return value;
  }
}

function decodeInteger(format: string | undefined, value: unknown): number | bigint | Undecodable {
  if (typeof value === 'bigint') return value;
  if (typeof value !== 'number' || !Number.isInteger(value)) return WRONG_TYPE;
  return format === 'int32' && (value >= INT32_LIMIT || value < -INT32_LIMIT) ? WRONG_TYPE : value;
}

function decodeIntOrString(value: unknown): number | string | Undecodable {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') {
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return { fault: `json: cannot unmarshal ${type} into Go value of type string` };
  }
  if (Number.isInteger(value) && Math.abs(value) < INT32_LIMIT) return value;
  return { fault: `json: cannot unmarshal number ${value} into Go value of type int32` };
}

/** The usual quantities, which are canonical already: a whole number below 1000, maybe with a unit. */
const CANONICAL_QUANTITY = /^(?:0|[1-9]\d{0,2}(?:|m|k|M|G|Ki|Mi|Gi|Ti))$/;

/** Accepts numbers too, as Kubernetes does. */
function quantityText(value: unknown): string | Undecodable {
  if (typeof value === 'string' && CANONICAL_QUANTITY.test(value)) return value;
  try {
    return canonicalQuantity(typeof value === 'number' ? value : typeof value === 'string' ? value : '');
  } catch (error) {
    if (error instanceof QuantityError) return { fault: error.message };
    throw error;
  }
}

const WHOLE_SECONDS_UTC = /^\d{4}-(?:0\d|1[012])-(?:[012]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 in UTC: whole seconds (metav1.Time), or six digits of a second (metav1.MicroTime). */
function timeText(value: string, micro: boolean): string | Undecodable {
  const match = RFC3339.exec(value);
  const milliseconds = match === null ? Number.NaN : Date.parse(value);
  if (match === null || Number.isNaN(milliseconds)) {
    const shown = JSON.stringify(value);
    return { fault: `parsing time ${shown} as "2006-01-02T15:04:05Z07:00": cannot parse ${shown} as "2006"` };
  }
  const seconds = new Date(milliseconds).toISOString().slice(0, 19);
  return micro ? `${seconds}.${(match[1] ?? '').padEnd(6, '0').slice(0, 6)}Z` : `${seconds}Z`;
}

/** One scan without going back: a pattern for the whole text would exhaust the stack on a long one. */
function base64Fault(value: string): string | undefined {
  const end = value.search(/[^A-Za-z0-9+/]/);
  const wellPadded = end < 0 || (end >= value.length - 2 && value.slice(end) === '='.repeat(value.length - end));
  if (wellPadded && value.length % 4 === 0 && end !== 0) return undefined;
  return `illegal base64 data at input byte ${wellPadded ? value.length - (value.length % 4) : end}`;
}
