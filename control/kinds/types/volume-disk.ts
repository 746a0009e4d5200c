/**
 * Volumes of clouds and storage systems. Nothing here mounts them; manifests that name them are understood all the same.
 */
import {
  array,
  boolean,
  enumeration,
  int32,
  map,
  object,
  optional,
  pointer,
  required,
  requiredPointer,
  type Static,
  string,
} from '../schema.ts';
import { LocalObjectReference } from './reference.ts';

export const GitRepoVolumeSource = object(
  'io.k8s.api.core.v1.GitRepoVolumeSource',
  'A clone of a git repository. Deprecated.',
  {
    repository: required(1, string()),
    revision: optional(2, string()),
    directory: optional(3, string()),
  },
);
export type GitRepoVolumeSource = Static<typeof GitRepoVolumeSource>;

export const GCEPersistentDiskVolumeSource = object(
  'io.k8s.api.core.v1.GCEPersistentDiskVolumeSource',
  'A Google Compute Engine disk. Deprecated.',
  {
    pdName: required(1, string()),
    fsType: optional(2, string()),
    partition: optional(3, int32()),
    readOnly: optional(4, boolean()),
  },
);
export type GCEPersistentDiskVolumeSource = Static<typeof GCEPersistentDiskVolumeSource>;

export const AWSElasticBlockStoreVolumeSource = object(
  'io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource',
  'An AWS EBS disk. Deprecated.',
  {
    volumeID: required(1, string()),
    fsType: optional(2, string()),
    partition: optional(3, int32()),
    readOnly: optional(4, boolean()),
  },
);
export type AWSElasticBlockStoreVolumeSource = Static<typeof AWSElasticBlockStoreVolumeSource>;

export const ISCSIVolumeSource = object('io.k8s.api.core.v1.ISCSIVolumeSource', 'An iSCSI disk.', {
  targetPortal: required(1, string()),
  iqn: required(2, string()),
  lun: required(3, int32()),
  iscsiInterface: optional(4, string(), { default: 'default' }),
  fsType: optional(5, string()),
  readOnly: optional(6, boolean()),
  portals: optional(7, array(string(), { type: 'atomic' })),
  chapAuthDiscovery: optional(8, boolean()),
  chapAuthSession: optional(11, boolean()),
  secretRef: pointer(10, LocalObjectReference),
  initiatorName: pointer(12, string()),
});
export type ISCSIVolumeSource = Static<typeof ISCSIVolumeSource>;

export const GlusterfsVolumeSource = object(
  'io.k8s.api.core.v1.GlusterfsVolumeSource',
  'A Glusterfs volume. Deprecated.',
  {
    endpoints: required(1, string()),
    path: required(2, string()),
    readOnly: optional(3, boolean()),
  },
);
export type GlusterfsVolumeSource = Static<typeof GlusterfsVolumeSource>;

export const RBDVolumeSource = object('io.k8s.api.core.v1.RBDVolumeSource', 'A Ceph block device. Deprecated.', {
  monitors: required(1, array(string(), { type: 'atomic' })),
  image: required(2, string()),
  fsType: optional(3, string()),
  pool: optional(4, string(), { default: 'rbd' }),
  user: optional(5, string(), { default: 'admin' }),
  keyring: optional(6, string(), { default: '/etc/ceph/keyring' }),
  secretRef: pointer(7, LocalObjectReference),
  readOnly: optional(8, boolean()),
});
export type RBDVolumeSource = Static<typeof RBDVolumeSource>;

export const FlexVolumeSource = object(
  'io.k8s.api.core.v1.FlexVolumeSource',
  'A volume of an exec-based plugin. Deprecated.',
  {
    driver: required(1, string()),
    fsType: optional(2, string()),
    secretRef: pointer(3, LocalObjectReference),
    readOnly: optional(4, boolean()),
    options: optional(5, map(string())),
  },
);
export type FlexVolumeSource = Static<typeof FlexVolumeSource>;

export const CinderVolumeSource = object(
  'io.k8s.api.core.v1.CinderVolumeSource',
  'An OpenStack Cinder volume. Deprecated.',
  {
    volumeID: required(1, string()),
    fsType: optional(2, string()),
    readOnly: optional(3, boolean()),
    secretRef: pointer(4, LocalObjectReference),
  },
);
export type CinderVolumeSource = Static<typeof CinderVolumeSource>;

export const CephFSVolumeSource = object('io.k8s.api.core.v1.CephFSVolumeSource', 'A Ceph file system. Deprecated.', {
  monitors: required(1, array(string(), { type: 'atomic' })),
  path: optional(2, string()),
  user: optional(3, string()),
  secretFile: optional(4, string()),
  secretRef: pointer(5, LocalObjectReference),
  readOnly: optional(6, boolean()),
});
export type CephFSVolumeSource = Static<typeof CephFSVolumeSource>;

