/**
 * How one object ends: with grace (pods), kept by finalizers, or at once; propagation policies turn into finalizers that the
 * garbage collector works on. Follows apiserver's rest/delete.go and registry/store.go step by step.
 *
 * Always: a repeated deletion can shorten the time left, never lengthen it; finalizers cannot be chosen again once the
 * object is ending.
 */
import type { DeleteOptions } from '../kinds/bodies.ts';
import type { Kind } from '../kinds/strategy.ts';
import { type ApiObject, timestamp } from '../machinery/meta.ts';
import { badRequest, conflict, invalid } from '../machinery/status.ts';
import type { KeyValue } from '../store/store.ts';
import type { Api } from './api.ts';
import { dryRunOf } from './dry-run.ts';
import { markEnding } from './metadata.ts';
import { change, remove } from './write.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

export interface Ended {
  kv: KeyValue;
  removed: boolean;
}

/** `options` are checked already; rejects with NotFound or Conflict. */
export async function deleteOne(
  api: Api,
  kind: Kind,
  key: { namespace?: string; name: string },
  options: DeleteOptions,
  admit: (object: Readonly<ApiObject>) => Promise<void>,
): Promise<Ended> {
  const dryRun = options.dryRun?.includes('All') === true;
  for (;;) {
    let atOnce: KeyValue | undefined;
    // One reading decides: either the object is marked (a change like any other), or it is removed as it was read.
    const marked = await change(dryRun ? dryRunOf(api) : api, kind, key, async (current, kv) => {
      checkPreconditions(kind, current, options);
      await admit(current);
      const plan = planDeletion(kind, api.objects.read(kv), options, api.clock.now());
      atOnce = plan === 'remove' ? kv : undefined;
      return plan === 'remove' ? (current as ApiObject) : plan;
    });
    if (marked.removed || !atOnce) return marked;
    if (dryRun) return { kv: atOnce, removed: true };
    const removed = await remove(api, kind, atOnce);
    if (removed) return { kv: removed, removed: true };
  }
}

/** The object as it is to be stored, or `remove`. */
function planDeletion(kind: Kind, object: ApiObject, options: DeleteOptions, now: number): ApiObject | 'remove' {
  const { metadata } = object;
  const grace = graceOf(kind, object, options, now);
  if (grace === 'pending') return object;
  const finalizers = finalizersAfter(metadata.finalizers ?? [], options);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const kept = finalizers.length > 0 || kind.holdDeletion?.(object) === true;
  if (kept && grace === 'none') markEnding(object, now);
  return kept || (grace !== 'none' && grace > 0) ? object : 'remove';
}

/**
 * Seconds that the object gets, marked on it; `none` when nothing is left to wait for, `pending` when it is ending already and
 * this request changes nothing.
 */
function graceOf(kind: Kind, object: ApiObject, options: DeleteOptions, now: number): number | 'none' | 'pending' {
  const { metadata } = object;
  if (!kind.gracePeriodSeconds) return 'none';
  if (metadata.deletionTimestamp !== undefined) {
    const left = metadata.deletionGracePeriodSeconds ?? 0;
    const asked = options.gracePeriodSeconds;
    if (left === 0) return 'none';
    if (asked === undefined || asked >= left) return 'pending';
    const begun = Date.parse(metadata.deletionTimestamp) - left * 1000;
    metadata.deletionTimestamp = timestamp(begun + asked * 1000);
    metadata.deletionGracePeriodSeconds = asked;
    return asked;
  }
  const grace = kind.gracePeriodSeconds(object, options.gracePeriodSeconds);
  metadata.deletionTimestamp = timestamp(now + grace * 1000);
  metadata.deletionGracePeriodSeconds = grace;
  if (metadata.generation) metadata.generation++;
  return grace;
}

function finalizersAfter(finalizers: readonly string[], options: DeleteOptions): string[] {
  const others = finalizers.filter(f => f !== ORPHAN && f !== FOREGROUND);
  const policy =
    policyOf(options) ??
    (finalizers.includes(ORPHAN) ? 'Orphan' : finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background');
  if (policy === 'Orphan') return [...others, ORPHAN];
  if (policy === 'Foreground') return [...others, FOREGROUND];
  return others;
}

function policyOf({ orphanDependents, propagationPolicy }: DeleteOptions): string | undefined {
  if (orphanDependents !== undefined) return orphanDependents ? 'Orphan' : 'Background';
  return propagationPolicy;
}

function checkPreconditions(kind: Kind, { metadata }: Readonly<ApiObject>, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      kind,
      metadata.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`;
    throw conflict(kind, metadata.name, why);
  }
}

/** What a client asked for, from the body or (without one) the query. */
export function checkDeleteOptions(options: DeleteOptions): DeleteOptions {
  const refuse = (field: string, message: string) =>
    invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [{ reason: 'FieldValueInvalid', message, field }]);
  const { propagationPolicy: policy, orphanDependents, dryRun } = options;
  if (policy !== undefined && orphanDependents !== undefined) {
    throw refuse(
      'propagationPolicy',
      `Invalid value: "${policy}": orphanDependents and deletionPropagation cannot be both set`,
    );
  }
  if (policy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(policy)) {
    throw refuse(
      'propagationPolicy',
      `Unsupported value: "${policy}": supported values: "Background", "Foreground", "Orphan"`,
    );
  }
  if (dryRun?.some(value => value !== 'All'))
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(dryRun[0])}: supported values: "All"`);
  if (options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < 0) options.gracePeriodSeconds = 1;
  return options;
}
