/**
 * References to other objects.
 */
import { filled, object, optional, pointer, required, type Static, string } from '../schema.ts';

/** The name of an object in the same namespace, as other types embed it. */
export const localName = { name: filled(1, string()) };

export const LocalObjectReference = object(
  'io.k8s.api.core.v1.LocalObjectReference',
  'Names an object in the same namespace.',
  localName,
  { atomic: true },
);
export type LocalObjectReference = Static<typeof LocalObjectReference>;

export const ObjectReference = object(
  'io.k8s.api.core.v1.ObjectReference',
  'Points at another object.',
  {
    kind: optional(1, string()),
    namespace: optional(2, string()),
    name: optional(3, string()),
    uid: optional(4, string()),
    apiVersion: optional(5, string()),
    resourceVersion: optional(6, string()),
    fieldPath: optional(7, string()),
  },
  { atomic: true },
);
export type ObjectReference = Static<typeof ObjectReference>;

export const TypedLocalObjectReference = object(
  'io.k8s.api.core.v1.TypedLocalObjectReference',
  'Names an object of any kind in the same namespace.',
  {
    apiGroup: pointer(1, string()),
    kind: required(2, string()),
    name: required(3, string()),
  },
  { atomic: true },
);
export type TypedLocalObjectReference = Static<typeof TypedLocalObjectReference>;

export const TypedObjectReference = object(
  'io.k8s.api.core.v1.TypedObjectReference',
  'Names an object of any kind, also in another namespace.',
  {
    apiGroup: pointer(1, string()),
    kind: required(2, string()),
    name: required(3, string()),
    namespace: pointer(4, string()),
  },
);
export type TypedObjectReference = Static<typeof TypedObjectReference>;
