/**
 * What is reported of one container.
 */
import {
  array,
  boolean,
  enumeration,
  int32,
  int64,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
  time,
} from '../schema.ts';
import { ResourceList } from './atoms.ts';
import { ResourceRequirements } from './container.ts';

const ContainerStateWaiting = object(
  'io.k8s.api.core.v1.ContainerStateWaiting',
  'Why the container does not run yet.',
  {
    reason: optional(1, string()),
    message: optional(2, string()),
  },
);

const ContainerStateRunning = object('io.k8s.api.core.v1.ContainerStateRunning', 'Since when the container runs.', {
  startedAt: optional(1, time()),
});

const ContainerStateTerminated = object(
  'io.k8s.api.core.v1.ContainerStateTerminated',
  'How and when the container ended.',
  {
    exitCode: required(1, int32(), 'Exit code; 0 is success.'),
    signal: optional(2, int32()),
    reason: optional(3, string(), 'One word, such as Completed, Error or OOMKilled.'),
    message: optional(4, string()),
    startedAt: optional(5, time()),
    finishedAt: optional(6, time()),
    containerID: optional(7, string()),
  },
);
export type ContainerStateTerminated = Static<typeof ContainerStateTerminated>;

const ContainerState = object(
  'io.k8s.api.core.v1.ContainerState',
  'Waiting, running or terminated; at most one is set.',
  {
    waiting: pointer(1, ContainerStateWaiting),
    running: pointer(2, ContainerStateRunning),
    terminated: pointer(3, ContainerStateTerminated),
  },
);
export type ContainerState = Static<typeof ContainerState>;

const VolumeMountStatus = object('io.k8s.api.core.v1.VolumeMountStatus', 'How a volume was mounted.', {
  name: required(1, string()),
  mountPath: required(2, string()),
  readOnly: optional(3, boolean()),
  recursiveReadOnly: pointer(4, enumeration('Disabled', 'Enabled', 'IfPossible')),
});

const LinuxContainerUser = object('io.k8s.api.core.v1.LinuxContainerUser', 'Numeric identity on Linux.', {
  uid: required(1, int64()),
  gid: required(2, int64()),
  supplementalGroups: optional(3, array(int64(), { type: 'atomic' })),
});

const ContainerUser = object('io.k8s.api.core.v1.ContainerUser', "The identity of the container's first process.", {
  linux: pointer(1, LinuxContainerUser),
});

const ResourceHealth = object('io.k8s.api.core.v1.ResourceHealth', 'Health of one device.', {
  resourceID: required(1, string()),
  health: optional(2, enumeration('Healthy', 'Unhealthy', 'Unknown')),
});

const ResourceStatus = object('io.k8s.api.core.v1.ResourceStatus', 'Health of a resource that a container uses.', {
  name: required(1, string()),
  resources: optional(2, array(ResourceHealth, { keys: ['resourceID'] })),
});

export const ContainerStatus = object('io.k8s.api.core.v1.ContainerStatus', 'What is known about one container.', {
  name: required(1, string(), 'Name of the container.'),
  state: optional(2, ContainerState, 'What the container does now.'),
  lastState: optional(3, ContainerState, 'How it ended the last time.'),
  ready: required(4, boolean(), 'Whether it gets traffic.'),
  restartCount: required(5, int32(), 'How often it was started again.'),
  image: required(6, string(), 'Image it runs.'),
  imageID: required(7, string(), 'Digest of the image.'),
  containerID: optional(8, string(), 'Id of this run.'),
  started: pointer(9, boolean(), 'Whether its startup probe has succeeded.'),
  allocatedResources: optional(10, ResourceList),
  resources: pointer(11, ResourceRequirements),
  volumeMounts: optional(12, array(VolumeMountStatus, { mergeKey: 'mountPath', keys: ['mountPath'] })),
  user: pointer(13, ContainerUser),
  allocatedResourcesStatus: optional(14, array(ResourceStatus, { mergeKey: 'name', keys: ['name'] })),
});
export type ContainerStatus = Static<typeof ContainerStatus>;
