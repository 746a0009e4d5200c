/**
 * The garbage collector's graph: who owns whom, by uid, and what to do with one object. Holds names, owners and finalizers
 * only, never whole objects. Pure but for being kept up to date.
 */
import type { Key, ObjectMeta, OwnerReference, Resource } from '../machinery/meta.ts';
import type { Action } from './actions.ts';

export const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

export interface Thing {
  uid: string;
  resource: Resource;
  key: Key;
  owners: readonly OwnerReference[];
  finalizers: readonly string[];
  resourceVersion?: string;
  deleting: boolean;
}

export interface Graph {
  get(uid: string): Thing | undefined;
  dependentsOf(uid: string): Thing[];
  set(thing: Thing): void;
  remove(uid: string): void;
}

export const thingOf = (resource: Resource, { metadata }: { metadata: ObjectMeta }): Thing => ({
  uid: metadata.uid ?? '',
  resource,
  key: { namespace: metadata.namespace, name: metadata.name },
  owners: metadata.ownerReferences ?? [],
  finalizers: metadata.finalizers ?? [],
  resourceVersion: metadata.resourceVersion,
  deleting: metadata.deletionTimestamp !== undefined,
});

export function createGraph(): Graph {
  const things = new Map<string, Thing>();
  const dependents = new Map<string, Set<string>>();
  const unlink = (thing: Thing) => {
    for (const { uid } of thing.owners) {
      const set = dependents.get(uid);
      set?.delete(thing.uid);
      if (set?.size === 0) dependents.delete(uid);
    }
  };
  return {
    get: uid => things.get(uid),
    dependentsOf: uid => Array.from(dependents.get(uid) ?? [], dependent => things.get(dependent)!),
    set(thing) {
      const before = things.get(thing.uid);
      if (before) unlink(before);
      things.set(thing.uid, thing);
      for (const { uid } of thing.owners) {
        const set = dependents.get(uid);
        if (set) set.add(thing.uid);
        else dependents.set(uid, new Set([thing.uid]));
      }
    },
    remove(uid) {
      const thing = things.get(uid);
      if (thing) unlink(thing);
      things.delete(uid);
    },
  };
}

export interface GarbageWorld {
  thing: Thing;
  dependents: readonly Thing[];
  /** Owners that the API says are gone; an owner in the graph is there, another namespace's is not. */
  owner(reference: OwnerReference): 'present' | 'leaving' | 'gone';
}

/** One step for one object. Dependents of what leaves in the foreground are looked at by themselves. */
export function planGarbage({ thing, dependents, owner }: GarbageWorld): Action[] {
  if (thing.deleting) {
    if (thing.finalizers.includes(ORPHAN))
      return [...dependents.map(dependent => disown(dependent, [thing.uid])), letGo(thing, ORPHAN)];
    if (thing.finalizers.includes(FOREGROUND)) {
      const blocking = dependents.some(({ owners }) =>
        owners.some(({ uid, blockOwnerDeletion }) => uid === thing.uid && blockOwnerDeletion),
      );
      return blocking ? [] : [letGo(thing, FOREGROUND)];
    }
    return [];
  }
  if (thing.owners.length === 0) return [];
  const present = thing.owners.filter(reference => owner(reference) === 'present');
  const leaving = thing.owners.filter(reference => owner(reference) === 'leaving');
  if (present.length > 0) {
    const lost = thing.owners.filter(reference => owner(reference) !== 'present');
    return lost.length > 0
      ? [
          disown(
            thing,
            lost.map(({ uid }) => uid),
          ),
        ]
      : [];
  }
  const foreground = leaving.length > 0 && dependents.length > 0;
  return [remove(thing, foreground ? 'Foreground' : 'Background')];
}

const remove = ({ resource, key, uid }: Thing, propagationPolicy: 'Foreground' | 'Background'): Action => ({
  type: 'delete',
  resource,
  key,
  uid,
  options: { propagationPolicy },
});

const disown = ({ resource, key, uid, owners, resourceVersion }: Thing, lost: readonly string[]): Action => {
  const ownerReferences = owners.filter(reference => !lost.includes(reference.uid));
  const patch = { metadata: { uid, resourceVersion, ownerReferences } };
  return { type: 'patch', resource, key, patch, absentIsFine: true };
};

const letGo = ({ resource, key, uid, finalizers, resourceVersion }: Thing, finalizer: string): Action => {
  const patch = { metadata: { uid, resourceVersion, finalizers: finalizers.filter(name => name !== finalizer) } };
  return { type: 'patch', resource, key, patch, absentIsFine: true };
};