export const FlockerVolumeSource = object('io.k8s.api.core.v1.FlockerVolumeSource', 'A Flocker volume. Deprecated.', {
  datasetName: optional(1, string()),
  datasetUUID: optional(2, string()),
});
export type FlockerVolumeSource = Static<typeof FlockerVolumeSource>;

export const FCVolumeSource = object('io.k8s.api.core.v1.FCVolumeSource', 'A Fibre Channel volume.', {
  targetWWNs: optional(1, array(string(), { type: 'atomic' })),
  lun: pointer(2, int32()),
  fsType: optional(3, string()),
  readOnly: optional(4, boolean()),
  wwids: optional(5, array(string(), { type: 'atomic' })),
});
export type FCVolumeSource = Static<typeof FCVolumeSource>;

export const AzureFileVolumeSource = object(
  'io.k8s.api.core.v1.AzureFileVolumeSource',
  'An Azure file share. Deprecated.',
  {
    secretName: required(1, string()),
    shareName: required(2, string()),
    readOnly: optional(3, boolean()),
  },
);
export type AzureFileVolumeSource = Static<typeof AzureFileVolumeSource>;

export const VsphereVirtualDiskVolumeSource = object(
  'io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource',
  'A vSphere disk. Deprecated.',
  {
    volumePath: required(1, string()),
    fsType: optional(2, string()),
    storagePolicyName: optional(3, string()),
    storagePolicyID: optional(4, string()),
  },
);
export type VsphereVirtualDiskVolumeSource = Static<typeof VsphereVirtualDiskVolumeSource>;

export const QuobyteVolumeSource = object('io.k8s.api.core.v1.QuobyteVolumeSource', 'A Quobyte volume. Deprecated.', {
  registry: required(1, string()),
  volume: required(2, string()),
  readOnly: optional(3, boolean()),
  user: optional(4, string()),
  group: optional(5, string()),
  tenant: optional(6, string()),
});
export type QuobyteVolumeSource = Static<typeof QuobyteVolumeSource>;

export const AzureDiskVolumeSource = object('io.k8s.api.core.v1.AzureDiskVolumeSource', 'An Azure disk. Deprecated.', {
  diskName: required(1, string()),
  diskURI: required(2, string()),
  cachingMode: pointer(3, enumeration('None', 'ReadOnly', 'ReadWrite'), { default: 'ReadWrite' }),
  fsType: pointer(4, string(), { default: 'ext4' }),
  readOnly: pointer(5, boolean(), { default: false }),
  kind: pointer(6, enumeration('Dedicated', 'Managed', 'Shared'), { default: 'Shared' }),
});
export type AzureDiskVolumeSource = Static<typeof AzureDiskVolumeSource>;

export const PhotonPersistentDiskVolumeSource = object(
  'io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource',
  'A Photon Controller disk. Deprecated.',
  {
    pdID: required(1, string()),
    fsType: optional(2, string()),
  },
);
export type PhotonPersistentDiskVolumeSource = Static<typeof PhotonPersistentDiskVolumeSource>;

export const PortworxVolumeSource = object(
  'io.k8s.api.core.v1.PortworxVolumeSource',
  'A Portworx volume. Deprecated.',
  {
    volumeID: required(1, string()),
    fsType: optional(2, string()),
    readOnly: optional(3, boolean()),
  },
);
export type PortworxVolumeSource = Static<typeof PortworxVolumeSource>;

export const ScaleIOVolumeSource = object('io.k8s.api.core.v1.ScaleIOVolumeSource', 'A ScaleIO volume. Deprecated.', {
  gateway: required(1, string()),
  system: required(2, string()),
  secretRef: requiredPointer(3, LocalObjectReference),
  sslEnabled: optional(4, boolean()),
  protectionDomain: optional(5, string()),
  storagePool: optional(6, string()),
  storageMode: optional(7, string(), { default: 'ThinProvisioned' }),
  volumeName: optional(8, string()),
  fsType: optional(9, string(), { default: 'xfs' }),
  readOnly: optional(10, boolean()),
});
export type ScaleIOVolumeSource = Static<typeof ScaleIOVolumeSource>;

export const StorageOSVolumeSource = object(
  'io.k8s.api.core.v1.StorageOSVolumeSource',
  'A StorageOS volume. Deprecated.',
  {
    volumeName: optional(1, string()),
    volumeNamespace: optional(2, string()),
    fsType: optional(3, string()),
    readOnly: optional(4, boolean()),
    secretRef: pointer(5, LocalObjectReference),
  },
);
export type StorageOSVolumeSource = Static<typeof StorageOSVolumeSource>;
