/**
 * Metadata of objects and of templates. The TypeScript type is machinery/meta.ts's, which shared code is written against.
 */
import type { ObjectMeta as Meta } from '../../machinery/meta.ts';
import {
  array,
  boolean,
  enumeration,
  int64,
  map,
  object,
  opaque,
  optional,
  pointer,
  required,
  type Schema,
  string,
  time,
} from '../schema.ts';

const OwnerReference = object(
  'io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference',
  'An object that this one belongs to; it goes when its owners have gone.',
  {
    apiVersion: required(5, string(), 'API version of the owner.'),
    kind: required(1, string(), 'Kind of the owner.'),
    name: required(3, string(), 'Name of the owner.'),
    uid: required(4, string(), 'UID of the owner.'),
    controller: pointer(6, boolean(), 'True for the one owner that manages this object.'),
    blockOwnerDeletion: pointer(7, boolean(), 'With foreground deletion the owner stays until this object has gone.'),
  },
  { atomic: true },
);

const ManagedFieldsEntry = object(
  'io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry',
  'The fields that one manager of the object has set.',
  {
    manager: optional(1, string(), 'Name of the manager.'),
    operation: optional(2, enumeration('Apply', 'Update'), 'Apply or Update.'),
    apiVersion: optional(3, string(), 'API version that the fields belong to.'),
    time: pointer(4, time(), 'When the manager last changed its fields.'),
    fieldsType: optional(6, string(), 'Always FieldsV1.'),
    fieldsV1: pointer(7, opaque(), 'The fields, as a tree.'),
    subresource: optional(8, string(), 'The subresource by which they were set.'),
  },
);

const metadata = object(
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  'Name, labels and bookkeeping of an object.',
  {
    name: optional(1, string(), 'Name, unique among the objects of this kind in the namespace. Cannot be changed.'),
    generateName: optional(2, string(), 'Beginning of a name to which the server adds five random characters.'),
    namespace: optional(3, string(), 'Namespace that the name is unique in.'),
    selfLink: optional(4, string(), 'No longer used.'),
    uid: optional(5, string(), 'Unique in time and space; set by the server.'),
    resourceVersion: optional(6, string(), 'Changes with every write; send it back to be refused if others wrote.'),
    generation: optional(7, int64(), 'Counts changes of what is wanted; set by the server.'),
    creationTimestamp: optional(8, time(), 'When the object was created; set by the server.'),
    deletionTimestamp: pointer(9, time(), 'When the object will be gone, once somebody has asked to delete it.'),
    deletionGracePeriodSeconds: pointer(10, int64(), 'Seconds the object gets to end.'),
    labels: optional(11, map(string()), 'Names and values by which objects are selected.'),
    annotations: optional(12, map(string()), 'Names and values for tools; nothing selects by them.'),
    ownerReferences: optional(
      13,
      array(OwnerReference, { mergeKey: 'uid', keys: ['uid'] }),
      'Objects that this one belongs to.',
    ),
    finalizers: optional(
      14,
      array(string(), { strategy: 'merge', type: 'set' }),
      'Names that must be removed before the object goes.',
    ),
    managedFields: optional(17, array(ManagedFieldsEntry, { type: 'atomic' }), 'Which manager set which fields.'),
  },
);

export const ObjectMeta = metadata as Schema<Meta>;
/** Of the pods that a controller makes: labels and annotations are what matters. */
export const TemplateMeta = metadata as Schema<Partial<Meta>>;
