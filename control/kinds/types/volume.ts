/**
 * Volumes of a pod that Skerry provides, or might.
 */
import {
  array,
  boolean,
  embedded,
  enumeration,
  int32,
  int64,
  map,
  object,
  optional,
  pointer,
  quantity,
  required,
  type Static,
  string,
} from '../schema.ts';
import { PullPolicy } from './atoms.ts';
import { ObjectFieldSelector, ResourceFieldSelector } from './container-env.ts';
import { LocalObjectReference, localName } from './reference.ts';
import { LabelSelector } from './selector.ts';

export const KeyToPath = object('io.k8s.api.core.v1.KeyToPath', 'Which key becomes which file.', {
  key: required(1, string()),
  path: required(2, string()),
  mode: pointer(3, int32()),
});
export type KeyToPath = Static<typeof KeyToPath>;

export const HostPathVolumeSource = object('io.k8s.api.core.v1.HostPathVolumeSource', 'A path of the node.', {
  path: required(1, string()),
  type: pointer(
    2,
    enumeration('', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'),
    { default: '' },
  ),
});
export type HostPathVolumeSource = Static<typeof HostPathVolumeSource>;

export const EmptyDirVolumeSource = object(
  'io.k8s.api.core.v1.EmptyDirVolumeSource',
  'An empty directory that lives as long as the pod.',
  {
    medium: optional(1, string()),
    sizeLimit: pointer(2, quantity()),
  },
);
export type EmptyDirVolumeSource = Static<typeof EmptyDirVolumeSource>;

export const SecretVolumeSource = object(
  'io.k8s.api.core.v1.SecretVolumeSource',
  'Files made of the keys of a Secret.',
  {
    secretName: optional(1, string()),
    items: optional(2, array(KeyToPath, { type: 'atomic' })),
    defaultMode: pointer(3, int32(), { default: 0o644 }),
    optional: pointer(4, boolean()),
  },
);
export type SecretVolumeSource = Static<typeof SecretVolumeSource>;

export const ConfigMapVolumeSource = object(
  'io.k8s.api.core.v1.ConfigMapVolumeSource',
  'Files made of the keys of a ConfigMap.',
  {
    ...embedded(1, localName),
    items: optional(2, array(KeyToPath, { type: 'atomic' })),
    defaultMode: pointer(3, int32(), { default: 0o644 }),
    optional: pointer(4, boolean()),
  },
);
export type ConfigMapVolumeSource = Static<typeof ConfigMapVolumeSource>;

const DownwardAPIVolumeFile = object(
  'io.k8s.api.core.v1.DownwardAPIVolumeFile',
  'One file made of a field of the pod.',
  {
    path: required(1, string()),
    fieldRef: pointer(2, ObjectFieldSelector),
    resourceFieldRef: pointer(3, ResourceFieldSelector),
    mode: pointer(4, int32()),
  },
);
export type DownwardAPIVolumeFile = Static<typeof DownwardAPIVolumeFile>;

export const DownwardAPIVolumeSource = object(
  'io.k8s.api.core.v1.DownwardAPIVolumeSource',
  'Files made of fields of the pod.',
  {
    items: optional(1, array(DownwardAPIVolumeFile, { type: 'atomic' })),
    defaultMode: pointer(2, int32(), { default: 0o644 }),
  },
);
export type DownwardAPIVolumeSource = Static<typeof DownwardAPIVolumeSource>;

const SecretProjection = object('io.k8s.api.core.v1.SecretProjection', 'Keys of a Secret as files.', {
  ...embedded(1, localName),
  items: optional(2, array(KeyToPath, { type: 'atomic' })),
  optional: pointer(4, boolean()),
});
export type SecretProjection = Static<typeof SecretProjection>;

const ConfigMapProjection = object('io.k8s.api.core.v1.ConfigMapProjection', 'Keys of a ConfigMap as files.', {
  ...embedded(1, localName),
  items: optional(2, array(KeyToPath, { type: 'atomic' })),
  optional: pointer(4, boolean()),
});

const DownwardAPIProjection = object('io.k8s.api.core.v1.DownwardAPIProjection', 'Fields of the pod as files.', {
  items: optional(1, array(DownwardAPIVolumeFile, { type: 'atomic' })),
});

const ServiceAccountTokenProjection = object(
  'io.k8s.api.core.v1.ServiceAccountTokenProjection',
  "A short-lived token of the pod's service account as a file.",
  {
    audience: optional(1, string()),
    expirationSeconds: pointer(2, int64(), { default: 3600 }),
    path: required(3, string()),
  },
);

const ClusterTrustBundleProjection = object(
  'io.k8s.api.core.v1.ClusterTrustBundleProjection',
  'Trust anchors as a file.',
  {
    name: pointer(1, string()),
    signerName: pointer(2, string()),
    labelSelector: pointer(3, LabelSelector),
    optional: pointer(5, boolean()),
    path: required(4, string()),
  },
);

const VolumeProjection = object('io.k8s.api.core.v1.VolumeProjection', 'One of the sources; exactly one is set.', {
  secret: pointer(1, SecretProjection),
  downwardAPI: pointer(2, DownwardAPIProjection),
  configMap: pointer(3, ConfigMapProjection),
  serviceAccountToken: pointer(4, ServiceAccountTokenProjection),
  clusterTrustBundle: pointer(5, ClusterTrustBundleProjection),
});
export type VolumeProjection = Static<typeof VolumeProjection>;

export const ProjectedVolumeSource = object(
  'io.k8s.api.core.v1.ProjectedVolumeSource',
  'Several sources in one directory.',
  {
    sources: optional(1, array(VolumeProjection, { type: 'atomic' })),
    defaultMode: pointer(2, int32(), { default: 0o644 }),
  },
);
export type ProjectedVolumeSource = Static<typeof ProjectedVolumeSource>;

export const CSIVolumeSource = object('io.k8s.api.core.v1.CSIVolumeSource', 'A volume of a CSI driver.', {
  driver: required(1, string()),
  readOnly: pointer(2, boolean()),
  fsType: pointer(3, string()),
  volumeAttributes: optional(4, map(string())),
  nodePublishSecretRef: pointer(5, LocalObjectReference),
});
export type CSIVolumeSource = Static<typeof CSIVolumeSource>;

export const ImageVolumeSource = object(
  'io.k8s.api.core.v1.ImageVolumeSource',
  'The content of an OCI artifact as read-only files.',
  {
    reference: optional(1, string()),
    pullPolicy: optional(2, PullPolicy),
  },
);
export type ImageVolumeSource = Static<typeof ImageVolumeSource>;

export const NFSVolumeSource = object('io.k8s.api.core.v1.NFSVolumeSource', 'A directory of an NFS server.', {
  server: required(1, string()),
  path: required(2, string()),
  readOnly: optional(3, boolean()),
});
export type NFSVolumeSource = Static<typeof NFSVolumeSource>;
