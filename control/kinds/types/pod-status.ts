/**
 * What is reported of a pod.
 */
import { array, enumeration, object, optional, pointer, required, type Static, string, time } from '../schema.ts';
import { ConditionStatus } from './atoms.ts';
import { ContainerStatus } from './container-status.ts';

const PodCondition = object('io.k8s.api.core.v1.PodCondition', "One observed aspect of a pod's state.", {
  type: required(1, string()),
  status: required(2, ConditionStatus),
  lastProbeTime: optional(3, time()),
  lastTransitionTime: optional(4, time()),
  reason: optional(5, string()),
  message: optional(6, string()),
});
export type PodCondition = Static<typeof PodCondition>;

const HostIP = object('io.k8s.api.core.v1.HostIP', "An address of the pod's node.", {
  ip: required(1, string()),
});

const PodIP = object('io.k8s.api.core.v1.PodIP', 'An address of the pod.', {
  ip: required(1, string()),
});

const PodResourceClaimStatus = object(
  'io.k8s.api.core.v1.PodResourceClaimStatus',
  "The claim object made for a pod's resource claim.",
  {
    name: required(1, string()),
    resourceClaimName: pointer(2, string()),
  },
);

export const PodStatus = object(
  'io.k8s.api.core.v1.PodStatus',
  'What is known about a pod; written by the node agent.',
  {
    phase: optional(
      1,
      enumeration('Failed', 'Pending', 'Running', 'Succeeded', 'Unknown'),
      'Where the pod is in its life.',
    ),
    conditions: optional(2, array(PodCondition, { mergeKey: 'type', keys: ['type'] }), 'Observed state of the pod.'),
    message: optional(3, string(), 'Why the pod is in this state, for people.'),
    reason: optional(4, string(), 'Why the pod is in this state, in one word.'),
    nominatedNodeName: optional(11, string(), 'Node on which room is being made for the pod.'),
    hostIP: optional(5, string(), 'Address of the node.'),
    hostIPs: optional(16, array(HostIP, { mergeKey: 'ip', type: 'atomic' }), 'Addresses of the node.'),
    podIP: optional(6, string(), 'Address of the pod.'),
    podIPs: optional(12, array(PodIP, { mergeKey: 'ip', keys: ['ip'] }), 'Addresses of the pod.'),
    startTime: pointer(7, time(), 'When the agent took the pod on.'),
    initContainerStatuses: optional(10, array(ContainerStatus, { type: 'atomic' }), 'State of the init containers.'),
    containerStatuses: optional(8, array(ContainerStatus, { type: 'atomic' }), 'State of the containers.'),
    qosClass: optional(
      9,
      enumeration('BestEffort', 'Burstable', 'Guaranteed'),
      'Quality of service, by requests and limits.',
    ),
    ephemeralContainerStatuses: optional(
      13,
      array(ContainerStatus, { type: 'atomic' }),
      'State of the ephemeral containers.',
    ),
    resize: optional(14, enumeration('Deferred', 'InProgress', 'Infeasible', 'Proposed')),
    resourceClaimStatuses: optional(
      15,
      array(PodResourceClaimStatus, { mergeKey: 'name', strategy: 'merge,retainKeys', keys: ['name'] }),
    ),
  },
);
export type PodStatus = Static<typeof PodStatus>;
