/**
 * How strategic merge joins two lists and in which order the result stands. Called by strategic-merge.ts only.
 *
 * The order is the peculiar one of apimachinery: what the patch names stands as the patch has it; what only the server has
 * keeps its order; where both orders allow it, an item stays before what it preceded on the server.
 */
import { getOwn, isRecord } from './property.ts';
import { badRequest } from './status.ts';

type Json = Record<string, unknown>;

export const mergePrimitiveList = (original: unknown[], patch: unknown[]): unknown[] =>
  orderLike([...new Set([...original, ...patch])], patch, original, undefined);

/** Items with equal merge keys are merged, others are added; `$patch: delete` removes, `$patch: replace` drops all others. */
export const mergeKeyedList = (
  original: unknown[],
  patch: unknown[],
  mergeKey: string,
  merge: (original: Json | undefined, patch: Json) => Json,
): unknown[] => {
  const { kept, plain, replace } = applyItemDirectives(original, patch, mergeKey);
  if (replace) return plain.map(item => merge(undefined, item));
  const merged: unknown[] = [...kept];
  const places = new Map<unknown, number>();
  for (const [at, item] of merged.entries()) {
    const identity = isRecord(item) ? getOwn(item, mergeKey) : undefined;
    if (identity !== undefined && !places.has(identity)) places.set(identity, at);
  }
  for (const item of plain) {
    const identity = keyOf(item, mergeKey);
    const at = places.get(identity);
    if (at === undefined) places.set(identity, merged.push(merge(undefined, item)) - 1);
    else merged[at] = merge(merged[at] as Json, item);
  }
  return orderLike(merged, plain, kept, mergeKey);
};

const applyItemDirectives = (original: unknown[], patch: unknown[], mergeKey: string) => {
  const plain: Json[] = [];
  const deleted = new Set<unknown>();
  let replace = false;
  for (const item of patch) {
    if (!isRecord(item)) throw badRequest('list of lists and lists of mixed types cannot be merged');
    const directive = getOwn(item, '$patch');
    if (directive === undefined) plain.push(item);
    else if (directive === 'replace') replace = true;
    else if (directive === 'delete') deleted.add(keyOf(item, mergeKey));
    else if (directive === 'merge') throw badRequest('merging lists cannot yet be specified in the patch');
    else throw badRequest(`unknown patch type: ${directive} in map: ${JSON.stringify(item)}`);
  }
  const isDeleted = (other: unknown) => isRecord(other) && deleted.has(getOwn(other, mergeKey));
  return { kept: deleted.size > 0 ? original.filter(other => !isDeleted(other)) : original, plain, replace };
};

const keyOf = (item: Json, mergeKey: string): unknown => {
  const identity = getOwn(item, mergeKey);
  if (identity === undefined) {
    throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
  }
  return identity;
};

/** Puts `list` into the order of `wanted`, with what `wanted` does not name in between as `server` has it. */
export const orderLike = (
  list: unknown[],
  wanted: unknown[],
  server: unknown[],
  mergeKey: string | undefined,
): unknown[] => {
  const identity = (item: unknown) => (mergeKey !== undefined && isRecord(item) ? getOwn(item, mergeKey) : item);
  const places = (order: unknown[]) => new Map(order.map((item, i) => [identity(item), i] as const));
  const inWanted = places(wanted);
  const inServer = places(server);
  const by = (order: Map<unknown, number>) => (a: unknown, b: unknown) =>
    (order.get(identity(a)) ?? Number.MAX_SAFE_INTEGER) - (order.get(identity(b)) ?? Number.MAX_SAFE_INTEGER);
  const named = list.filter(item => inWanted.has(identity(item))).sort(by(inWanted));
  const serverOnly = list.filter(item => !inWanted.has(identity(item))).sort(by(inServer));
  const result: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const limit = inServer.get(identity(item));
    while (limit !== undefined && next < serverOnly.length) {
      const place = inServer.get(identity(serverOnly[next]));
      if (place === undefined || place > limit) break;
      result.push(serverOnly[next++]);
    }
    result.push(item);
  }
  return [...result, ...serverOnly.slice(next)];
};
