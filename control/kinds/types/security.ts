/**
 * Privileges of pods and containers. Most of them say something about Linux processes, which a sandboxed module has none of.
 */
import {
  array,
  boolean,
  enumeration,
  int64,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
} from '../schema.ts';

const Capabilities = object('io.k8s.api.core.v1.Capabilities', 'POSIX capabilities to add and to drop.', {
  add: optional(1, array(string(), { type: 'atomic' })),
  drop: optional(2, array(string(), { type: 'atomic' })),
});

const SELinuxOptions = object('io.k8s.api.core.v1.SELinuxOptions', 'The SELinux label to run with.', {
  user: optional(1, string()),
  role: optional(2, string()),
  type: optional(3, string()),
  level: optional(4, string()),
});

const WindowsSecurityContextOptions = object(
  'io.k8s.api.core.v1.WindowsSecurityContextOptions',
  'Windows-specific security settings.',
  {
    gmsaCredentialSpecName: pointer(1, string()),
    gmsaCredentialSpec: pointer(2, string()),
    runAsUserName: pointer(3, string()),
    hostProcess: pointer(4, boolean()),
  },
);

const SeccompProfile = object('io.k8s.api.core.v1.SeccompProfile', 'Which system call filter to use.', {
  type: required(1, enumeration('Localhost', 'RuntimeDefault', 'Unconfined')),
  localhostProfile: pointer(2, string()),
});

const AppArmorProfile = object('io.k8s.api.core.v1.AppArmorProfile', 'Which AppArmor profile to use.', {
  type: required(1, enumeration('Localhost', 'RuntimeDefault', 'Unconfined')),
  localhostProfile: pointer(2, string()),
});

export const SecurityContext = object('io.k8s.api.core.v1.SecurityContext', 'Privileges of one container.', {
  capabilities: pointer(1, Capabilities),
  privileged: pointer(2, boolean()),
  seLinuxOptions: pointer(3, SELinuxOptions),
  windowsOptions: pointer(10, WindowsSecurityContextOptions),
  runAsUser: pointer(4, int64()),
  runAsGroup: pointer(8, int64()),
  runAsNonRoot: pointer(5, boolean(), 'Refuse to run as user 0.'),
  readOnlyRootFilesystem: pointer(6, boolean(), "The container's own file system cannot be written."),
  allowPrivilegeEscalation: pointer(7, boolean(), 'Whether a process can gain more privileges than its parent.'),
  procMount: pointer(9, enumeration('Default', 'Unmasked')),
  seccompProfile: pointer(11, SeccompProfile),
  appArmorProfile: pointer(12, AppArmorProfile),
});
export type SecurityContext = Static<typeof SecurityContext>;

const Sysctl = object('io.k8s.api.core.v1.Sysctl', 'A kernel parameter to set.', {
  name: required(1, string()),
  value: required(2, string()),
});

export const PodSecurityContext = object(
  'io.k8s.api.core.v1.PodSecurityContext',
  'Privileges of all containers of a pod.',
  {
    seLinuxOptions: pointer(1, SELinuxOptions),
    windowsOptions: pointer(8, WindowsSecurityContextOptions),
    runAsUser: pointer(2, int64()),
    runAsGroup: pointer(6, int64()),
    runAsNonRoot: pointer(3, boolean()),
    supplementalGroups: optional(4, array(int64(), { type: 'atomic' })),
    supplementalGroupsPolicy: pointer(12, enumeration('Merge', 'Strict')),
    fsGroup: pointer(5, int64()),
    sysctls: optional(7, array(Sysctl, { type: 'atomic' })),
    fsGroupChangePolicy: pointer(9, enumeration('Always', 'OnRootMismatch')),
    seccompProfile: pointer(10, SeccompProfile),
    appArmorProfile: pointer(11, AppArmorProfile),
    seLinuxChangePolicy: pointer(13, enumeration('MountOption', 'Recursive')),
  },
);
export type PodSecurityContext = Static<typeof PodSecurityContext>;
