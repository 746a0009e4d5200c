/**
 * Keeps a copy of a collection current: lists it once, then follows the watch from that resourceVersion, resuming where a
 * cut stream stopped, listing again only when the server has forgotten that far back (410).
 *
 * Always: `replace` comes first; between two replaces every change arrives once and in order; runs until the signal.
 */

import type { Log } from '../machinery/log.ts';
import type { ApiObject, Resource } from '../machinery/meta.ts';
import { isReason } from '../machinery/status.ts';
import type { Clock, Dice } from '../platform/types.ts';
import { createBackoff } from './backoff.ts';
import type { Client } from './client.ts';
import { errorFromEvent } from './errors.ts';

const PAGE_ITEMS = 500;
const BACKOFF_INITIAL_MS = 200;
const BACKOFF_MAX_MS = 10_000;
/** The server ends a watch after this long (up to twice), so that a stream that died unseen does not stay dead for ever. */
const WATCH_SECONDS = 300;
/** A watch that ended sooner than this counts as failed. */
const WATCH_SHORT_MS = 1_000;

export interface ListWatchOptions {
  client: Client;
  resource: Resource;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  clock: Clock;
  dice: Dice;
  log?: Log;
  signal: AbortSignal;
}

export interface ListWatchSink<T> {
  replace(items: T[]): void;
  change(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void;
}

export async function listWatch<T extends ApiObject>(options: ListWatchOptions, sink: ListWatchSink<T>): Promise<void> {
  const { clock, dice, signal } = options;
  const backoff = createBackoff({ initialMs: BACKOFF_INITIAL_MS, maxMs: BACKOFF_MAX_MS, dice });
  let version: string | undefined;
  while (!signal.aborted) {
    const began = clock.monotonic();
    try {
      version ??= await listAll(options, sink);
      await followWatch(options, sink, version, seen => {
        version = seen;
        backoff.reset();
      });
      if (clock.monotonic() - began >= WATCH_SHORT_MS) continue;
    } catch (error) {
      if (signal.aborted) return;
      if (isReason(error, 'Expired', 'Gone')) version = undefined;
      else options.log?.('debug', `watch of ${options.resource.resource} was cut`, { error: String(error) });
    }
    await clock.sleep(backoff.next(), signal).catch(() => {});
  }
}

async function listAll<T extends ApiObject>(options: ListWatchOptions, sink: ListWatchSink<T>): Promise<string> {
  const { client, resource, namespace, labelSelector, fieldSelector, signal } = options;
  const items: T[] = [];
  let from: string | undefined;
  for (;;) {
    const query = { namespace, labelSelector, fieldSelector, limit: PAGE_ITEMS, continue: from, signal };
    const page = await client.list<T>(resource, query);
    // Items of a list may come without their type: it is said once, for all of them.
    for (const item of page.items) {
      item.kind ??= resource.kind;
      item.apiVersion ??= page.apiVersion;
      items.push(item);
    }
    from = page.metadata.continue;
    if (!from) {
      sink.replace(items);
      return page.metadata.resourceVersion ?? '';
    }
  }
}

async function followWatch<T extends ApiObject>(
  options: ListWatchOptions,
  sink: ListWatchSink<T>,
  resourceVersion: string,
  progress: (resourceVersion: string) => void,
): Promise<void> {
  const { client, resource, namespace, labelSelector, fieldSelector, signal, dice } = options;
  const timeoutSeconds = Math.ceil(WATCH_SECONDS * (1 + dice.random()));
  const query = { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, signal };
  for await (const event of client.watch<T>(resource, query)) {
    if (event.type === 'ERROR') throw errorFromEvent(event.object);
    if (event.type !== 'BOOKMARK') sink.change(event.type, event.object);
    if (event.object.metadata.resourceVersion) progress(event.object.metadata.resourceVersion);
  }
}
