/**
 * Strategic merge patch: merge patch that knows from the schema which lists merge by a key, which append and which replace
 * (apimachinery's strategicpatch). Called by the API's patch verb for built-in kinds.
 *
 * Always: neither argument is changed; no directive (`$patch`, `$retainKeys`, `$setElementOrder/…`,
 * `$deleteFromPrimitiveList/…`) is left in the result; a patch that makes no sense throws BadRequest.
 */
import { getOwn, isRecord, setOwn } from './property.ts';
import { badRequest } from './status.ts';
import { mergeKeyedList, mergePrimitiveList, orderLike } from './strategic-lists.ts';

/** The part of a structural schema (structural.ts) that decides how values merge. */
export interface PatchSchema {
  properties?: Readonly<Record<string, PatchSchema>>;
  additionalProperties?: PatchSchema;
  items?: PatchSchema;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
}

type Json = Record<string, unknown>;

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const ELEMENT_ORDER = '$setElementOrder/';
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';

export const applyStrategicMergePatch = (document: Json, patch: unknown, schema: PatchSchema): Json => {
  if (!isRecord(patch)) throw badRequest('the patch must be an object');
  return mergeObject(document, patch, schema);
};

const mergeObject = (original: Json, patch: Json, schema: PatchSchema | undefined): Json => {
  const directive = getOwn(patch, DIRECTIVE);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'replace' && directive !== 'merge')
    throw unknownDirective(directive, patch);
  const result: Json = directive === 'replace' ? {} : { ...original };
  const fields = plainFields(patch);
  retainKeys(result, patch, fields);
  for (const [key, value] of fields) {
    if (value === null) delete result[key];
    else setOwn(result, key, mergeValue(getOwn(result, key), value, fieldSchema(schema, key)));
  }
  for (const [key, items] of directives(patch, DELETE_FROM_LIST)) {
    const list = getOwn(result, key);
    if (Array.isArray(list))
      setOwn(
        result,
        key,
        list.filter(item => !items.includes(item)),
      );
  }
  for (const [key, order] of directives(patch, ELEMENT_ORDER)) {
    const list = getOwn(result, key);
    if (!Array.isArray(list)) continue;
    const mergeKey = fieldSchema(schema, key)?.['x-kubernetes-patch-merge-key'];
    const sent = getOwn(patch, key);
    checkOrder(key, Array.isArray(sent) ? sent : [], order, mergeKey);
    const before = getOwn(original, key);
    setOwn(result, key, orderLike(list, order, Array.isArray(before) ? before : [], mergeKey));
  }
  return result;
};

const unknownDirective = (directive: unknown, patch: unknown) =>
  badRequest(`unknown patch type: ${directive} in map: ${JSON.stringify(patch)}`);

const isDirective = (key: string): boolean =>
  key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(ELEMENT_ORDER) || key.startsWith(DELETE_FROM_LIST);

const plainFields = (patch: Json): [string, unknown][] => Object.entries(patch).filter(([key]) => !isDirective(key));

const directives = (patch: Json, prefix: string): [string, unknown[]][] =>
  Object.entries(patch)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => {
      if (!Array.isArray(value)) throw badRequest(`expected a list for ${key}`);
      return [key.slice(prefix.length), value];
    });

/** `$retainKeys`: what it does not name is cleared, and the patch may set only what it names. */
const retainKeys = (result: Json, patch: Json, fields: [string, unknown][]): void => {
  const retained = getOwn(patch, RETAIN_KEYS);
  if (retained === undefined) return;
  const names = Array.isArray(retained) ? retained : [];
  if (!Array.isArray(retained) || fields.some(([key, value]) => value !== null && !names.includes(key))) {
    throw badRequest('invalid patch format of retainKeys list');
  }
  for (const key of Object.keys(result)) if (!names.includes(key)) delete result[key];
};

const fieldSchema = (schema: PatchSchema | undefined, key: string): PatchSchema | undefined => {
  const named = schema?.properties && (getOwn(schema.properties, key) as PatchSchema | undefined);
  return named ?? schema?.additionalProperties;
};

const strategies = (schema: PatchSchema | undefined): string[] =>
  schema?.['x-kubernetes-patch-strategy']?.split(',') ?? [];

const mergeValue = (original: unknown, patch: unknown, schema: PatchSchema | undefined): unknown => {
  if (isRecord(patch)) {
    const replaces = !isRecord(original) || strategies(schema).includes('replace');
    return mergeObject(replaces ? {} : original, patch, schema);
  }
  if (!Array.isArray(patch)) return patch;
  return mergeList(Array.isArray(original) ? original : [], patch, schema);
};

const mergeList = (original: unknown[], patch: unknown[], schema: PatchSchema | undefined): unknown[] => {
  const mergeKey = schema?.['x-kubernetes-patch-merge-key'];
  const keyed = [...original, ...patch].some(isRecord);
  if (!strategies(schema).includes('merge')) return withoutDirectives(patch, schema?.items);
  if (!keyed) return mergePrimitiveList(original, patch);
  if (mergeKey === undefined) throw badRequest('cannot merge lists without merge key');
  const merge = (before: Json | undefined, item: Json) => mergeObject(before ?? {}, item, schema?.items);
  return mergeKeyedList(original, patch, mergeKey, merge);
};

/** A list that replaces: its items are taken as they are, but for directives. */
const withoutDirectives = (patch: unknown[], items: PatchSchema | undefined): unknown[] =>
  patch
    .filter(item => !(isRecord(item) && getOwn(item, DIRECTIVE) !== undefined && plainFields(item).length === 0))
    .map(item => (isRecord(item) ? mergeObject({}, item, items) : item));

/** The items sent must come in the order that `$setElementOrder` names. */
const checkOrder = (field: string, sent: unknown[], order: unknown[], mergeKey: string | undefined): void => {
  const identity = (item: unknown) => (mergeKey !== undefined && isRecord(item) ? getOwn(item, mergeKey) : item);
  const wanted = order.map(identity);
  let last = -1;
  for (const item of sent) {
    if (isRecord(item) && getOwn(item, DIRECTIVE) !== undefined) continue;
    const at = wanted.indexOf(identity(item), last + 1);
    if (at < 0) {
      throw badRequest(
        `The order in patch list:\n${JSON.stringify(sent)}\n doesn't match $setElementOrder list of ${field}:\n${JSON.stringify(order)}\n`,
      );
    }
    last = at;
  }
};
