/**
 * Where a pod may or would like to run: node affinity, pod affinity, tolerations, spreading.
 */
import {
  array,
  enumeration,
  int32,
  int64,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
} from '../schema.ts';
import { TaintEffect } from './atoms.ts';
import { LabelSelector } from './selector.ts';

export const NodeSelectorRequirement = object(
  'io.k8s.api.core.v1.NodeSelectorRequirement',
  "One condition on a node's label or field.",
  {
    key: required(1, string()),
    operator: required(2, enumeration('DoesNotExist', 'Exists', 'Gt', 'In', 'Lt', 'NotIn')),
    values: optional(3, array(string(), { type: 'atomic' })),
  },
);
export type NodeSelectorRequirement = Static<typeof NodeSelectorRequirement>;

export const NodeSelectorTerm = object(
  'io.k8s.api.core.v1.NodeSelectorTerm',
  'Conditions that must all match the node.',
  {
    matchExpressions: optional(1, array(NodeSelectorRequirement, { type: 'atomic' })),
    matchFields: optional(2, array(NodeSelectorRequirement, { type: 'atomic' })),
  },
  { atomic: true },
);
export type NodeSelectorTerm = Static<typeof NodeSelectorTerm>;

const NodeSelector = object(
  'io.k8s.api.core.v1.NodeSelector',
  'Alternatives of which one must match the node.',
  {
    nodeSelectorTerms: required(1, array(NodeSelectorTerm, { type: 'atomic' })),
  },
  { atomic: true },
);

const PreferredSchedulingTerm = object(
  'io.k8s.api.core.v1.PreferredSchedulingTerm',
  'A wish about nodes, with its weight.',
  {
    weight: required(1, int32()),
    preference: required(2, NodeSelectorTerm),
  },
);

const NodeAffinity = object('io.k8s.api.core.v1.NodeAffinity', 'Rules about the nodes a pod may run on.', {
  requiredDuringSchedulingIgnoredDuringExecution: pointer(1, NodeSelector),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, array(PreferredSchedulingTerm, { type: 'atomic' })),
});

export const PodAffinityTerm = object('io.k8s.api.core.v1.PodAffinityTerm', 'Which pods, and what counts as near.', {
  labelSelector: pointer(1, LabelSelector),
  namespaces: optional(2, array(string(), { type: 'atomic' })),
  topologyKey: required(3, string()),
  namespaceSelector: pointer(4, LabelSelector),
  matchLabelKeys: optional(5, array(string(), { type: 'atomic' })),
  mismatchLabelKeys: optional(6, array(string(), { type: 'atomic' })),
});
export type PodAffinityTerm = Static<typeof PodAffinityTerm>;

export const WeightedPodAffinityTerm = object(
  'io.k8s.api.core.v1.WeightedPodAffinityTerm',
  'A wish about neighbours, with its weight.',
  {
    weight: required(1, int32()),
    podAffinityTerm: required(2, PodAffinityTerm),
  },
);
export type WeightedPodAffinityTerm = Static<typeof WeightedPodAffinityTerm>;

const PodAffinity = object('io.k8s.api.core.v1.PodAffinity', 'Rules about being near other pods.', {
  requiredDuringSchedulingIgnoredDuringExecution: optional(1, array(PodAffinityTerm, { type: 'atomic' })),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, array(WeightedPodAffinityTerm, { type: 'atomic' })),
});

const PodAntiAffinity = object('io.k8s.api.core.v1.PodAntiAffinity', 'Rules about not being near other pods.', {
  requiredDuringSchedulingIgnoredDuringExecution: optional(1, array(PodAffinityTerm, { type: 'atomic' })),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, array(WeightedPodAffinityTerm, { type: 'atomic' })),
});

export const Affinity = object(
  'io.k8s.api.core.v1.Affinity',
  'Rules about which nodes and which neighbours a pod wants.',
  {
    nodeAffinity: pointer(1, NodeAffinity),
    podAffinity: pointer(2, PodAffinity),
    podAntiAffinity: pointer(3, PodAntiAffinity),
  },
);
export type Affinity = Static<typeof Affinity>;

export const Toleration = object(
  'io.k8s.api.core.v1.Toleration',
  'Lets a pod onto nodes that carry a matching taint.',
  {
    key: optional(1, string(), 'Key of the taint; empty with Exists for all.'),
    operator: optional(2, enumeration('Equal', 'Exists'), 'Equal (default) or Exists.'),
    value: optional(3, string(), 'Value of the taint, for Equal.'),
    effect: optional(4, TaintEffect, 'Effect that is tolerated; empty for all.'),
    tolerationSeconds: pointer(5, int64(), 'How long NoExecute is tolerated; absent is for ever.'),
  },
);
export type Toleration = Static<typeof Toleration>;

export const TopologySpreadConstraint = object(
  'io.k8s.api.core.v1.TopologySpreadConstraint',
  'How evenly pods are spread over zones, nodes or another topology.',
  {
    maxSkew: required(1, int32()),
    topologyKey: required(2, string()),
    whenUnsatisfiable: required(3, enumeration('DoNotSchedule', 'ScheduleAnyway')),
    labelSelector: pointer(4, LabelSelector),
    minDomains: pointer(5, int32()),
    nodeAffinityPolicy: pointer(6, enumeration('Honor', 'Ignore')),
    nodeTaintsPolicy: pointer(7, enumeration('Honor', 'Ignore')),
    matchLabelKeys: optional(8, array(string(), { type: 'atomic' })),
  },
);
export type TopologySpreadConstraint = Static<typeof TopologySpreadConstraint>;
