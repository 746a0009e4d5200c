/**
 * Deployment: keeps a number of equal pods running and replaces them step by step when their template changes.
 */
import { equal } from '../machinery/equal.ts';
import { formatLabelSelector, selectorOf } from '../machinery/labels.ts';
import { DEPLOYMENTS } from '../machinery/resources.ts';
import type { Cause } from '../machinery/status.ts';
import { ageColumn, containerColumns, integer, nameColumn, text, wide } from './columns.ts';
import { setPodSpecDefaults } from './defaults.ts';
import { apiObject, filled, optional, type Static } from './schema.ts';
import { dropStatus, isolateStatus } from './status-subresource.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { DeploymentSpec, DeploymentStatus, type DeploymentStrategy } from './types/workload.ts';
import { forbiddenFault, immutableFault, invalidFault, nonNegative } from './validation/faults.ts';
import { podTemplateFaults } from './validation/pod-spec.ts';
import { ownSelectorFaults } from './validation/selector.ts';
import { isNothing, numberOrPercentFaults, percentOf } from './validation/workload.ts';

const description = 'Keeps a number of equal pods running and replaces them step by step when their template changes.';
const schema = apiObject('io.k8s.api.apps.v1.Deployment', description, ObjectMeta, {
  spec: filled(2, DeploymentSpec),
  status: optional(3, DeploymentStatus),
});

export type Deployment = Static<typeof schema>;

export const deployment: Kind<Deployment> = {
  ...DEPLOYMENTS,
  singular: 'deployment',
  listKind: 'DeploymentList',
  shortNames: ['deploy'],
  categories: ['all'],
  description,
  schema,
  columns: [
    nameColumn,
    text(
      'Ready',
      'Pods that are ready, and pods that are wanted.',
      o => `${o.status?.readyReplicas ?? 0}/${o.spec.replicas ?? 0}`,
    ),
    integer('Up-to-date', 'Pods of the newest template.', o => o.status?.updatedReplicas ?? 0),
    integer('Available', 'Pods that have been ready for long enough.', o => o.status?.availableReplicas ?? 0),
    ageColumn,
    ...containerColumns<Deployment>(o => o.spec.template.spec.containers),
    wide(text('Selector', 'Labels of the pods.', o => formatLabelSelector(selectorOf(o.spec.selector)))),
  ],
  allowUnconditionalUpdate: true,
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
  setDefaults(object) {
    const { strategy, template } = object.spec;
    if (strategy.type === 'RollingUpdate')
      strategy.rollingUpdate = { maxSurge: '25%', maxUnavailable: '25%', ...strategy.rollingUpdate };
    setPodSpecDefaults(template.spec);
  },
  prepareForCreate: dropStatus,
  prepareForUpdate: isolateStatus,
  validate: object => specFaults(object.spec),
  validateUpdate: (next, current, subresource) =>
    subresource !== undefined || equal(next.spec.selector, current.spec.selector)
      ? []
      : [immutableFault('spec.selector', next.spec.selector)],
};

function specFaults(spec: DeploymentSpec): Cause[] {
  const faults = [
    ...nonNegative('spec.replicas', spec.replicas),
    ...ownSelectorFaults(spec.selector, spec.template, 'deployment'),
    ...podTemplateFaults(spec.template),
    ...strategyFaults(spec.strategy),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ];
  const deadline = spec.progressDeadlineSeconds;
  if (deadline === undefined) return faults;
  faults.push(...nonNegative('spec.progressDeadlineSeconds', deadline));
  if (deadline <= (spec.minReadySeconds ?? 0)) {
    faults.push(invalidFault('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return faults;
}

function strategyFaults({ type, rollingUpdate }: DeploymentStrategy): Cause[] {
  const field = 'spec.strategy.rollingUpdate';
  if (rollingUpdate === undefined) return [];
  if (type === 'Recreate') {
    return [forbiddenFault(field, "may not be specified when strategy `type` is 'Recreate'")];
  }
  const { maxSurge, maxUnavailable } = rollingUpdate;
  const faults = [
    ...numberOrPercentFaults(`${field}.maxUnavailable`, maxUnavailable),
    ...numberOrPercentFaults(`${field}.maxSurge`, maxSurge),
  ];
  if (isNothing(maxSurge) && isNothing(maxUnavailable)) {
    faults.push(invalidFault(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  if (percentOf(maxUnavailable) > 100) {
    faults.push(invalidFault(`${field}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'));
  }
  return faults;
}
