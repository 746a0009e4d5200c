/**
 * The part of an object that the server keeps: what a client may not set on create, what stays from before on update, and
 * how a deletion is marked (apiserver's registry/rest: create.go, update.go, delete.go).
 */

import type { Kind } from '../kinds/strategy.ts';
import { type ApiObject, type ObjectMeta, type OwnerReference, timestamp } from '../machinery/meta.ts';
import type { RequestInfo } from '../machinery/resource.ts';
import { badRequest, conflict, OBJECT_MODIFIED } from '../machinery/status.ts';

/** Before admission sees a new object: what only the server sets is gone, the namespace is the URL's. */
export function clearSystemFields(object: ApiObject, kind: Kind, info: RequestInfo): void {
  const { metadata } = object;
  delete metadata.uid;
  delete metadata.creationTimestamp;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.generation;
  delete (metadata as { selfLink?: string }).selfLink;
  if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  delete metadata.resourceVersion;
  placeInNamespace(metadata, kind, info);
}

export function placeInNamespace(metadata: ObjectMeta, kind: Kind, { namespace }: RequestInfo): void {
  if (!kind.namespaced) {
    if (metadata.namespace) throw badRequest('namespace must be empty for cluster-scoped objects');
    delete metadata.namespace;
    return;
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  metadata.namespace = namespace;
}

/** Who the new object is. Uid and time are stamped here and nowhere else. */
export function stamp(object: ApiObject, uid: string, now: number): void {
  object.metadata.uid = uid;
  object.metadata.creationTimestamp = timestamp(now);
}

/** An update says who it means by name, and may say which version; the rest of its identity is the server's. */
export function checkIdentity(next: ApiObject, current: Readonly<ApiObject>, kind: Kind): void {
  const { name } = current.metadata;
  if (next.metadata.name !== name) {
    throw badRequest(
      `the name of the object (${next.metadata.name || 'empty'}) does not match the name on the URL (${name})`,
    );
  }
  const { uid, resourceVersion } = next.metadata;
  if (uid && uid !== current.metadata.uid) {
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid ?? ''}`,
    );
  }
  if (resourceVersion && resourceVersion !== '0' && resourceVersion !== current.metadata.resourceVersion) {
    throw conflict(kind, name, OBJECT_MODIFIED);
  }
}

export function carryOver(next: ApiObject, current: Readonly<ApiObject>): void {
  const [to, from] = [next.metadata, current.metadata];
  keep(to, from, 'uid');
  keep(to, from, 'creationTimestamp');
  keep(to, from, 'deletionTimestamp');
  keep(to, from, 'deletionGracePeriodSeconds');
  keep(to, from, 'generation');
  delete (to as { selfLink?: string }).selfLink;
}

function keep<K extends keyof ObjectMeta>(to: ObjectMeta, from: ObjectMeta, field: K): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

/** Kubernetes keeps one reference per owner and says so. */
export function dedupOwners(object: ApiObject, warn: (text: string) => void): void {
  const owners = object.metadata.ownerReferences;
  if (!owners || owners.length < 2) return;
  const first = new Map<string, (typeof owners)[number]>();
  for (const owner of owners) if (!first.has(textOf(owner))) first.set(textOf(owner), owner);
  if (first.size === owners.length) return;
  const twice = [...new Set(owners.filter(owner => first.get(textOf(owner)) !== owner).map(owner => owner.uid))];
  warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${twice.join(', ')}`,
  );
  object.metadata.ownerReferences = [...first.values()];
}

/** Equal for equal ones: thousands of them are compared in one pass. */
const textOf = ({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }: OwnerReference): string =>
  JSON.stringify([apiVersion, kind, name, uid, controller ?? null, blockOwnerDeletion ?? null]);

/** Finalizers are left to be worked on: from now on the object is ending, without grace. */
export function markEnding(object: ApiObject, now: number): void {
  const { metadata } = object;
  if (metadata.deletionGracePeriodSeconds === undefined && metadata.generation) metadata.generation++;
  if (!metadata.deletionTimestamp || Date.parse(metadata.deletionTimestamp) > now) {
    metadata.deletionTimestamp = timestamp(now);
  }
  metadata.deletionGracePeriodSeconds = 0;
}
