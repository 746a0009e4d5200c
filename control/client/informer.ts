/**
 * A collection held in memory and kept current, with handlers that hear of each change: what every loop reads instead of
 * asking the API.
 *
 * Always: the index is changed before the handlers hear of it; an object is never announced twice at one resourceVersion;
 * what vanished while the watch was cut is announced as deleted.
 */
import { type ApiObject, keyText } from '../machinery/meta.ts';
import { type ListWatchOptions, listWatch } from './list-watch.ts';
import { createStoreIndex, type IndexFunction, type StoreIndex } from './store-index.ts';

export interface InformerOptions<T> extends ListWatchOptions {
  indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** What was known before, until the first list says what is true now. */
  initial?: readonly T[];
}

/** Added: no `old`. Deleted: no `current`. */
type ChangeHandler<T> = (old: T | undefined, current: T | undefined) => void;

export interface Informer<T> {
  readonly store: StoreIndex<T>;
  /** Resolves once the first list has been taken over; rejects when the signal fires before that. */
  readonly synced: Promise<void>;
  /** A late handler is told of everything that is there. Returns how to stop. */
  onChange(handler: ChangeHandler<T>): () => void;
}

export function createInformer<T extends ApiObject>(options: InformerOptions<T>): Informer<T> {
  const store = createStoreIndex<T>(options.indexes);
  for (const object of options.initial ?? []) store.set(object);
  const handlers = new Set<ChangeHandler<T>>();
  const synced = Promise.withResolvers<void>();
  // Nobody has to wait for it.
  synced.promise.catch(() => {});

  const announce: ChangeHandler<T> = (old, current) => {
    for (const handler of handlers) {
      try {
        handler(old, current);
      } catch (error) {
        options.log?.('error', `a handler of ${options.resource.resource} failed`, { error: String(error) });
      }
    }
  };
  const take = (object: T) => {
    const old = store.set(object);
    if (old?.metadata.resourceVersion === undefined || old.metadata.resourceVersion !== object.metadata.resourceVersion)
      announce(old, object);
  };
  const drop = (key: string) => {
    const old = store.delete(key);
    if (old) announce(old, undefined);
  };

  void listWatch<T>(options, {
    replace(items) {
      const present = new Set(items.map(item => keyText(item.metadata)));
      for (const key of store.keys()) if (!present.has(key)) drop(key);
      items.forEach(take);
      synced.resolve();
    },
    change(type, object) {
      if (type === 'DELETED') drop(keyText(object.metadata));
      else take(object);
    },
  }).finally(() => synced.reject(options.signal.reason ?? new Error('the informer has ended')));

  return {
    store,
    synced: synced.promise,
    onChange(handler) {
      for (const object of store.list()) handler(undefined, object);
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}
