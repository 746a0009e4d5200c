/**
 * JSON Patch, RFC 6902. Always: all operations apply or none; the document given is not changed; what a patch may cost is
 * bounded (operations, bytes that `copy` multiplies). Called by the API's patch verb.
 */
import { equal } from './equal.ts';
import { getOwn, isRecord, setOwn } from './property.ts';
import { badRequest, failure, type StatusError } from './status.ts';

export const JSON_PATCH_OPERATIONS_MAX = 10_000;
const COPIED_BYTES_MAX = 3 * 1024 * 1024;

interface Operation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  from?: string;
  value?: unknown;
}

/** Throws BadRequest for what is no patch, Invalid (422) for one that does not fit the document. */
export const applyJsonPatch = (document: unknown, patch: unknown): unknown => {
  const operations = checkOperations(patch);
  // A box around the document makes replacing the whole of it an ordinary assignment.
  const box = { '': structuredClone(document) };
  const budget = { copiedBytes: 0 };
  for (const operation of operations) perform(box, operation, budget);
  return box[''];
};

const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

const checkOperations = (patch: unknown): Operation[] => {
  if (!Array.isArray(patch)) throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  if (patch.length > JSON_PATCH_OPERATIONS_MAX) {
    throw failure(
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS_MAX}, got ${patch.length}`,
    );
  }
  for (const operation of patch) {
    const { op, path, from } = (isRecord(operation) ? operation : {}) as Partial<Operation>;
    if (!OPERATIONS.includes(op as string)) throw unfit(`Unexpected kind: ${op ?? 'unknown'}`);
    if (typeof path !== 'string') throw unfit(`${op} operation does not apply: no path`);
    const needsFrom = op === 'move' || op === 'copy';
    if (needsFrom && typeof from !== 'string') throw unfit(`${op} operation does not apply: no from`);
    if (!needsFrom && op !== 'remove' && !Object.hasOwn(operation, 'value')) {
      throw unfit(`${op} operation does not apply: no value`);
    }
  }
  return patch as Operation[];
};

/** 422 in the words of apiserver, with the reason as a cause. */
const unfit = (message: string): StatusError =>
  failure('Invalid', 'the server rejected our request due to an error in our request', {
    causes: [{ reason: 'UnexpectedServerResponse', message }],
  });

const perform = (box: object, operation: Operation, budget: { copiedBytes: number }): void => {
  const { op, path, from = '', value } = operation;
  const at = locate(box, path, op);
  if (op === 'add') add(at, structuredClone(value), op);
  else if (op === 'replace') replace(at, structuredClone(value));
  else if (op === 'remove') remove(at, op);
  else if (op === 'copy') add(at, copied(locate(box, from, op), budget), op);
  else if (op === 'move') move(box, from, path);
  else if (!equal(read(at), value)) throw unfit(`testing value ${path} failed: test failed`);
};

const copied = (from: Place, budget: { copiedBytes: number }): unknown => {
  const value = present(from, 'copy');
  budget.copiedBytes += JSON.stringify(value).length;
  if (budget.copiedBytes > COPIED_BYTES_MAX) {
    throw unfit(`copy operation does not apply: accumulated copy size exceeds ${COPIED_BYTES_MAX} bytes`);
  }
  return structuredClone(value);
};

const move = (box: object, from: string, path: string): void => {
  if (path === from) {
    present(locate(box, path, 'move'), 'move');
    return;
  }
  if (path.startsWith(`${from}/`)) throw unfit(`move operation does not apply: ${path} is inside ${from}`);
  const moved = remove(locate(box, from, 'move'), 'move');
  add(locate(box, path, 'move'), moved, 'move');
};

/** Where an operation works: a key of an object or a place in a list. */
interface Place {
  parent: Record<string, unknown> | unknown[];
  key: string;
  path: string;
}

const locate = (box: object, path: string, op: string): Place => {
  if (path !== '' && !path.startsWith('/')) throw unfit(`${op} operation does not apply: bad pointer ${path}`);
  const keys = path.split('/').map(key => key.replace(/~1/g, '/').replace(/~0/g, '~'));
  const key = keys.pop()!;
  let parent: unknown = box;
  for (const step of keys) {
    parent = read({ parent: parent as Place['parent'], key: step, path });
    if (!isRecord(parent) && !Array.isArray(parent)) {
      throw unfit(`${op} operation does not apply: doc is missing path: "${path}": missing value`);
    }
  }
  return { parent: parent as Place['parent'], key, path };
};

const read = ({ parent, key }: Place): unknown => {
  if (!Array.isArray(parent)) return getOwn(parent, key);
  const index = indexOf(key);
  return index === undefined ? undefined : parent[index];
};

const indexOf = (key: string): number | undefined => (/^(0|[1-9]\d{0,9})$/.test(key) ? Number(key) : undefined);

const has = ({ parent, key }: Place): boolean =>
  Array.isArray(parent) ? (indexOf(key) ?? parent.length) < parent.length : Object.hasOwn(parent, key);

const present = (place: Place, op: string): unknown => {
  if (!has(place)) throw unfit(`${op} operation does not apply: doc is missing key: ${place.path}: missing value`);
  return read(place);
};

const add = ({ parent, key, path }: Place, value: unknown, op: string): void => {
  if (!Array.isArray(parent)) {
    setOwn(parent, key, value);
    return;
  }
  const index = key === '-' ? parent.length : indexOf(key);
  if (index === undefined || index > parent.length) {
    throw unfit(`${op} operation does not apply: doc is missing path: "${path}": invalid index referenced`);
  }
  parent.splice(index, 0, value);
};

const replace = (place: Place, value: unknown): void => {
  present(place, 'replace');
  if (Array.isArray(place.parent)) place.parent[Number(place.key)] = value;
  else setOwn(place.parent, place.key, value);
};

const remove = (place: Place, op: string): unknown => {
  if (place.path === '') throw unfit(`${op} operation does not apply: the whole document cannot be removed`);
  const removed = present(place, op);
  if (Array.isArray(place.parent)) place.parent.splice(Number(place.key), 1);
  else delete place.parent[place.key];
  return removed;
};
