/**
 * The objects of one collection in memory, found by key or by an index (namespace, node, owner uid).
 *
 * Always: objects are shared by all readers and never changed in place; a new version replaces the old one.
 */
import { type ApiObject, type Key, keyText } from '../machinery/meta.ts';

/** The values under which an object is found; none, when it does not belong in this index. */
export type IndexFunction<T> = (object: T) => readonly string[];

export interface StoreIndex<T> {
  get(key: Key | string): T | undefined;
  list(): T[];
  /** Objects whose index function gave `value`. */
  byIndex(index: string, value: string): T[];
  readonly size: number;
}

export interface MutableStoreIndex<T> extends StoreIndex<T> {
  /** Returns the version that was replaced. */
  set(object: T): T | undefined;
  delete(key: Key | string): T | undefined;
  keys(): string[];
}

export const byNamespace: IndexFunction<ApiObject> = object => [object.metadata.namespace ?? ''];

/** By the uid of the owner that manages it. */
export const byController: IndexFunction<ApiObject> = ({ metadata }) => {
  const owner = metadata.ownerReferences?.find(reference => reference.controller === true);
  return owner ? [owner.uid] : [];
};

export function createStoreIndex<T extends ApiObject>(
  functions: Readonly<Record<string, IndexFunction<T>>> = {},
): MutableStoreIndex<T> {
  const objects = new Map<string, T>();
  const indexes = Object.entries(functions).map(([name, values]) => ({
    name,
    values,
    keys: new Map<string, Set<string>>(),
  }));

  const reindex = (key: string, previous: T | undefined, next: T | undefined) => {
    for (const index of indexes) {
      const before = previous ? index.values(previous) : [];
      const after = next ? index.values(next) : [];
      for (const value of before) if (!after.includes(value)) unlink(index.keys, value, key);
      for (const value of after) link(index.keys, value, key);
    }
  };

  return {
    get: key => objects.get(typeof key === 'string' ? key : keyText(key)),
    list: () => [...objects.values()],
    keys: () => [...objects.keys()],
    get size() {
      return objects.size;
    },
    byIndex(name, value) {
      const index = indexes.find(candidate => candidate.name === name);
      if (!index) throw new Error(`there is no index ${name}`);
      return Array.from(index.keys.get(value) ?? [], key => objects.get(key)!);
    },
    set(object) {
      const key = keyText(object.metadata);
      const previous = objects.get(key);
      objects.set(key, object);
      reindex(key, previous, object);
      return previous;
    },
    delete(named) {
      const key = typeof named === 'string' ? named : keyText(named);
      const previous = objects.get(key);
      objects.delete(key);
      reindex(key, previous, undefined);
      return previous;
    },
  };
}

function link(keys: Map<string, Set<string>>, value: string, key: string): void {
  const bucket = keys.get(value);
  if (bucket) bucket.add(key);
  else keys.set(value, new Set([key]));
}

function unlink(keys: Map<string, Set<string>>, value: string, key: string): void {
  const bucket = keys.get(value);
  bucket?.delete(key);
  if (bucket?.size === 0) keys.delete(value);
}
