/**
 * GET with `watch`: first what is there (when asked for), then every change as it happens, as lines of JSON, until the
 * client leaves, its time is over or it falls too far behind.
 *
 * Always: an event's bytes are made once and shared by all watchers; the stream is pulled by the client, so a slow one
 * holds the store's bounded buffer and nothing else; whatever ends the stream frees the watch and its timer.
 */
import type { Kind } from '../../kinds/strategy.ts';
import { type Cause, expired, invalid } from '../../machinery/status.ts';
import { StoreError, type Watch } from '../../store/store.ts';
import { accepted } from '../accept.ts';
import type { Api, Verb } from '../api.ts';
import { statusOf } from '../errors.ts';
import { revisionOf } from '../list-options.ts';
import { type Bytes, concat, objectKey, objectRange } from '../objects.ts';
import { flag } from '../request.ts';
import { headersOf } from '../respond.ts';
import { type Selection, selectionOf } from '../selection.ts';
import { waitForRevision } from '../wait-for-revision.ts';
import { createFrames, type Frames } from '../watch-frames.ts';
import { readList } from './list.ts';

const BOOKMARK_INTERVAL_MS = 60_000;
/** Without a wish of the client: half an hour to an hour, at random, so that clients do not come back all at once. */
const DURATION_MIN_MS = 1_800_000;
/** Events a watcher may be behind before it is cut off. */
const BUFFERED_EVENTS_MAX = 10_000;
const INITIAL_FRAMES_PER_PIECE = 100;

export const watch: Verb = async (api, c, kind) => {
  const info = c.get('info');
  const query = c.get('query');
  const wanted = accepted(c, 'watch');
  const selection = selectionOf(kind, info, query);
  const from = revisionOf(query.get('resourceVersion') ?? '') ?? 0;
  const initial = wantsInitialEvents(query, from);
  const [start, end] = rangeOf(kind, info.namespace, selection);
  if (from > 0) await waitForRevision(api, from);
  const abort = new AbortController();
  const frames = createFrames(api, kind, wanted, query.get('includeObject'), selection);
  const source = initial ? await readInitial(api, kind, info.namespace, start, end, selection) : undefined;
  const events = api.store.watch(start, end, {
    fromRevision: source?.revision ?? from,
    signal: abort.signal,
    bufferLimit: BUFFERED_EVENTS_MAX,
  });
  const watching: Watching = {
    events,
    frames,
    abort,
    initial: source?.items ?? [],
    endMark: initial && flag(query, 'sendInitialEvents') && flag(query, 'allowWatchBookmarks'),
    endsAt: api.clock.monotonic() + durationOf(api, query),
    bookmarks: flag(query, 'allowWatchBookmarks'),
  };
  // The server's own callers hold a signal instead of a connection.
  for (const signal of [c.req.raw.signal, api.signal]) {
    if (signal.aborted) abort.abort();
    signal.addEventListener('abort', () => abort.abort(), { once: true, signal: abort.signal });
  }
  return new Response(streamOf(api, watching), { status: 200, headers: headersOf(c, wanted.contentType) });
};

/** Without a revision a watch begins with what is there; with one, only when the client says so. */
function wantsInitialEvents(query: URLSearchParams, from: number): boolean {
  const sent = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  const refuse = (field: string, message: string, reason: Cause['reason'] = 'FieldValueForbidden') =>
    invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [{ reason, message, field }]);
  if (sent === null) {
    if (match !== '') {
      const why = 'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
      throw refuse('resourceVersionMatch', why);
    }
    return from === 0;
  }
  if (match !== 'NotOlderThan') {
    const why = 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    throw refuse('resourceVersionMatch', why);
  }
  return flag(query, 'sendInitialEvents');
}

function rangeOf(kind: Kind, namespace: string, { name }: Selection): [string, string] {
  if (name === undefined || (kind.namespaced && namespace === '')) return objectRange(kind, namespace || undefined);
  const key = objectKey(kind, { namespace, name });
  return [key, `${key}\0`];
}

