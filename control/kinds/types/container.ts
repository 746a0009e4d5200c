/**
 * Containers of a pod.
 */
import {
  array,
  boolean,
  embedded,
  enumeration,
  filled,
  int32,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
} from '../schema.ts';
import { Protocol, PullPolicy, ResourceList } from './atoms.ts';
import { EnvFromSource, EnvVar } from './container-env.ts';
import { Lifecycle, Probe } from './probe.ts';
import { SecurityContext } from './security.ts';

export const ContainerPort = object('io.k8s.api.core.v1.ContainerPort', 'A port that a container serves.', {
  name: optional(1, string(), 'Name by which Services may refer to the port.'),
  hostPort: optional(2, int32(), 'The same port on the node.'),
  containerPort: required(3, int32(), 'The port, 1 to 65535.'),
  protocol: optional(4, Protocol, { default: 'TCP', description: 'TCP, UDP or SCTP.' }),
  hostIP: optional(5, string(), 'Address of the node that the host port is bound to.'),
});
export type ContainerPort = Static<typeof ContainerPort>;

const ResourceClaim = object('io.k8s.api.core.v1.ResourceClaim', 'Names a claim of the pod that a container uses.', {
  name: required(1, string()),
  request: optional(2, string()),
});

export const ResourceRequirements = object(
  'io.k8s.api.core.v1.ResourceRequirements',
  'What a container asks for and may use at most.',
  {
    limits: optional(1, ResourceList, 'The most the container may use.'),
    requests: optional(2, ResourceList, 'What is set aside for the container; the limits where it is not given.'),
    claims: optional(3, array(ResourceClaim, { keys: ['name'] })),
  },
);
export type ResourceRequirements = Static<typeof ResourceRequirements>;

const ContainerResizePolicy = object(
  'io.k8s.api.core.v1.ContainerResizePolicy',
  'What happens when a resource of a running container is resized.',
  {
    resourceName: required(1, string()),
    restartPolicy: required(2, enumeration('NotRequired', 'RestartContainer')),
  },
);

export const VolumeMount = object('io.k8s.api.core.v1.VolumeMount', 'Where a volume appears in a container.', {
  name: required(1, string(), 'Name of the volume.'),
  readOnly: optional(2, boolean(), 'Mount for reading only.'),
  recursiveReadOnly: pointer(7, enumeration('Disabled', 'Enabled', 'IfPossible')),
  mountPath: required(3, string(), 'Where the volume appears.'),
  subPath: optional(4, string(), 'The part of the volume that appears there.'),
  mountPropagation: pointer(5, enumeration('Bidirectional', 'HostToContainer', 'None')),
  subPathExpr: optional(6, string()),
});
export type VolumeMount = Static<typeof VolumeMount>;

const VolumeDevice = object('io.k8s.api.core.v1.VolumeDevice', 'Where a raw block volume appears in a container.', {
  name: required(1, string()),
  devicePath: required(2, string()),
});

/** What containers and ephemeral containers have in common; the numbers are the same. */
const containerFields = {
  name: required(1, string(), 'Name of the container, unique in the pod.'),
  image: optional(
    2,
    string(),
    "The module to run, as an OCI reference; without a registry host it is one of the cluster's own registry.",
  ),
  command: optional(
    3,
    array(string(), { type: 'atomic' }),
    'Replaces the entry point. WebAssembly modules have one entry, so this is their argv[0].',
  ),
  args: optional(
    4,
    array(string(), { type: 'atomic' }),
    'Arguments of the module; $(VAR) is replaced by environment variables.',
  ),
  workingDir: optional(5, string(), 'Directory that relative paths start from.'),
  ports: optional(
    6,
    array(ContainerPort, { mergeKey: 'containerPort', keys: ['containerPort', 'protocol'] }),
    'Ports the container serves. The first one is where HTTP components are served.',
  ),
  envFrom: optional(
    19,
    array(EnvFromSource, { type: 'atomic' }),
    'ConfigMaps and Secrets whose keys become environment variables.',
  ),
  env: optional(7, array(EnvVar, { mergeKey: 'name', keys: ['name'] }), 'Environment variables of the container.'),
  resources: filled(8, ResourceRequirements, 'CPU and memory that the container asks for and may use at most.'),
  resizePolicy: optional(
    23,
    array(ContainerResizePolicy, { type: 'atomic' }),
    'What happens when resources are resized in place.',
  ),
  restartPolicy: pointer(24, enumeration('Always'), 'Always makes an init container a sidecar.'),
  volumeMounts: optional(
    9,
    array(VolumeMount, { mergeKey: 'mountPath', keys: ['mountPath'] }),
    'Volumes and where they appear.',
  ),
  volumeDevices: optional(
    21,
    array(VolumeDevice, { mergeKey: 'devicePath', keys: ['devicePath'] }),
    'Raw block volumes and where they appear.',
  ),
  livenessProbe: pointer(10, Probe, 'Restarts the container when it fails.'),
  readinessProbe: pointer(11, Probe, 'Takes the pod out of its Services while it fails.'),
  startupProbe: pointer(22, Probe, 'Holds the other probes back until it has succeeded.'),
  lifecycle: pointer(12, Lifecycle, 'Actions after start and before stop.'),
  terminationMessagePath: optional(13, string(), {
    default: '/dev/termination-log',
    description: 'File whose content becomes the termination message.',
  }),
  terminationMessagePolicy: optional(20, enumeration('FallbackToLogsOnError', 'File'), {
    default: 'File',
    description: 'Whether the end of the log may serve as termination message.',
  }),
  imagePullPolicy: optional(14, PullPolicy, 'When the module is pulled.'),
  securityContext: pointer(15, SecurityContext, 'Privileges of the container.'),
  stdin: optional(16, boolean(), 'Keep standard input open.'),
  stdinOnce: optional(17, boolean(), 'Close standard input after the first attach ends.'),
  tty: optional(18, boolean(), 'Give the container a terminal.'),
};

export const Container = object('io.k8s.api.core.v1.Container', 'One module that runs in a pod.', containerFields);
export type Container = Static<typeof Container>;

export const EphemeralContainer = object(
  'io.k8s.api.core.v1.EphemeralContainer',
  'A container added to a running pod for debugging.',
  {
    ...embedded(1, containerFields),
    targetContainerName: optional(2, string()),
  },
);
export type EphemeralContainer = Static<typeof EphemeralContainer>;
