/**
 * The shape that every API object shares: type and metadata (apimachinery's TypeMeta, ObjectMeta, ListMeta).
 * Kinds narrow `spec`, `status` and their other fields; shared code reads nothing but this.
 */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  /** RFC 3339, whole seconds, UTC. */
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: unknown;
  subresource?: string;
}

export interface ApiList<T> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** What addresses a collection: `/api/v1/...` when the group is empty, else `/apis/GROUP/VERSION/...`. */
export interface Resource {
  group: string;
  version: string;
  /** Plural, as in the path: `pods`. */
  resource: string;
  kind: string;
  namespaced: boolean;
}

/** Names one object of a resource; `namespace` is absent for cluster-scoped ones. */
export interface Key {
  namespace?: string;
  name: string;
}

export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: T }
  | { type: 'ERROR'; object: unknown };

/** `v1` or `apps/v1`. */
export const apiVersionOf = (gv: { group: string; version: string }): string =>
  gv.group === '' ? gv.version : `${gv.group}/${gv.version}`;

/** The owner that manages this object, if any (at most one has `controller: true`). */
export const controllerOf = (object: ApiObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find(owner => owner.controller === true);

/** `namespace/name`, or `name` for cluster-scoped objects: the form in which work queues carry keys. */
export const keyText = (key: Key): string => (key.namespace ? `${key.namespace}/${key.name}` : key.name);

/** Kubernetes' metav1.Time: whole seconds, UTC. */
export const timestamp = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 19) + 'Z';
