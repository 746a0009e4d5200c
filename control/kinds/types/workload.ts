/**
 * Deployments and ReplicaSets.
 */
import {
  array,
  boolean,
  enumeration,
  filled,
  int32,
  int64,
  intOrString,
  object,
  optional,
  pointer,
  required,
  requiredPointer,
  type Static,
  string,
  time,
} from '../schema.ts';
import { ConditionStatus } from './atoms.ts';
import { PodTemplateSpec } from './pod-spec.ts';
import { LabelSelector } from './selector.ts';

const RollingUpdateDeployment = object(
  'io.k8s.api.apps.v1.RollingUpdateDeployment',
  'How far a rolling update may go above and below the wanted number of pods.',
  {
    maxUnavailable: pointer(1, intOrString(), {
      default: '25%',
      description: 'Number or percentage of pods that may be missing during the update.',
    }),
    maxSurge: pointer(2, intOrString(), {
      default: '25%',
      description: 'Number or percentage of pods that may be there in excess during the update.',
    }),
  },
);

export const DeploymentStrategy = object(
  'io.k8s.api.apps.v1.DeploymentStrategy',
  'How old pods are replaced by new ones.',
  {
    type: optional(1, enumeration('Recreate', 'RollingUpdate'), {
      default: 'RollingUpdate',
      description: 'RollingUpdate or Recreate.',
    }),
    rollingUpdate: pointer(2, RollingUpdateDeployment, 'Settings of RollingUpdate.'),
  },
  { strategy: 'retainKeys' },
);
export type DeploymentStrategy = Static<typeof DeploymentStrategy>;

export const DeploymentSpec = object(
  'io.k8s.api.apps.v1.DeploymentSpec',
  'How many copies of which pod, and how they are replaced.',
  {
    replicas: pointer(1, int32(), { default: 1, description: 'Wanted number of pods.' }),
    selector: requiredPointer(
      2,
      LabelSelector,
      "Which pods belong to the Deployment; must match the template's labels and cannot be changed.",
    ),
    template: required(3, PodTemplateSpec, 'The pods to make.'),
    strategy: filled(4, DeploymentStrategy, 'How pods are replaced when the template changes.'),
    minReadySeconds: optional(5, int32(), 'Seconds a new pod must be ready to count as available.'),
    revisionHistoryLimit: pointer(6, int32(), {
      default: 10,
      description: 'Number of old ReplicaSets kept for going back.',
    }),
    paused: optional(7, boolean(), 'Stop reacting to changes of the template.'),
    progressDeadlineSeconds: pointer(9, int32(), {
      default: 600,
      description: 'Seconds without progress after which the rollout has failed.',
    }),
  },
);
export type DeploymentSpec = Static<typeof DeploymentSpec>;

const DeploymentCondition = object(
  'io.k8s.api.apps.v1.DeploymentCondition',
  "One observed aspect of a Deployment's state.",
  {
    type: required(1, string()),
    status: required(2, ConditionStatus),
    lastUpdateTime: optional(6, time()),
    lastTransitionTime: optional(7, time()),
    reason: optional(4, string()),
    message: optional(5, string()),
  },
);

export type DeploymentCondition = Static<typeof DeploymentCondition>;

export const DeploymentStatus = object('io.k8s.api.apps.v1.DeploymentStatus', 'How far a Deployment has got.', {
  observedGeneration: optional(1, int64(), 'The generation that this status is about.'),
  replicas: optional(2, int32(), 'Pods that belong to the Deployment.'),
  updatedReplicas: optional(3, int32(), 'Pods of the newest template.'),
  readyReplicas: optional(7, int32(), 'Pods that are ready.'),
  availableReplicas: optional(4, int32(), 'Pods that are ready for at least minReadySeconds.'),
  unavailableReplicas: optional(5, int32(), 'Pods still missing.'),
  conditions: optional(6, array(DeploymentCondition, { mergeKey: 'type', keys: ['type'] })),
  collisionCount: pointer(8, int32()),
});
export type DeploymentStatus = Static<typeof DeploymentStatus>;

export const ReplicaSetSpec = object('io.k8s.api.apps.v1.ReplicaSetSpec', 'How many copies of which pod.', {
  replicas: pointer(1, int32(), { default: 1, description: 'Wanted number of pods.' }),
  minReadySeconds: optional(4, int32()),
  selector: requiredPointer(
    2,
    LabelSelector,
    "Which pods belong to the set; must match the template's labels and cannot be changed.",
  ),
  template: filled(3, PodTemplateSpec, 'The pods to make.'),
});
export type ReplicaSetSpec = Static<typeof ReplicaSetSpec>;

const ReplicaSetCondition = object(
  'io.k8s.api.apps.v1.ReplicaSetCondition',
  "One observed aspect of a ReplicaSet's state.",
  {
    type: required(1, string()),
    status: required(2, ConditionStatus),
    lastTransitionTime: optional(3, time()),
    reason: optional(4, string()),
    message: optional(5, string()),
  },
);

export type ReplicaSetCondition = Static<typeof ReplicaSetCondition>;

export const ReplicaSetStatus = object('io.k8s.api.apps.v1.ReplicaSetStatus', 'How many copies there are.', {
  replicas: required(1, int32(), 'Pods that belong to the set.'),
  fullyLabeledReplicas: optional(2, int32()),
  readyReplicas: optional(4, int32()),
  availableReplicas: optional(5, int32()),
  observedGeneration: optional(3, int64()),
  conditions: optional(6, array(ReplicaSetCondition, { mergeKey: 'type', keys: ['type'] })),
});
export type ReplicaSetStatus = Static<typeof ReplicaSetStatus>;
