/**
 * Deep equality of JSON values. A field that is `undefined` counts as absent, as it does on the wire.
 * Called by everyone who asks "did anything change?".
 */
import { getOwn, isRecord } from './property.ts';

export const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i]);
  }
  return isRecord(a) && isRecord(b) && fieldsEqual(a, b);
};

const fieldsEqual = (a: Record<string, unknown>, b: Record<string, unknown>): boolean => {
  const keys = Object.keys(a).filter(key => a[key] !== undefined);
  const others = Object.keys(b).filter(key => b[key] !== undefined);
  return keys.length === others.length && keys.every(key => Object.hasOwn(b, key) && equal(a[key], getOwn(b, key)));
};