const readInitial = (api: Api, kind: Kind, namespace: string, start: string, end: string, selection: Selection) =>
  readList(api, kind, namespace, {
    start,
    end,
    options: { limit: 0, continued: undefined, read: { mode: 'latest' } },
    selection,
  });

function durationOf(api: Api, query: URLSearchParams): number {
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  return seconds > 0 ? seconds * 1000 : DURATION_MIN_MS * (1 + api.dice.random());
}

interface Watching {
  events: Watch;
  frames: Frames;
  abort: AbortController;
  initial: Parameters<Frames['added']>[0][];
  /** A bookmark tells when all that was there has been sent. */
  endMark: boolean;
  endsAt: number;
  bookmarks: boolean;
}

function streamOf(api: Api, watching: Watching): ReadableStream<Uint8Array> {
  const { abort } = watching;
  const next = createReader(api, watching);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = await next();
          if (piece) return controller.enqueue(piece);
        } catch (error) {
          controller.enqueue(watching.frames.error(tooOld(api, error)));
        }
        abort.abort();
        controller.close();
      },
      cancel: () => abort.abort(),
    },
    // Nothing is made before the client reads.
    { highWaterMark: 0 },
  );
}

const tooOld = (api: Api, error: unknown) => {
  if (error instanceof StoreError && error.code === 'compacted') {
    return expired(`too old resource version: ${error.message}`);
  }
  return statusOf(error, api.log, 'watch');
};

/** Bytes for the client, or undefined when the watch is over. */
function createReader(api: Api, watching: Watching): () => Promise<Bytes | undefined> {
  const { events, frames, abort } = watching;
  let sent = 0;
  let pending: ReturnType<Watch['next']> | undefined;
  let bookmarkAt = api.clock.monotonic() + BOOKMARK_INTERVAL_MS;

  async function live(): Promise<Bytes | undefined> {
    for (;;) {
      pending ??= nextOf(events);
      const wait = Math.min(watching.endsAt, watching.bookmarks ? bookmarkAt : Infinity) - api.clock.monotonic();
      const batch = wait <= 0 ? 'time' : await orTimeout(api, pending, wait, abort.signal);
      if (batch === undefined) return undefined;
      if (batch === 'time') {
        const now = api.clock.monotonic();
        if (now >= watching.endsAt) return undefined;
        // A timer may be a moment early.
        if (!watching.bookmarks || now < bookmarkAt) continue;
        bookmarkAt = now + BOOKMARK_INTERVAL_MS;
        return frames.bookmark(events.progress(), false);
      }
      pending = undefined;
      const made = frames.changes(batch);
      if (made.length > 0) return made.length === 1 ? made[0] : concat(made);
    }
  }

  return async () => {
    if (abort.signal.aborted) return undefined;
    if (sent < watching.initial.length) {
      const piece = watching.initial.slice(sent, sent + INITIAL_FRAMES_PER_PIECE);
      sent += piece.length;
      return concat(piece.map(kv => frames.added(kv)));
    }
    watching.initial = [];
    sent = 0;
    if (watching.endMark) {
      watching.endMark = false;
      return frames.bookmark(events.progress(), true);
    }
    return live();
  };
}

/** Rejections are seen by whoever waits; one that comes after the end is nobody's. */
function nextOf(events: Watch): ReturnType<Watch['next']> {
  const next = events.next();
  next.catch(() => {});
  return next;
}

async function orTimeout<T>(
  api: Api,
  promise: Promise<T>,
  ms: number,
  signal: AbortSignal,
): Promise<T | 'time' | undefined> {
  let cancel = () => {};
  const time = new Promise<'time'>(resolve => {
    cancel = api.clock.after(ms, () => resolve('time'), { background: true });
  });
  try {
    return await Promise.race([promise, time]);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    cancel();
  }
}
