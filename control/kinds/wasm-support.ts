/**
 * What of a pod's spec Skerry does not do as Kubernetes does: one list, read by admission (which warns), by the agent (which
 * does not start a container that asks for what is refused) and by the test that holds README's table to it.
 *
 * Always: a field is refused where leaving it out would change what the program does, ignored where a sandboxed module has
 * no such thing, and met where the sandbox gives what is asked for by being one. Types and data only: every agent loads this.
 */
export interface SupportEntry {
  /** `[*]` is every element, a last `*` every key but those in `except`. `containers` are init containers too. */
  fields: readonly string[];
  except?: readonly string[];
  treatment: 'refused' | 'ignored' | 'met';
  why: string;
  /** Narrows to the values that are meant; by default all but false and empty ones. */
  when?(value: unknown, spec: PodLike): boolean;
}

export interface Unsupported {
  /** `spec.containers[0].workingDir` */
  field: string;
  treatment: 'refused' | 'ignored';
  why: string;
  /** The container that it is about; absent: the whole pod. */
  container?: string;
}

interface PodLike {
  hostNetwork?: boolean;
}

const ofEach = (prefixes: readonly string[], suffixes: readonly string[]): string[] =>
  prefixes.flatMap(prefix => suffixes.map(suffix => `${prefix}.${suffix}`));

const CONTAINER = 'spec.containers[*]';
const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'].map(probe => `${CONTAINER}.${probe}`);
const HOOKS = ['lifecycle.postStart', 'lifecycle.preStop'].map(hook => `${CONTAINER}.${hook}`);
const SECURITY = ['spec.securityContext', `${CONTAINER}.securityContext`];
const VOLUMES = ['configMap', 'secret', 'emptyDir', 'downwardAPI', 'projected'];

export const WASM_SUPPORT: readonly SupportEntry[] = [
  {
    fields: ofEach([...PROBES, ...HOOKS], ['exec']),
    treatment: 'refused',
    why: 'a WebAssembly container has no other program to run',
  },
  { fields: ofEach(PROBES, ['grpc']), treatment: 'refused', why: 'modules answer HTTP/1.1, which gRPC cannot use' },
  { fields: ofEach(HOOKS, ['tcpSocket']), treatment: 'refused', why: 'such a hook always fails in Kubernetes too' },
  {
    fields: [`${CONTAINER}.workingDir`],
    treatment: 'refused',
    why: 'WASI has no working directory; use whole paths (only / is taken)',
    when: value => isGiven(value) && value !== '/',
  },
  {
    fields: [`${CONTAINER}.ports[*].hostPort`],
    treatment: 'refused',
    why: 'use a Service of type NodePort, or hostNetwork',
    when: (value, { hostNetwork }) => Boolean(value) && !hostNetwork,
  },
  {
    fields: ['spec.volumes[*].*'],
    except: ['name', ...VOLUMES],
    treatment: 'refused',
    why: `volumes are ${VOLUMES.join(', ')}`,
    when: value => value !== undefined,
  },
  {
    fields: ['spec.volumes[*].projected.sources[*].clusterTrustBundle'],
    treatment: 'refused',
    why: 'there are no trust bundles',
  },
  { fields: [`${CONTAINER}.volumeDevices`], treatment: 'refused', why: 'WASI has no block devices' },
  {
    fields: ['spec.resourceClaims', `${CONTAINER}.resources.claims`],
    treatment: 'refused',
    why: 'there are no devices to claim',
  },
  {
    fields: ['spec.dnsPolicy'],
    treatment: 'refused',
    why: 'None: names are resolved by the cluster, then by the node',
    when: value => value === 'None',
  },
  {
    fields: ['spec.os.name'],
    treatment: 'refused',
    why: 'nodes are linux ones',
    when: value => isGiven(value) && value !== 'linux',
  },
  {
    fields: ['spec.dnsPolicy'],
    treatment: 'ignored',
    why: 'Default: names of the cluster are found all the same',
    when: value => value === 'Default',
  },
  { fields: ['spec.dnsConfig'], treatment: 'ignored', why: 'names are resolved by the cluster, then by the node' },
  {
    fields: ['spec.hostPID', 'spec.hostIPC', 'spec.shareProcessNamespace'],
    treatment: 'ignored',
    why: 'a module sees no processes',
  },
  {
    fields: [
      ...ofEach(SECURITY, ['runAsUser', 'runAsGroup', 'seLinuxOptions', 'windowsOptions']),
      ...['fsGroup', 'fsGroupChangePolicy', 'supplementalGroups', 'supplementalGroupsPolicy', 'sysctls'].map(
        part => `${SECURITY[0]}.${part}`,
      ),
      `${SECURITY[0]}.seLinuxChangePolicy`,
      ...ofEach([SECURITY[1]!], ['privileged', 'capabilities.add']),
    ],
    treatment: 'ignored',
    why: 'a module has no user, group, label or privilege on its node',
  },
  {
    fields: [`${SECURITY[1]}.procMount`],
    treatment: 'ignored',
    why: 'a module has no /proc',
    when: value => isGiven(value) && value !== 'Default',
  },
  {
    fields: ['spec.automountServiceAccountToken'],
    treatment: 'ignored',
    why: 'true: no token is mounted unless a projected volume asks for one',
  },
  {
    fields: [`${CONTAINER}.stdin`, `${CONTAINER}.stdinOnce`, `${CONTAINER}.tty`],
    treatment: 'ignored',
    why: 'nothing can be attached; the module reads an empty input',
  },
  {
    fields: [`${CONTAINER}.resources.limits.cpu`, 'spec.resources'],
    treatment: 'ignored',
    why: 'CPU is shared by weight and not capped; memory is limited for each container',
  },
  { fields: [`${CONTAINER}.resizePolicy`], treatment: 'ignored', why: 'pods are not resized in place' },
  { fields: ['spec.volumes[*].emptyDir.medium'], treatment: 'ignored', why: 'its files are on disk' },
  {
    fields: [`${CONTAINER}.volumeMounts[*].mountPropagation`],
    treatment: 'ignored',
    why: 'a module cannot mount',
    when: value => isGiven(value) && value !== 'None',
  },
  {
    fields: ['spec.affinity.podAffinity', 'spec.affinity.podAntiAffinity', 'spec.topologySpreadConstraints'],
    treatment: 'ignored',
    why: 'the scheduler spreads the pods of a controller by itself',
  },
  {
    fields: [
      ...ofEach(SECURITY, ['runAsNonRoot', 'seccompProfile', 'appArmorProfile']),
      ...ofEach([SECURITY[1]!], ['allowPrivilegeEscalation', 'readOnlyRootFilesystem', 'capabilities.drop']),
      'spec.hostUsers',
      `${CONTAINER}.volumeMounts[*].recursiveReadOnly`,
    ],
    treatment: 'met',
    why: 'a module makes no system calls and has no root file system',
  },
  { fields: ['spec.imagePullSecrets'], treatment: 'met', why: "agents pull from the cluster's registry as themselves" },
];

