/**
 * The whole PodSpec of core/v1, so that any valid manifest passes strict validation.
 */
import {
  array,
  boolean,
  enumeration,
  filled,
  int32,
  int64,
  map,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
} from '../schema.ts';
import { Affinity, Toleration, TopologySpreadConstraint } from './affinity.ts';
import { ResourceList } from './atoms.ts';
import { Container, EphemeralContainer, ResourceRequirements } from './container.ts';
import { TemplateMeta } from './meta.ts';
import { LocalObjectReference } from './reference.ts';
import { PodSecurityContext } from './security.ts';
import { Volume } from './volume-source.ts';

const HostAlias = object('io.k8s.api.core.v1.HostAlias', "An extra line in the pod's hosts file.", {
  ip: required(1, string()),
  hostnames: optional(2, array(string(), { type: 'atomic' })),
});

const PodDNSConfigOption = object('io.k8s.api.core.v1.PodDNSConfigOption', 'A resolver option.', {
  name: optional(1, string()),
  value: pointer(2, string()),
});

const PodDNSConfig = object('io.k8s.api.core.v1.PodDNSConfig', 'DNS settings beyond those of the DNS policy.', {
  nameservers: optional(1, array(string(), { type: 'atomic' })),
  searches: optional(2, array(string(), { type: 'atomic' })),
  options: optional(3, array(PodDNSConfigOption, { type: 'atomic' })),
});

const PodReadinessGate = object(
  'io.k8s.api.core.v1.PodReadinessGate',
  'An extra condition that must be true for the pod to be ready.',
  {
    conditionType: required(1, string()),
  },
);

const PodOS = object('io.k8s.api.core.v1.PodOS', "The operating system of the pod's containers.", {
  name: required(1, enumeration('linux', 'windows')),
});

const PodSchedulingGate = object(
  'io.k8s.api.core.v1.PodSchedulingGate',
  'Keeps the pod from being scheduled until it is removed.',
  {
    name: required(1, string()),
  },
);

const PodResourceClaim = object(
  'io.k8s.api.core.v1.PodResourceClaim',
  'A resource claim that containers of the pod may use.',
  {
    name: required(1, string()),
    resourceClaimName: pointer(3, string()),
    resourceClaimTemplateName: pointer(4, string()),
  },
);

