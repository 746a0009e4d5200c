/**
 * Parts of kinds that have few of their own.
 */
import {
  array,
  enumeration,
  int32,
  map,
  microTime,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
  time,
} from '../schema.ts';
import { Toleration } from './affinity.ts';
import { ConditionStatus, ResourceList } from './atoms.ts';

export const NamespaceSpec = object('io.k8s.api.core.v1.NamespaceSpec', 'What keeps a namespace from being removed.', {
  finalizers: optional(1, array(string(), { type: 'atomic' }), 'Names that must be removed before the namespace goes.'),
});
export type NamespaceSpec = Static<typeof NamespaceSpec>;

const NamespaceCondition = object(
  'io.k8s.api.core.v1.NamespaceCondition',
  "One observed aspect of a namespace's state.",
  {
    type: required(1, string()),
    status: required(2, ConditionStatus),
    lastTransitionTime: optional(4, time()),
    reason: optional(5, string()),
    message: optional(6, string()),
  },
);

export type NamespaceCondition = Static<typeof NamespaceCondition>;

export const NamespaceStatus = object(
  'io.k8s.api.core.v1.NamespaceStatus',
  'Whether the namespace is active or being emptied.',
  {
    phase: optional(1, enumeration('Active', 'Terminating'), 'Active or Terminating.'),
    conditions: optional(2, array(NamespaceCondition, { mergeKey: 'type', keys: ['type'] })),
  },
);
export type NamespaceStatus = Static<typeof NamespaceStatus>;

export const EventSource = object('io.k8s.api.core.v1.EventSource', 'Who reported an event.', {
  component: optional(1, string()),
  host: optional(2, string()),
});
export type EventSource = Static<typeof EventSource>;

export const EventSeries = object('io.k8s.api.core.v1.EventSeries', 'How often and when an event last happened.', {
  count: optional(1, int32()),
  lastObservedTime: optional(2, microTime()),
});
export type EventSeries = Static<typeof EventSeries>;

export const LeaseSpec = object('io.k8s.api.coordination.v1.LeaseSpec', 'Who holds the lease and until when.', {
  holderIdentity: pointer(1, string(), 'Who holds the lease.'),
  leaseDurationSeconds: pointer(2, int32(), 'Seconds after the last renewal at which others may take it.'),
  acquireTime: pointer(3, microTime(), 'When it was taken.'),
  renewTime: pointer(4, microTime(), 'When it was last renewed.'),
  leaseTransitions: pointer(5, int32(), 'How often it changed hands.'),
  strategy: pointer(6, string()),
  preferredHolder: pointer(7, string()),
});
export type LeaseSpec = Static<typeof LeaseSpec>;

export const Overhead = object('io.k8s.api.node.v1.Overhead', 'What running a pod costs beyond its containers.', {
  podFixed: optional(1, ResourceList),
});
export type Overhead = Static<typeof Overhead>;

export const Scheduling = object('io.k8s.api.node.v1.Scheduling', 'Which nodes have this runtime.', {
  nodeSelector: optional(1, map(string(), { atomic: true })),
  tolerations: optional(2, array(Toleration, { type: 'atomic' })),
});
export type Scheduling = Static<typeof Scheduling>;

export const ScaleSpec = object('io.k8s.api.autoscaling.v1.ScaleSpec', 'The wanted number of replicas.', {
  replicas: optional(1, int32()),
});
export type ScaleSpec = Static<typeof ScaleSpec>;

export const ScaleStatus = object(
  'io.k8s.api.autoscaling.v1.ScaleStatus',
  'The number of replicas there are, and which pods they are.',
  {
    replicas: required(1, int32()),
    selector: optional(2, string()),
  },
);
export type ScaleStatus = Static<typeof ScaleStatus>;
