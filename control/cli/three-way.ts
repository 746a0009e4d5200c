/**
 * What `apply` has to change: a JSON merge patch from what was applied last, what is wanted now and what the server has.
 * Fields that others set stay; fields that we set before and no longer want go. Pure; the rule is kubectl's for kinds
 * without a strategic merge.
 */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

/** `undefined` when nothing has to change. */
export const threeWayPatch = (last: Fields, wanted: Fields, live: Fields): Fields | undefined => {
  const patch: Fields = {};
  for (const key of Object.keys(last)) {
    if (!(key in wanted) && key in live) patch[key] = null;
  }
  for (const [key, value] of Object.entries(wanted)) {
    const current = live[key];
    if (isFields(value) && isFields(current)) {
      const before = last[key];
      const inner = threeWayPatch(isFields(before) ? before : {}, value, current);
      if (inner !== undefined) patch[key] = inner;
    } else if (value !== null && !same(value, current)) patch[key] = value;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
};

function isFields(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Lists are replaced whole, but a list whose items differ only by what the server filled in is the same list: otherwise
 * every apply of a pod template would be a change.
 */
function same(wanted: Json, current: Json | undefined): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(current) && wanted.length === current.length && wanted.every((item, i) => same(item, current[i]))
    );
  }
  if (isFields(wanted))
    return isFields(current) && Object.entries(wanted).every(([key, value]) => same(value, current[key]));
  return wanted === current;
}
