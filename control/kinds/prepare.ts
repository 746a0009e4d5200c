/**
 * From a decoded body to an object that may be stored: the order in which a Kind's answers are asked for.
 *
 *   decodeObject      structure, defaults          400 on wrong types
 *   (mutating admission)
 *   admitNew          status dropped, validated    422 on wrong values
 *   admitUpdate       what this endpoint may not change is restored, generation, validated
 *
 * Always: pure, and the object is changed in place; uid, times and resourceVersion are the verbs' business.
 * Called by control/api/verbs and subresources.
 */
import { equal } from '../machinery/equal.ts';
import { type ApiObject, apiVersionOf } from '../machinery/meta.ts';
import { badRequest, type Cause, invalid } from '../machinery/status.ts';
import { walk } from '../machinery/structural.ts';
import type { Body } from './bodies.ts';
import type { Kind } from './strategy.ts';
import { metadataFaults, metadataUpdateFaults } from './validation/metadata.ts';

export interface Decoded<T> {
  object: T;
  /** Pruned already. Paths such as `spec.containers[0].foo`. */
  unknownFields: string[];
  /** Wrong values found by the schema; give them to admitNew or admitUpdate, which report them with the rest. */
  causes: Cause[];
}

/** Throws BadRequest when the value is no object of this Kind. apiVersion and kind are filled in when absent. */
export function decodeObject<T extends ApiObject>(kind: Kind<T> | Body<T>, value: unknown): Decoded<T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${nameOf(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  checkType(kind, value as Partial<ApiObject>);
  const walked = walk(kind.schema, value);
  const [fault] = walked.typeErrors;
  if (fault !== undefined) {
    throw badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${fault.message}`);
  }
  const object = walked.value as T;
  object.apiVersion = apiVersionOf(kind);
  object.kind = kind.kind;
  if ('setDefaults' in kind) kind.setDefaults?.(object);
  return { object, unknownFields: walked.unknownFields, causes: walked.causes };
}

const nameOf = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value);

function checkType(kind: Pick<Kind, 'group' | 'version' | 'kind'>, value: Partial<ApiObject>): void {
  const expected = apiVersionOf(kind);
  if (typeof value.apiVersion === 'string' && value.apiVersion !== '' && value.apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${value.apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (typeof value.kind === 'string' && value.kind !== '' && value.kind !== kind.kind) {
    throw badRequest(
      `${value.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: no kind "${value.kind}" is registered for this endpoint`,
    );
  }
}

/** Throws Invalid. `metadata.name` must be there already: the verb makes it from generateName. */
export function admitNew<T extends ApiObject>(kind: Kind<T>, object: T, causes: readonly Cause[] = []): void {
  kind.prepareForCreate?.(object);
  if (kind.generation !== false) object.metadata.generation = 1;
  // A review is a question, not an object: it has no name.
  const meta = kind.virtual ? [] : metadataFaults(kind, object.metadata);
  refuse(kind, object, [...meta, ...causes, ...(kind.validate?.(object) ?? [])]);
}

/** Throws Invalid. `next` carries the metadata that the verb has restored (uid, times); generation is set here. */
export function admitUpdate<T extends ApiObject>(
  kind: Kind<T>,
  next: T,
  current: T,
  subresource?: string,
  causes: readonly Cause[] = [],
): void {
  kind.prepareForUpdate?.(next, current, subresource);
  if (kind.generation !== false) {
    const generation = current.metadata.generation ?? 1;
    next.metadata.generation = generation + (desiredStateChanged(next, current) ? 1 : 0);
  }
  const faults = [
    ...metadataFaults(kind, next.metadata),
    ...metadataUpdateFaults(next.metadata, current.metadata),
    ...causes,
  ];
  // What is wrong with a stored object is no reason to refuse its status.
  if (subresource === undefined) faults.push(...(kind.validate?.(next) ?? []));
  faults.push(...(kind.validateUpdate?.(next, current, subresource) ?? []));
  refuse(kind, next, faults);
}

/** Everything but metadata and status is what somebody wants. */
function desiredStateChanged(next: ApiObject, current: ApiObject): boolean {
  const names = new Set([...Object.keys(next), ...Object.keys(current)]);
  for (const name of names) {
    if (name === 'metadata' || name === 'status') continue;
    if (!equal(next[name as keyof ApiObject], current[name as keyof ApiObject])) return true;
  }
  return false;
}

function refuse(kind: Pick<Kind, 'group' | 'kind'>, object: ApiObject, faults: Cause[]): void {
  if (faults.length > 0) throw invalid(kind, object.metadata.name ?? '', faults);
}
