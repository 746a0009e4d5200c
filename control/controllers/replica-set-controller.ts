/** Runs planReplicaSet: queues sets when they or their pods change, and performs what is planned, gently at first. */
import type { Pod } from '../kinds/pod.ts';
import type { ReplicaSet } from '../kinds/replica-set.ts';
import { conditionOf } from '../machinery/conditions.ts';
import { matchesLabels, selectorOf } from '../machinery/labels.ts';
import { controllerOf, keyText } from '../machinery/meta.ts';
import { isReason } from '../machinery/status.ts';
import { type Create, type Delete, isNamespaceEnding, performOne } from './actions.ts';
import type { Context, Controller, ControllerParts } from './controller.ts';
import { createExpectations, type Expectations } from './expectations.ts';
import { planReplicaSet, type ReplicaSetPlan, type ReplicaSetWorld } from './replica-set.ts';

export function replicaSetController(context: Context): Controller {
  return {
    name: 'replicaset-controller',
    concurrency: 5,
    setUp(parts) {
      const { informers, clock } = context;
      const sets = informers.replicaSets();
      const pods = informers.pods();
      const expectations = createExpectations(clock);
      sets.onChange((old, set) => {
        const key = keyText((set ?? old!).metadata);
        if (!set) expectations.forget(key);
        parts.queue.add(key);
      });
      pods.onChange((old, pod) => queueOwners(context, parts, expectations, old, pod));
      return {
        synced: [sets.synced, pods.synced],
        reconcile: async key => {
          const set = sets.store.get(key);
          if (!set || !expectations.satisfied(key)) return;
          await reconcile(context, parts, expectations, key, lookAround(context, set));
        },
      };
    },
  };
}

async function reconcile(
  context: Context,
  parts: ControllerParts,
  expectations: Expectations,
  key: string,
  world: ReplicaSetWorld,
): Promise<void> {
  const plan = planReplicaSet(world);
  await parts.perform(plan.claims);
  const failure = await scale(context, parts, expectations, key, plan);
  await parts.perform(
    failure || hadFailure(world.set) ? planReplicaSet({ ...world, failure: failure?.told }).status : plan.status,
  );
  if (plan.againAfterMs !== undefined) parts.queue.addAfter(key, plan.againAfterMs);
  if (failure) throw failure.error;
}

const hadFailure = (set: ReplicaSet): boolean => conditionOf(set.status?.conditions, 'ReplicaFailure') !== undefined;

function lookAround({ informers, clock }: Context, set: ReplicaSet): ReplicaSetWorld {
  const { store } = informers.pods();
  const own = store.byIndex('controller', set.metadata.uid!);
  const pods = [...own, ...store.byIndex('orphan', set.metadata.namespace ?? '')];
  const owner = controllerOf(set);
  const siblings = owner ? informers.replicaSets().store.byIndex('controller', owner.uid) : [set];
  const related = siblings.flatMap(({ metadata }) => store.byIndex('controller', metadata.uid!));
  return { set, pods, related, now: clock.now() };
}

/** Creates one, then two, then four…: when each creation fails (quota, a webhook), the API hears few of them. */
async function scale(
  { client }: Context,
  { record, signal }: ControllerParts,
  expectations: Expectations,
  key: string,
  { creations, deletions }: ReplicaSetPlan,
) {
  if (creations.length + deletions.length === 0) return undefined;
  const performer = { client, record, signal };
  const create = async (action: Create) => {
    const pod = await performOne(action, performer);
    if (pod?.metadata.uid) expectations.created(key, pod.metadata.uid);
  };
  const remove = async (action: Delete) => {
    expectations.deleting(key, action.uid);
    await performOne(action, performer).catch(error => {
      expectations.cancelDeleting(key, action.uid);
      throw error;
    });
  };
  expectations.begin(key);
  const createError = await slowStart(creations, create);
  const error = createError ?? (await slowStart(deletions, remove));
  expectations.end(key);
  if (error === undefined || signal.aborted || isReason(error, 'NotFound') || isNamespaceEnding(error))
    return undefined;
  const reason = createError === undefined ? ('FailedDelete' as const) : ('FailedCreate' as const);
  return { error, told: { reason, message: error instanceof Error ? error.message : String(error) } };
}

/** Stops at the first batch with a failure and returns it. */
async function slowStart<T>(actions: readonly T[], perform: (action: T) => Promise<void>): Promise<unknown> {
  for (let at = 0, batch = 1; at < actions.length; at += batch / 2) {
    const results = await Promise.allSettled(actions.slice(at, at + batch).map(perform));
    const failed = results.find(result => result.status === 'rejected');
    if (failed) return failed.reason;
    batch *= 2;
  }
  return undefined;
}

/** Wakes the set that a pod belongs to, or could belong to. */
function queueOwners(
  { informers }: Context,
  { queue }: ControllerParts,
  expectations: Expectations,
  old: Pod | undefined,
  pod: Pod | undefined,
): void {
  const either = pod ?? old!;
  for (const object of [old, pod]) {
    const owner = object && controllerOf(object);
    if (owner?.kind !== 'ReplicaSet') continue;
    const key = keyText({ namespace: either.metadata.namespace, name: owner.name });
    if (!pod || pod.metadata.deletionTimestamp) expectations.sawEnd(key, either.metadata.uid!);
    else expectations.sawPod(key, either.metadata.uid!);
    queue.add(key);
  }
  if (!pod || controllerOf(pod)) return;
  for (const set of informers.replicaSets().store.byIndex('namespace', pod.metadata.namespace ?? ''))
    if (matchesLabels(selectorOf(set.spec.selector), pod.metadata.labels)) queue.add(keyText(set.metadata));
}
