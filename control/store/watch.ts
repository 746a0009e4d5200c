/**
 * Watches: each gets the events of its range exactly once and in order, first those of history, then the live ones.
 *
 * Always: `publish` is called once per revision, in order, in the same turn in which apply.ts appended it to history; so
 * between replay and live there is neither gap nor overlap. A watch that does not keep up is cut, never the store's memory.
 */
import type { State } from './apply.ts';
import { WATCH_BUFFER_EVENTS_MAX } from './limits.ts';
import { StoreError, type StoreEvent, type Watch, type WatchOptions } from './store.ts';
import { createWatcherIndex, inRange } from './watcher-index.ts';

export interface WatchHub {
  watch(start: string, end: string, options: WatchOptions): Watch;
  /** The events of one revision. */
  publish(events: readonly StoreEvent[]): void;
  /** Ends all watches, also later ones, with this error. */
  close(error: StoreError): void;
}

export function createWatchHub(state: State): WatchHub {
  const index = createWatcherIndex<Watcher>();
  let closed: StoreError | undefined;

  return {
    watch(start, end, options) {
      const { fromRevision } = options;
      const compacted = state.revisions.compactedRevision();
      const { watch, watcher } = createWatcher(options, state.revisions.revision, () =>
        index.remove(start, end, watcher),
      );
      if (closed) watcher.fail(closed);
      else if (fromRevision < compacted)
        watcher.fail(new StoreError('compacted', `revision ${fromRevision} was compacted`, compacted));
      else if (!options.signal.aborted) {
        const entries = state.history.since(fromRevision);
        watcher.begin(entries.flatMap(entry => entry.events.filter(event => inRange(keyOf(event), start, end))));
        index.add(start, end, watcher);
      }
      return watch;
    },

    publish(events) {
      // The usual write changes one key: nothing to sort into shares then.
      if (events.length === 1) index.forEach(keyOf(events[0]!), watcher => watcher.push(events));
      else for (const [watcher, share] of sharesOf(events, index.forEach)) watcher.push(share);
    },

    close(error) {
      closed = error;
      for (const watcher of index.all()) watcher.fail(error);
    },
  };
}

interface Watcher {
  begin(missed: StoreEvent[]): void;
  push(events: readonly StoreEvent[]): void;
  fail(error: StoreError): void;
}

function createWatcher(
  { signal, fromRevision, bufferLimit = WATCH_BUFFER_EVENTS_MAX }: WatchOptions,
  currentRevision: () => number,
  leave: () => void,
): { watch: Watch; watcher: Watcher } {
  let pending: StoreEvent[] = [];
  /** How many of `pending` count against the limit: history is in memory anyway, so what it replayed does not. */
  let live = 0;
  let waiting: { resolve(events: readonly StoreEvent[] | undefined): void; reject(error: unknown): void } | undefined;
  let failure: StoreError | undefined;
  let ended: number | undefined;

  const progress = () => ended ?? (pending[0] ? pending[0].revision - 1 : Math.max(fromRevision, currentRevision()));

  const end = () => {
    ended = progress();
    pending = [];
    leave();
    signal.removeEventListener('abort', stop);
  };

  const stop = () => {
    end();
    waiting?.resolve(undefined);
    waiting = undefined;
  };
  if (signal.aborted) ended = fromRevision;
  else signal.addEventListener('abort', stop, { once: true });

  const watcher: Watcher = {
    begin(missed) {
      pending = missed;
    },
    push(events) {
      if (events[0]!.revision <= fromRevision) return;
      if (waiting) {
        waiting.resolve(events);
        waiting = undefined;
        return;
      }
      pending.push(...events);
      live += events.length;
      if (live > bufferLimit) watcher.fail(new StoreError('lagging', `more than ${bufferLimit} events were waiting`));
    },
    fail(error) {
      failure = error;
      end();
      waiting?.reject(error);
      waiting = undefined;
    },
  };

  const watch: Watch = {
    progress,
    async next() {
      if (failure) throw failure;
      if (signal.aborted) return undefined;
      if (waiting) throw new TypeError('this watch is being waited for already');
      if (pending.length === 0) return new Promise((resolve, reject) => (waiting = { resolve, reject }));
      const events = pending;
      pending = [];
      live = 0;
      return events;
    },
  };
  return { watch, watcher };
}

function sharesOf(
  events: readonly StoreEvent[],
  forEach: (key: string, visit: (watcher: Watcher) => void) => void,
): Map<Watcher, StoreEvent[]> {
  const shares = new Map<Watcher, StoreEvent[]>();
  for (const event of events)
    forEach(keyOf(event), watcher => {
      const share = shares.get(watcher);
      if (share) share.push(event);
      else shares.set(watcher, [event]);
    });
  return shares;
}

const keyOf = (event: StoreEvent): string => (event.type === 'put' ? event.current.key : event.key);
