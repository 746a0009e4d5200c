/**
 * The string formats that the structural walker knows: each function returns the canonical text (or `undefined` when the
 * value is none), or says in Go's words what is wrong. Kubernetes' decoder refuses these values before any validation.
 */
const QUANTITY = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

/** Accepts numbers too, as Kubernetes does. */
export function quantityText(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && QUANTITY.test(text) ? text : undefined;
}

const WHOLE_SECONDS_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 in UTC: whole seconds (metav1.Time), or six digits of a second (metav1.MicroTime). */
export function timeText(value: string, micro: boolean): string | undefined {
  if (!micro && WHOLE_SECONDS_UTC.test(value)) return value;
  const match = RFC3339.exec(value);
  const milliseconds = match === null ? Number.NaN : Date.parse(value);
  if (match === null || Number.isNaN(milliseconds)) return undefined;
  const seconds = new Date(milliseconds).toISOString().slice(0, 19);
  return micro ? `${seconds}.${(match[1] ?? '').padEnd(6, '0').slice(0, 6)}Z` : `${seconds}Z`;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function base64Fault(value: string): string | undefined {
  if (BASE64.test(value)) return undefined;
  const bad = value.search(/[^A-Za-z0-9+/=]/);
  return `illegal base64 data at input byte ${bad < 0 ? value.length - (value.length % 4) : bad}`;
}

export function intOrStringFault(value: unknown): string | undefined {
  if (typeof value === 'string') return undefined;
  if (typeof value !== 'number') {
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return `json: cannot unmarshal ${type} into Go value of type string`;
  }
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return undefined;
  return `json: cannot unmarshal number ${value} into Go value of type int32`;
}
