/**
 * Volumes by claim.
 */
import { array, boolean, enumeration, object, optional, pointer, required, type Static, string } from '../schema.ts';
import { ResourceList } from './atoms.ts';
import { ObjectMeta } from './meta.ts';
import { TypedLocalObjectReference, TypedObjectReference } from './reference.ts';
import { LabelSelector } from './selector.ts';

const VolumeResourceRequirements = object(
  'io.k8s.api.core.v1.VolumeResourceRequirements',
  'How much storage a claim asks for.',
  {
    limits: optional(1, ResourceList),
    requests: optional(2, ResourceList),
  },
);

const PersistentVolumeClaimSpec = object(
  'io.k8s.api.core.v1.PersistentVolumeClaimSpec',
  'What a claim asks of a volume.',
  {
    accessModes: optional(
      1,
      array(enumeration('ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'), { type: 'atomic' }),
    ),
    selector: pointer(4, LabelSelector),
    resources: optional(2, VolumeResourceRequirements),
    volumeName: optional(3, string()),
    storageClassName: pointer(5, string()),
    volumeMode: pointer(6, enumeration('Block', 'Filesystem'), { default: 'Filesystem' }),
    dataSource: pointer(7, TypedLocalObjectReference),
    dataSourceRef: pointer(8, TypedObjectReference),
    volumeAttributesClassName: pointer(9, string()),
  },
);

const PersistentVolumeClaimTemplate = object(
  'io.k8s.api.core.v1.PersistentVolumeClaimTemplate',
  'The claim to make for an ephemeral volume.',
  {
    metadata: optional(1, ObjectMeta),
    spec: required(2, PersistentVolumeClaimSpec),
  },
);

export const PersistentVolumeClaimVolumeSource = object(
  'io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource',
  'The volume bound to a claim.',
  {
    claimName: required(1, string()),
    readOnly: optional(2, boolean()),
  },
);
export type PersistentVolumeClaimVolumeSource = Static<typeof PersistentVolumeClaimVolumeSource>;

export const EphemeralVolumeSource = object(
  'io.k8s.api.core.v1.EphemeralVolumeSource',
  'A volume whose claim lives as long as the pod.',
  {
    volumeClaimTemplate: pointer(1, PersistentVolumeClaimTemplate),
  },
);
export type EphemeralVolumeSource = Static<typeof EphemeralVolumeSource>;
