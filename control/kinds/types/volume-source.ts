/**
 * A volume: its name and exactly one source.
 */
import { embedded, object, pointer, required, type Static, string } from '../schema.ts';
import { EphemeralVolumeSource, PersistentVolumeClaimVolumeSource } from './claim.ts';
import {
  ConfigMapVolumeSource,
  CSIVolumeSource,
  DownwardAPIVolumeSource,
  EmptyDirVolumeSource,
  HostPathVolumeSource,
  ImageVolumeSource,
  NFSVolumeSource,
  ProjectedVolumeSource,
  SecretVolumeSource,
} from './volume.ts';
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFileVolumeSource,
  CephFSVolumeSource,
  CinderVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  GitRepoVolumeSource,
  GlusterfsVolumeSource,
  ISCSIVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  StorageOSVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from './volume-disk.ts';

/** Exactly one is set; they are fields of the volume itself in JSON, a message of their own in protobuf. */
const volumeSource = {
  hostPath: pointer(1, HostPathVolumeSource, 'A path of the node.'),
  emptyDir: pointer(2, EmptyDirVolumeSource, 'An empty directory that lives as long as the pod.'),
  gcePersistentDisk: pointer(3, GCEPersistentDiskVolumeSource),
  awsElasticBlockStore: pointer(4, AWSElasticBlockStoreVolumeSource),
  gitRepo: pointer(5, GitRepoVolumeSource),
  secret: pointer(6, SecretVolumeSource, 'A Secret as files.'),
  nfs: pointer(7, NFSVolumeSource),
  iscsi: pointer(8, ISCSIVolumeSource),
  glusterfs: pointer(9, GlusterfsVolumeSource),
  persistentVolumeClaim: pointer(10, PersistentVolumeClaimVolumeSource, 'The volume of a claim.'),
  rbd: pointer(11, RBDVolumeSource),
  flexVolume: pointer(12, FlexVolumeSource),
  cinder: pointer(13, CinderVolumeSource),
  cephfs: pointer(14, CephFSVolumeSource),
  flocker: pointer(15, FlockerVolumeSource),
  downwardAPI: pointer(16, DownwardAPIVolumeSource, 'Fields of the pod as files.'),
  fc: pointer(17, FCVolumeSource),
  azureFile: pointer(18, AzureFileVolumeSource),
  configMap: pointer(19, ConfigMapVolumeSource, 'A ConfigMap as files.'),
  vsphereVolume: pointer(20, VsphereVirtualDiskVolumeSource),
  quobyte: pointer(21, QuobyteVolumeSource),
  azureDisk: pointer(22, AzureDiskVolumeSource),
  photonPersistentDisk: pointer(23, PhotonPersistentDiskVolumeSource),
  projected: pointer(26, ProjectedVolumeSource, 'Several sources in one directory.'),
  portworxVolume: pointer(24, PortworxVolumeSource),
  scaleIO: pointer(25, ScaleIOVolumeSource),
  storageos: pointer(27, StorageOSVolumeSource),
  csi: pointer(28, CSIVolumeSource),
  ephemeral: pointer(29, EphemeralVolumeSource),
  image: pointer(30, ImageVolumeSource, 'An OCI artifact as read-only files.'),
};

export const Volume = object('io.k8s.api.core.v1.Volume', 'Files or devices that containers of a pod can mount.', {
  name: required(1, string(), 'Name of the volume, unique in the pod.'),
  ...embedded(2, volumeSource),
});
export type Volume = Static<typeof Volume>;
