/**
 * JSON Merge Patch, RFC 7386: objects merge key by key, null removes, everything else replaces. Always: neither argument is
 * changed; the result may share parts with both. Called by the API's patch verb and by clients that compute patches.
 */
import { equal } from './equal.ts';
import { getOwn, isRecord, setOwn } from './property.ts';

export const applyMergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const value = getOwn(patch, key);
    if (value === null) delete result[key];
    else setOwn(result, key, applyMergePatch(getOwn(result, key), value));
  }
  return result;
};

/** The merge patch that turns `from` into `to`; undefined when they are equal. */
export const createMergePatch = (from: unknown, to: unknown): unknown => {
  if (!isRecord(from) || !isRecord(to)) return equal(from, to) ? undefined : to;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (getOwn(to, key) === undefined) setOwn(patch, key, null);
  for (const key of Object.keys(to)) {
    const value = getOwn(to, key);
    const change = value === undefined ? undefined : createMergePatch(getOwn(from, key), value);
    if (change !== undefined) setOwn(patch, key, change);
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
};