export const PodSpec = object(
  'io.k8s.api.core.v1.PodSpec',
  'What a pod is to be: its containers, its volumes, where and how it runs.',
  {
    volumes: optional(
      1,
      array(Volume, { mergeKey: 'name', strategy: 'merge,retainKeys', keys: ['name'] }),
      'Volumes that the containers can mount.',
    ),
    initContainers: optional(
      20,
      array(Container, { mergeKey: 'name', keys: ['name'] }),
      'Containers that run one after the other, to their end, before the others start.',
    ),
    containers: required(
      2,
      array(Container, { mergeKey: 'name', keys: ['name'] }),
      'Containers of the pod; there is at least one.',
    ),
    ephemeralContainers: optional(
      34,
      array(EphemeralContainer, { mergeKey: 'name', keys: ['name'] }),
      'Containers added for debugging.',
    ),
    restartPolicy: optional(3, enumeration('Always', 'OnFailure', 'Never'), {
      default: 'Always',
      description: 'Whether containers that ended are started again.',
    }),
    terminationGracePeriodSeconds: pointer(4, int64(), {
      default: 30,
      description: 'Seconds the pod gets to stop before it is killed.',
    }),
    activeDeadlineSeconds: pointer(5, int64(), 'Seconds after its start at which the pod has failed.'),
    dnsPolicy: optional(6, enumeration('ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'), {
      default: 'ClusterFirst',
      description: 'How names are resolved in the pod.',
    }),
    nodeSelector: optional(7, map(string(), { atomic: true }), 'Labels that the node must have.'),
    serviceAccountName: optional(8, string(), 'Service account that the pod runs as.'),
    serviceAccount: optional(9, string(), 'Older name of serviceAccountName.'),
    automountServiceAccountToken: pointer(21, boolean(), 'Whether a token of the service account is mounted.'),
    nodeName: optional(10, string(), 'The node that runs the pod; set by the scheduler.'),
    hostNetwork: optional(11, boolean(), "Use the node's network."),
    hostPID: optional(12, boolean(), "Use the node's process ids."),
    hostIPC: optional(13, boolean(), "Use the node's IPC."),
    shareProcessNamespace: pointer(27, boolean(), "Containers see each other's processes."),
    securityContext: pointer(14, PodSecurityContext, {
      default: {},
      description: 'Privileges of all containers of the pod.',
    }),
    imagePullSecrets: optional(
      15,
      array(LocalObjectReference, { mergeKey: 'name', keys: ['name'] }),
      'Secrets with which images are pulled.',
    ),
    hostname: optional(16, string(), 'Host name of the pod; its name when absent.'),
    subdomain: optional(17, string(), 'Makes the full name hostname.subdomain.namespace.svc of the cluster domain.'),
    affinity: pointer(18, Affinity, 'Rules about nodes and neighbours.'),
    schedulerName: optional(19, string(), {
      default: 'default-scheduler',
      description: 'Scheduler that places the pod.',
    }),
    tolerations: optional(22, array(Toleration, { type: 'atomic' }), 'Taints that do not keep the pod away.'),
    hostAliases: optional(23, array(HostAlias, { mergeKey: 'ip', keys: ['ip'] }), 'Extra lines in the hosts file.'),
    priorityClassName: optional(24, string(), 'Class that gives the pod its priority.'),
    priority: pointer(25, int32(), 'Priority; higher ones may push lower ones out.'),
    dnsConfig: pointer(26, PodDNSConfig, 'DNS settings beyond the policy.'),
    readinessGates: optional(28, array(PodReadinessGate, { type: 'atomic' }), 'Extra conditions for readiness.'),
    runtimeClassName: pointer(29, string(), 'RuntimeClass that runs the pod.'),
    enableServiceLinks: pointer(30, boolean(), 'Whether Services become environment variables.'),
    preemptionPolicy: pointer(31, enumeration('Never', 'PreemptLowerPriority'), 'Whether the pod may push others out.'),
    overhead: optional(32, ResourceList, 'What running the pod costs beyond its containers; from the RuntimeClass.'),
    topologySpreadConstraints: optional(
      33,
      array(TopologySpreadConstraint, { mergeKey: 'topologyKey', keys: ['topologyKey', 'whenUnsatisfiable'] }),
      'How evenly the pod and its like are spread.',
    ),
    setHostnameAsFQDN: pointer(35, boolean(), 'Use the full name as host name.'),
    os: pointer(36, PodOS, 'Operating system of the containers.'),
    hostUsers: pointer(37, boolean(), "Use the node's user namespace."),
    schedulingGates: optional(
      38,
      array(PodSchedulingGate, { mergeKey: 'name', keys: ['name'] }),
      'What keeps the pod from being scheduled.',
    ),
    resourceClaims: optional(
      39,
      array(PodResourceClaim, { mergeKey: 'name', strategy: 'merge,retainKeys', keys: ['name'] }),
      'Resource claims that containers may use.',
    ),
    resources: pointer(40, ResourceRequirements, 'Resources of the pod as a whole.'),
  },
);
export type PodSpec = Static<typeof PodSpec>;

export const PodTemplateSpec = object(
  'io.k8s.api.core.v1.PodTemplateSpec',
  'The pod that a controller makes copies of.',
  {
    metadata: filled(1, TemplateMeta, 'Labels and annotations of the pods.'),
    spec: filled(2, PodSpec, 'What the pods are to be.'),
  },
);
export type PodTemplateSpec = Static<typeof PodTemplateSpec>;
