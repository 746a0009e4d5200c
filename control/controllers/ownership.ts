/**
 * Which objects belong to a controller object: those it owns and selects. It adopts orphans that it selects, and lets go
 * of what it owns and no longer selects. Pure.
 */
import { type LabelSelector, matchesLabels } from '../machinery/labels.ts';
import { type ApiObject, controllerOf, type OwnerReference, type Resource } from '../machinery/meta.ts';
import type { Patch } from './actions.ts';

export interface Claim<T> {
  /** Owned, adopted ones among them. */
  owned: T[];
  actions: Patch[];
}

export const ownerReferenceTo = (owner: ApiObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid!,
  controller: true,
  blockOwnerDeletion: true,
});

export function claim<T extends ApiObject>(
  owner: ApiObject,
  selector: LabelSelector,
  resource: Resource,
  candidates: readonly T[],
): Claim<T> {
  const owned: T[] = [];
  const actions: Patch[] = [];
  const mayClaim = owner.metadata.deletionTimestamp === undefined;
  for (const object of candidates) {
    const controller = controllerOf(object);
    if (controller && controller.uid !== owner.metadata.uid) continue;
    const selected = matchesLabels(selector, object.metadata.labels);
    if (controller && selected) owned.push(object);
    else if (!mayClaim) {
      if (controller) owned.push(object);
    } else if (controller) actions.push(release(owner, resource, object));
    else if (selected && object.metadata.deletionTimestamp === undefined) {
      owned.push(object);
      actions.push(adopt(owner, resource, object));
    }
  }
  return { owned, actions };
}

const adopt = (owner: ApiObject, resource: Resource, object: ApiObject): Patch =>
  setOwners(resource, object, [...(object.metadata.ownerReferences ?? []), ownerReferenceTo(owner)]);

const release = (owner: ApiObject, resource: Resource, object: ApiObject): Patch => ({
  ...setOwners(
    resource,
    object,
    object.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? [],
  ),
  absentIsFine: true,
});

/** With uid and version: two controllers that reach for one orphan cannot both get it. */
const setOwners = (resource: Resource, object: ApiObject, ownerReferences: OwnerReference[]): Patch => {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    type: 'patch',
    resource,
    key: { namespace, name },
    patch: { metadata: { uid, resourceVersion, ownerReferences } },
  };
};
