/**
 * Every change of a stored object goes through here: insert, change (read, compute, compare and swap, again when somebody
 * was faster), remove. Unique values of the cluster (service addresses) are claimed and released in the same transaction.
 *
 * Always: a change that changes nothing is not written, so the resourceVersion stays; an object whose last finalizer went
 * while it was ending is removed by the very change that took the finalizer.
 */
import type { Kind } from '../kinds/strategy.ts';
import type { ApiObject } from '../machinery/meta.ts';
import { alreadyExists, conflict, notFound, OBJECT_MODIFIED } from '../machinery/status.ts';
import type { Compare, KeyValue, Write } from '../store/store.ts';
import type { Allocator } from './allocation.ts';
import type { Api } from './api.ts';
import { claimKey, objectKey } from './objects.ts';

/** How often a change is computed again because another one came first. */
const CHANGE_ATTEMPTS_MAX = 8;
/** Candidates for an address tried before the range counts as full. */
const ALLOCATION_ATTEMPTS_MAX = 64;

export async function insert(api: Api, kind: Kind, object: ApiObject): Promise<KeyValue> {
  const key = objectKey(kind, object.metadata);
  const compare = { key, modRevision: 0 };
  const stored = await writeClaiming(api, kind, { key, object, previous: undefined, compare });
  if (!stored) throw alreadyExists(kind, object.metadata.name);
  return stored;
}

export interface Changed {
  kv: KeyValue;
  /** Removed by this change; `kv` is then its last state, at the revision of the removal. */
  removed: boolean;
}

/** `current` is shared and not to be changed; `api.objects.read(kv)` gives one that may be. */
export type Compute = (current: Readonly<ApiObject>, kv: KeyValue) => Promise<ApiObject> | ApiObject;

export async function change(api: Api, kind: Kind, name: Named, compute: Compute): Promise<Changed> {
  const key = objectKey(kind, name);
  for (let attempt = 0; attempt < CHANGE_ATTEMPTS_MAX; attempt++) {
    const kv = await api.store.get(key);
    if (!kv) throw notFound(kind, name.name);
    const previous = api.objects.peek(kv);
    const next = await compute(previous, kv);
    if (isEnded(kind, next, previous)) {
      const removed = await remove(api, kind, kv, next);
      if (removed) return { kv: removed, removed: true };
      continue;
    }
    const stored = await store(api, kind, kv, previous, next);
    if (stored) return { kv: stored, removed: false };
  }
  throw conflict(kind, name.name, OBJECT_MODIFIED);
}

interface Named {
  namespace?: string;
  name: string;
}

const isEnded = (kind: Kind, next: ApiObject, previous: Readonly<ApiObject>): boolean =>
  previous.metadata.deletionTimestamp !== undefined &&
  (previous.metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
  !next.metadata.finalizers?.length &&
  kind.holdDeletion?.(next) !== true;

/** Undefined when somebody else changed the object first. */
async function store(
  api: Api,
  kind: Kind,
  kv: KeyValue,
  previous: Readonly<ApiObject>,
  object: ApiObject,
): Promise<KeyValue | undefined> {
  if (object === previous || sameBytes(api.objects.encode(object), kv.value)) return kv;
  return writeClaiming(api, kind, {
    key: kv.key,
    object,
    previous,
    compare: { key: kv.key, modRevision: kv.modRevision },
    createRevision: kv.createRevision,
  });
}

/** Undefined when the object was changed since `kv`. `last` is what watchers see; its finalizers are gone. */
export async function remove(api: Api, kind: Kind, kv: KeyValue, last?: ApiObject): Promise<KeyValue | undefined> {
  const object = api.objects.peek(kv) as ApiObject;
  const writes: Write[] = [{ type: 'delete', key: kv.key }];
  for (const claim of kind.claims?.(object) ?? []) writes.push({ type: 'delete', key: claimKey(claim) });
  const result = await api.store.txn([{ key: kv.key, modRevision: kv.modRevision }], writes);
  if (!result.succeeded) return undefined;
  return { ...kv, value: last ? api.objects.encode(last) : kv.value, modRevision: result.revision };
}

interface Writing {
  key: string;
  object: ApiObject;
  previous: Readonly<ApiObject> | undefined;
  compare: Compare;
  createRevision?: number;
}

/** Tries addresses until one is free. Undefined when `compare` did not hold. */
async function writeClaiming(api: Api, kind: Kind, writing: Writing): Promise<KeyValue | undefined> {
  const { key, object, previous, compare } = writing;
  const allocator = api.allocatorOf(kind);
  const held = new Set(previous ? kind.claims?.(previous as ApiObject) : undefined);
  for (let attempt = 0; attempt < ALLOCATION_ATTEMPTS_MAX; attempt++) {
    const given = allocator && new Set(kind.claims?.(object));
    const undo = allocator?.fill(object, api.dice.random);
    const wanted = kind.claims?.(object) ?? [];
    const fresh = wanted.filter(claim => !held.has(claim));
    const unfit = fresh.filter(claim => allocator?.fits(claim) === false);
    if (unfit.length > 0) throw refuse(allocator, kind, object, unfit);
    const value = api.objects.encode(object);
    const result = await api.store.txn(
      [compare, ...fresh.map(claim => ({ key: claimKey(claim), modRevision: 0 }))],
      [{ type: 'put', key, value }, ...claimWrites(fresh, held, wanted, key)],
    );
    if (result.succeeded) return written(api, writing, value, result.revision);
    if ((result.current[0]?.modRevision ?? 0) !== compare.modRevision) return undefined;
    const taken = fresh.filter((_, i) => result.current[i + 1] !== undefined);
    const refused = taken.filter(claim => given?.has(claim) !== false);
    if (refused.length > 0) throw refuse(allocator, kind, object, refused);
    undo?.();
  }
  throw allocator!.exhausted();
}

function refuse(allocator: Allocator | undefined, kind: Kind, object: ApiObject, taken: string[]) {
  if (allocator) return allocator.refuse(kind, object, taken);
  return conflict(kind, object.metadata.name, `already taken: ${taken.join(', ')}`);
}

function claimWrites(fresh: string[], held: ReadonlySet<string>, wanted: string[], owner: string): Write[] {
  if (fresh.length === 0 && held.size === 0) return [];
  const value = new TextEncoder().encode(owner);
  const kept = new Set(wanted);
  return [
    ...fresh.map((claim): Write => ({ type: 'put', key: claimKey(claim), value })),
    ...[...held].filter(claim => !kept.has(claim)).map((claim): Write => ({ type: 'delete', key: claimKey(claim) })),
  ];
}

function written(api: Api, { key, object, createRevision }: Writing, value: Uint8Array, revision: number): KeyValue {
  object.metadata.resourceVersion = String(revision);
  api.objects.remember(key, revision, object);
  return { key, value, modRevision: revision, createRevision: createRevision ?? revision };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false;
  return true;
}
