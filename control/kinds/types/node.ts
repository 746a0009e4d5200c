/**
 * Nodes: what they are told and what they report.
 */
import {
  array,
  boolean,
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
import { ConditionStatus, ResourceList, TaintEffect } from './atoms.ts';

export const Taint = object('io.k8s.api.core.v1.Taint', 'Keeps pods away that do not tolerate it.', {
  key: required(1, string(), 'Key of the taint.'),
  value: optional(2, string(), 'Value of the taint.'),
  effect: required(3, TaintEffect, 'NoSchedule, PreferNoSchedule or NoExecute.'),
  timeAdded: pointer(4, time()),
});
export type Taint = Static<typeof Taint>;

const ConfigMapNodeConfigSource = object(
  'io.k8s.api.core.v1.ConfigMapNodeConfigSource',
  "A ConfigMap with a node's configuration. No longer used.",
  {
    namespace: required(1, string()),
    name: required(2, string()),
    uid: optional(3, string()),
    resourceVersion: optional(4, string()),
    kubeletConfigKey: required(5, string()),
  },
);

const NodeConfigSource = object(
  'io.k8s.api.core.v1.NodeConfigSource',
  "Where the node's configuration comes from. No longer used.",
  {
    configMap: pointer(2, ConfigMapNodeConfigSource),
  },
);

export const NodeSpec = object('io.k8s.api.core.v1.NodeSpec', 'What a node is told.', {
  podCIDR: optional(1, string(), 'Addresses for the pods of this node.'),
  podCIDRs: optional(
    7,
    array(string(), { strategy: 'merge', type: 'set' }),
    'Addresses for the pods of this node, one range per family.',
  ),
  providerID: optional(3, string(), 'Id of the machine at its provider.'),
  unschedulable: optional(4, boolean(), 'Keeps new pods away (cordon).'),
  taints: optional(5, array(Taint, { type: 'atomic' }), 'What pods must tolerate to run here.'),
  configSource: pointer(6, NodeConfigSource),
  externalID: optional(2, string()),
});
export type NodeSpec = Static<typeof NodeSpec>;

const NodeCondition = object('io.k8s.api.core.v1.NodeCondition', "One observed aspect of a node's state.", {
  type: required(1, string()),
  status: required(2, ConditionStatus),
  lastHeartbeatTime: optional(3, time()),
  lastTransitionTime: optional(4, time()),
  reason: optional(5, string()),
  message: optional(6, string()),
});

export type NodeCondition = Static<typeof NodeCondition>;

const NodeAddress = object('io.k8s.api.core.v1.NodeAddress', 'An address or name of a node.', {
  type: required(1, string()),
  address: required(2, string()),
});

const DaemonEndpoint = object('io.k8s.api.core.v1.DaemonEndpoint', 'The port of one daemon.', {
  Port: required(1, int32()),
});

const NodeDaemonEndpoints = object('io.k8s.api.core.v1.NodeDaemonEndpoints', 'Ports of the daemons on a node.', {
  kubeletEndpoint: optional(1, DaemonEndpoint),
});

const NodeSystemInfo = object('io.k8s.api.core.v1.NodeSystemInfo', "Versions and identity of a node's software.", {
  machineID: required(1, string()),
  systemUUID: required(2, string()),
  bootID: required(3, string()),
  kernelVersion: required(4, string()),
  osImage: required(5, string()),
  containerRuntimeVersion: required(6, string()),
  kubeletVersion: required(7, string()),
  kubeProxyVersion: required(8, string()),
  operatingSystem: required(9, string()),
  architecture: required(10, string()),
});
export type NodeSystemInfo = Static<typeof NodeSystemInfo>;

const ContainerImage = object('io.k8s.api.core.v1.ContainerImage', 'An image that a node has.', {
  names: optional(1, array(string(), { type: 'atomic' })),
  sizeBytes: optional(2, int64()),
});

const AttachedVolume = object('io.k8s.api.core.v1.AttachedVolume', 'A volume attached to a node.', {
  name: required(1, string()),
  devicePath: required(2, string()),
});

const NodeConfigStatus = object(
  'io.k8s.api.core.v1.NodeConfigStatus',
  'Which configuration a node uses. No longer used.',
  {
    assigned: pointer(1, NodeConfigSource),
    active: pointer(2, NodeConfigSource),
    lastKnownGood: pointer(3, NodeConfigSource),
    error: optional(4, string()),
  },
);

const NodeRuntimeHandlerFeatures = object(
  'io.k8s.api.core.v1.NodeRuntimeHandlerFeatures',
  'What a runtime on a node can do.',
  {
    recursiveReadOnlyMounts: pointer(1, boolean()),
    userNamespaces: pointer(2, boolean()),
  },
);

const NodeRuntimeHandler = object('io.k8s.api.core.v1.NodeRuntimeHandler', 'A runtime that a node offers.', {
  name: optional(1, string()),
  features: pointer(2, NodeRuntimeHandlerFeatures),
});

const NodeFeatures = object('io.k8s.api.core.v1.NodeFeatures', 'What the agent on a node can do.', {
  supplementalGroupsPolicy: pointer(1, boolean()),
});

export const NodeStatus = object('io.k8s.api.core.v1.NodeStatus', 'What a node says about itself.', {
  capacity: optional(1, ResourceList, 'All that the node has.'),
  allocatable: optional(2, ResourceList, 'What pods can use of it.'),
  phase: optional(3, string()),
  conditions: optional(4, array(NodeCondition, { mergeKey: 'type', keys: ['type'] }), 'Observed state of the node.'),
  addresses: optional(5, array(NodeAddress, { mergeKey: 'type', keys: ['type'] }), 'Addresses and names of the node.'),
  daemonEndpoints: optional(6, NodeDaemonEndpoints),
  nodeInfo: optional(7, NodeSystemInfo, "Versions and identity of the node's software."),
  images: optional(8, array(ContainerImage, { type: 'atomic' }), 'Images that the node has.'),
  volumesInUse: optional(9, array(string(), { type: 'atomic' })),
  volumesAttached: optional(10, array(AttachedVolume, { type: 'atomic' })),
  config: pointer(11, NodeConfigStatus),
  runtimeHandlers: optional(12, array(NodeRuntimeHandler, { type: 'atomic' })),
  features: pointer(13, NodeFeatures),
});
export type NodeStatus = Static<typeof NodeStatus>;
