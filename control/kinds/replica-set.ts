/**
 * ReplicaSet: keeps a number of equal pods running.
 */
import { equal } from '../machinery/equal.ts';
import { formatLabelSelector, selectorOf } from '../machinery/labels.ts';
import { REPLICA_SETS } from '../machinery/resources.ts';
import { ageColumn, containerColumns, integer, nameColumn, text, wide } from './columns.ts';
import { setPodSpecDefaults } from './defaults.ts';
import { apiObject, filled, optional, type Static } from './schema.ts';
import { dropStatus, isolateStatus } from './status-subresource.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { ReplicaSetSpec, ReplicaSetStatus } from './types/workload.ts';
import { immutableFault, nonNegative } from './validation/faults.ts';
import { podTemplateFaults } from './validation/pod-spec.ts';
import { ownSelectorFaults } from './validation/selector.ts';

const description = 'Keeps a number of equal pods running.';
const schema = apiObject('io.k8s.api.apps.v1.ReplicaSet', description, ObjectMeta, {
  spec: filled(2, ReplicaSetSpec),
  status: optional(3, ReplicaSetStatus),
});

export type ReplicaSet = Static<typeof schema>;

export const replicaSet: Kind<ReplicaSet> = {
  ...REPLICA_SETS,
  singular: 'replicaset',
  listKind: 'ReplicaSetList',
  shortNames: ['rs'],
  categories: ['all'],
  description,
  schema,
  columns: [
    nameColumn,
    integer('Desired', 'Pods that are wanted.', o => o.spec.replicas ?? 0),
    integer('Current', 'Pods there are.', o => o.status?.replicas ?? 0),
    integer('Ready', 'Pods that are ready.', o => o.status?.readyReplicas ?? 0),
    ageColumn,
    ...containerColumns<ReplicaSet>(o => o.spec.template.spec.containers),
    wide(text('Selector', 'Labels of the pods.', o => formatLabelSelector(selectorOf(o.spec.selector)))),
  ],
  allowUnconditionalUpdate: true,
  selectableFields: { 'status.replicas': o => String(o.status?.replicas ?? 0) },
  subresources: {
    status: true,
    scale: {
      get: o => ({
        replicas: o.spec.replicas ?? 0,
        statusReplicas: o.status?.replicas ?? 0,
        selector: formatLabelSelector(selectorOf(o.spec.selector)),
      }),
      set: (o, replicas) => {
        o.spec.replicas = replicas;
      },
    },
  },
  setDefaults: object => setPodSpecDefaults(object.spec.template.spec),
  prepareForCreate: dropStatus,
  prepareForUpdate: isolateStatus,
  validate: ({ spec }) => [
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...ownSelectorFaults(spec.selector, spec.template, 'deployment'),
    ...podTemplateFaults(spec.template),
  ],
  validateUpdate: (next, current, subresource) =>
    subresource !== undefined || equal(next.spec.selector, current.spec.selector)
      ? []
      : [immutableFault('spec.selector', next.spec.selector)],
};