/** What of this spec is not done. `at` is where it stands: `spec`, or `spec.template.spec`. */
export function unsupportedFields(spec: object, at = 'spec'): Unsupported[] {
  const found: Unsupported[] = [];
  for (const { path, entry } of PATHS) {
    walk(spec, path, entry, at, undefined, (value, field, container) => {
      const { treatment, why, when = isGiven } = entry;
      if (treatment === 'met' || !when(value, spec as PodLike)) return;
      found.push(container === undefined ? { field, treatment, why } : { field, treatment, why, container });
    });
  }
  return found;
}

const isGiven = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  value !== '' &&
  (typeof value !== 'object' || Object.keys(value).length > 0);

/** Init containers are containers: each path that begins with one list is a path of the other too. */
const PATHS = WASM_SUPPORT.flatMap(entry =>
  entry.fields.flatMap(field => {
    const path = field.split('.').slice(1);
    return path[0] === 'containers[*]'
      ? [
          { path, entry },
          { path: ['initContainers[*]', ...path.slice(1)], entry },
        ]
      : [{ path, entry }];
  }),
);

type Hit = (value: unknown, field: string, container: string | undefined) => void;

/** Calls `hit` for each value that the path leads to, also for one that is not there. */
function walk(
  value: unknown,
  [segment, ...rest]: readonly string[],
  entry: SupportEntry,
  at: string,
  container: string | undefined,
  hit: Hit,
): void {
  if (segment === undefined) {
    hit(value, at, container);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const holder = value as Record<string, unknown>;
  if (segment.endsWith('[*]')) {
    const name = segment.slice(0, -3);
    const list = holder[name];
    if (!Array.isArray(list)) return;
    const named = name === 'containers' || name === 'initContainers';
    list.forEach((element: { name?: string }, i) => {
      walk(element, rest, entry, `${at}.${name}[${i}]`, named ? element.name : container, hit);
    });
    return;
  }
  const keys = segment === '*' ? Object.keys(holder).filter(key => !entry.except?.includes(key)) : [segment];
  for (const key of keys) walk(holder[key], rest, entry, `${at}.${key}`, container, hit);
}
