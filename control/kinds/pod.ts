/**
 * Pod: containers that run together on one node and share its network address.
 */
import { equal } from '../machinery/equal.ts';
import { PODS } from '../machinery/resources.ts';
import type { Cause } from '../machinery/status.ts';
import { allContainers, requestWhatIsLimited, setPodSpecDefaults } from './defaults.ts';
import { podColumns } from './pod-columns.ts';
import { qosClassOf } from './quality-of-service.ts';
import { apiObject, filled, optional, type Static } from './schema.ts';
import { isolateStatus } from './status-subresource.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { PodSpec } from './types/pod-spec.ts';
import { PodStatus } from './types/pod-status.ts';
import { forbiddenFault } from './validation/faults.ts';
import { podSpecFaults } from './validation/pod-spec.ts';

const description = 'Containers that run together on one node and share its network address.';
const schema = apiObject('io.k8s.api.core.v1.Pod', description, ObjectMeta, {
  spec: filled(2, PodSpec),
  status: optional(3, PodStatus),
});

export type Pod = Static<typeof schema>;

export const pod: Kind<Pod> = {
  ...PODS,
  singular: 'pod',
  listKind: 'PodList',
  shortNames: ['po'],
  categories: ['all'],
  description,
  schema,
  columns: podColumns,
  allowUnconditionalUpdate: true,
  selectableFields: {
    'spec.nodeName': o => o.spec.nodeName ?? '',
    'spec.restartPolicy': o => o.spec.restartPolicy ?? '',
    'spec.schedulerName': o => o.spec.schedulerName ?? '',
    'spec.serviceAccountName': o => o.spec.serviceAccountName ?? '',
    'spec.hostNetwork': o => String(o.spec.hostNetwork === true),
    'status.phase': o => o.status?.phase ?? '',
    'status.podIP': o => o.status?.podIP ?? '',
    'status.podIPs': o => o.status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': o => o.status?.nominatedNodeName ?? '',
  },
  subresources: {
    status: true,
    others: [
      { name: 'binding', kind: 'Binding', verbs: ['create'] },
      { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
      { name: 'log', kind: 'Pod', verbs: ['get'] },
    ],
  },
  setDefaults(object) {
    object.spec.enableServiceLinks ??= true;
    setPodSpecDefaults(object.spec);
    requestWhatIsLimited(object.spec);
  },
  prepareForCreate(object) {
    object.status = { phase: 'Pending', qosClass: qosClassOf(object.spec) };
  },
  prepareForUpdate(next, current, subresource) {
    isolateStatus(next, current, subresource);
    // Whoever reports on a pod must not make it another's to delete.
    if (subresource === 'status') next.metadata.ownerReferences = current.metadata.ownerReferences;
  },
  validate: object => podSpecFaults('spec', object.spec),
  validateUpdate: (next, current, subresource) =>
    subresource === undefined ? frozenFaults(next.spec, current.spec) : [],
  gracePeriodSeconds(object, requested) {
    // Nothing runs yet, or nothing runs any more: there is nobody to wait for.
    if (!object.spec.nodeName || object.status?.phase === 'Failed' || object.status?.phase === 'Succeeded') return 0;
    const seconds = requested ?? object.spec.terminationGracePeriodSeconds ?? 30;
    return seconds < 0 ? 1 : seconds;
  },
};

const FROZEN =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** A pod is what it was made as, but for a few fields. */
function frozenFaults(next: PodSpec, current: PodSpec): Cause[] {
  if (allContainers(next).length !== allContainers(current).length) {
    return [forbiddenFault('spec.containers', 'pod updates may not add or remove containers')];
  }
  const removed = (current.tolerations ?? []).some(old => !next.tolerations?.some(kept => equal(kept, old)));
  const gates = (next.schedulingGates ?? []).filter(
    gate => !current.schedulingGates?.some(old => old.name === gate.name),
  );
  const changed = Object.keys({ ...next, ...current }).filter(
    part => !MUTABLE.includes(part) && !equal(frozen(next, part), frozen(current, part)),
  );
  if (removed) changed.push('tolerations');
  if (gates.length > 0) changed.push('schedulingGates');
  return changed.length === 0 ? [] : [forbiddenFault('spec', `${FROZEN}\n  changed: ${changed.join(', ')}\n`)];
}

const MUTABLE = ['activeDeadlineSeconds', 'tolerations', 'schedulingGates'];

/** What may not change of a part of the spec: of containers all but their image. */
function frozen(spec: PodSpec, part: string): unknown {
  const value = spec[part as keyof PodSpec];
  if (part !== 'containers' && part !== 'initContainers') return value;
  return spec[part]?.map(container => ({ ...container, image: '' }));
}
