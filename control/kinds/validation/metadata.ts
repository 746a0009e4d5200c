/**
 * What every object's metadata must satisfy, on creation and on update (apimachinery's ValidateObjectMeta). Called by
 * kinds/prepare.ts for each Kind, and for the metadata of pod templates.
 */
import { equal } from '../../machinery/equal.ts';
import type { ObjectMeta, OwnerReference } from '../../machinery/meta.ts';
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
} from '../../machinery/names.ts';
import type { Cause } from '../../machinery/status.ts';
import type { Kind } from '../strategy.ts';
import {
  eachFault,
  forbiddenFault,
  immutableFault,
  invalidFault,
  nameFaults,
  requiredFault,
  tooLongFault,
} from './faults.ts';

const ANNOTATIONS_BYTES_MAX = 256 * 1024;

export function metadataFaults(kind: Pick<Kind, 'namespaced' | 'validateName'>, meta: ObjectMeta): Cause[] {
  const faults: Cause[] = [];
  const nameErrors = kind.validateName ?? dns1123SubdomainErrors;
  if (meta.generateName) faults.push(...generateNameFaults(meta.generateName, nameErrors));
  if (!meta.name) faults.push(requiredFault('metadata.name', 'name or generateName is required'));
  else faults.push(...nameFaults('metadata.name', meta.name, nameErrors(meta.name)));
  if (kind.namespaced) {
    if (!meta.namespace) faults.push(requiredFault('metadata.namespace'));
    else faults.push(...nameFaults('metadata.namespace', meta.namespace, dns1123LabelErrors(meta.namespace)));
  } else if (meta.namespace) {
    faults.push(forbiddenFault('metadata.namespace', 'not allowed on this type'));
  }
  faults.push(
    ...labelFaults('metadata.labels', meta.labels),
    ...annotationFaults('metadata.annotations', meta.annotations),
  );
  faults.push(...eachFault('metadata.ownerReferences', meta.ownerReferences, ownerFaults));
  if ((meta.ownerReferences?.filter(owner => owner.controller === true).length ?? 0) > 1) {
    faults.push(
      invalidFault(
        'metadata.ownerReferences',
        meta.ownerReferences,
        'Only one reference can have Controller set to true',
      ),
    );
  }
  faults.push(
    ...eachFault('metadata.finalizers', meta.finalizers, (name, field) =>
      nameFaults(field, name, qualifiedNameErrors(name)),
    ),
  );
  return faults;
}

/** A prefix may end in a dash, which a name may not. */
const generateNameFaults = (prefix: string, nameErrors: (name: string) => string[]): Cause[] =>
  nameFaults('metadata.generateName', prefix, nameErrors(prefix.replace(/-$/, 'a')));

export function labelFaults(field: string, labels: Record<string, string> | undefined): Cause[] {
  if (labels === undefined) return [];
  const faults: Cause[] = [];
  for (const [key, value] of Object.entries(labels)) {
    faults.push(...nameFaults(field, key, qualifiedNameErrors(key)));
    faults.push(...nameFaults(field, value, labelValueErrors(value)));
  }
  return faults;
}

export function annotationFaults(field: string, annotations: Record<string, string> | undefined): Cause[] {
  if (annotations === undefined) return [];
  const faults: Cause[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    faults.push(...nameFaults(field, key, qualifiedNameErrors(key.toLowerCase())));
    size += key.length + value.length;
  }
  if (size > ANNOTATIONS_BYTES_MAX) faults.push(tooLongFault(field, ANNOTATIONS_BYTES_MAX));
  return faults;
}

const ownerFaults = (owner: OwnerReference, field: string): Cause[] => {
  const missing = (part: keyof OwnerReference, what: string) =>
    owner[part] ? [] : [invalidFault(`${field}.${part}`, owner[part] ?? '', `${what} must not be empty`)];
  return [
    ...missing('apiVersion', 'version'),
    ...missing('kind', 'kind'),
    ...missing('name', 'name'),
    ...missing('uid', 'uid'),
  ];
};

/** What an update may not change, and no new finalizers on something that is being deleted. */
export function metadataUpdateFaults(next: ObjectMeta, current: ObjectMeta): Cause[] {
  const faults: Cause[] = [];
  for (const part of FIXED) {
    if (!equal(next[part], current[part])) faults.push(immutableFault(`metadata.${part}`, next[part] ?? null));
  }
  if (current.deletionTimestamp !== undefined) {
    const added = (next.finalizers ?? []).filter(name => !current.finalizers?.includes(name));
    if (added.length > 0) {
      const names = added.map(name => `"${name}"`).join(', ');
      faults.push(
        forbiddenFault(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`,
        ),
      );
    }
  }
  if ((next.generation ?? 0) < (current.generation ?? 0)) {
    faults.push(invalidFault('metadata.generation', next.generation ?? 0, 'must not be decremented'));
  }
  return faults;
}

const FIXED = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;
