/**
 * POST pods/NAME/binding: ties a pod to a node, once. This is the scheduler's only way to do so; a pod that is ending or
 * bound already is refused.
 */
import { binding } from '../../kinds/bodies.ts';
import { type ApiObject, timestamp } from '../../machinery/meta.ts';
import { badRequest, conflict } from '../../machinery/status.ts';
import type { Verb } from '../api.ts';
import { decodeRequest, isDryRun } from '../decode.ts';
import { dryRunOf } from '../dry-run.ts';
import { success } from '../errors.ts';
import { respondValue } from '../respond.ts';
import { change } from '../write.ts';

interface Pod extends ApiObject {
  spec: { nodeName?: string; schedulingGates?: unknown[] };
  status?: { conditions?: { type: string; status: string; lastProbeTime?: null; lastTransitionTime?: string }[] };
}

export const bind: Verb = async (api, c, kind) => {
  const info = c.get('info');
  const { object } = await decodeRequest(c, binding);
  const { name: node } = object.target;
  const { uid, annotations, labels } = object.metadata;
  if (!node) throw badRequest('binding: target.name: Required value');
  const dryRun = isDryRun(c.get('query'));
  const refuse = (why: string) => conflict({ group: '', resource: 'pods/binding' }, info.name, why);
  await change(dryRun ? dryRunOf(api) : api, kind, info, (current, kv) => {
    const { metadata, spec } = current as Pod;
    if (uid && uid !== metadata.uid) {
      throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
    }
    if (metadata.deletionTimestamp !== undefined) {
      throw refuse(`pod ${info.name} is being deleted, cannot be assigned to a host`);
    }
    if (spec.nodeName) throw refuse(`pod ${info.name} is already assigned to node "${spec.nodeName}"`);
    if (spec.schedulingGates?.length) throw refuse(`pod ${info.name} has non-empty .spec.schedulingGates`);
    const next = api.objects.read(kv) as Pod;
    next.spec.nodeName = node;
    if (annotations) next.metadata.annotations = { ...next.metadata.annotations, ...annotations };
    if (labels) next.metadata.labels = { ...next.metadata.labels, ...labels };
    markScheduled(next, timestamp(api.clock.now()));
    return next;
  });
  return respondValue(c, 201, success(undefined, 201));
};

function markScheduled(pod: Pod, now: string): void {
  pod.status ??= {};
  const others = (pod.status.conditions ?? []).filter(condition => condition.type !== 'PodScheduled');
  pod.status.conditions = [...others, { type: 'PodScheduled', status: 'True', lastTransitionTime: now }];
}
