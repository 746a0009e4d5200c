/**
 * How a Kind writes down its fields: small functions that yield plain structural schemas (machinery/structural.ts) and, by
 * inference, the TypeScript type of the object. One declaration drives decoding, pruning, defaults, patches and OpenAPI.
 *
 * Always: a field carries its protobuf number and says whether it is a pointer in Go, because that decides what a zero means.
 * Called by control/kinds/types/* and by the Kinds themselves.
 *
 *   export const ContainerPort = object('io.k8s.api.core.v1.ContainerPort', 'A port that a container serves.', {
 *     name: optional(1, string(), 'Label by which Services may refer to the port.'),
 *     containerPort: required(3, int32(), 'Number of the port.'),
 *   });
 *   export type ContainerPort = Static<typeof ContainerPort>;
 */
import type { ObjectMeta } from '../machinery/meta.ts';
import type { ProtoType, StructuralSchema } from '../machinery/structural.ts';

/** Carries the TypeScript type; never there at run time. */
declare const STATIC: unique symbol;

export type Schema<T = unknown> = StructuralSchema & { readonly [STATIC]?: T };

/** The schema of a whole object or of a named part of one. */
export type ObjectSchema<T = unknown> = Schema<T> & {
  type: 'object';
  properties: Readonly<Record<string, StructuralSchema>>;
};

export type Static<S> = S extends { readonly [STATIC]?: infer T } ? T : never;

/**
 * `filled` may be absent in what a client sends and is there after the walk (a struct without a pointer in Go);
 * `required` is too, with its zero value, unless it is a pointer: then its absence is an error.
 */
export interface Field<T = unknown, P extends Presence = Presence> {
  schema: Schema<T>;
  presence: P;
}
type Presence = 'required' | 'optional' | 'filled';
type Fields = Record<string, Field>;

type OptionalNames<F extends Fields> = { [K in keyof F]: F[K]['presence'] extends 'optional' ? K : never }[keyof F];
type ValueOf<F> = F extends Field<infer T> ? T : never;
export type ObjectOf<F extends Fields> = {
  [K in Exclude<keyof F, OptionalNames<F>>]: ValueOf<F[K]>;
} & { [K in OptionalNames<F>]?: ValueOf<F[K]> } extends infer O
  ? { [K in keyof O]: O[K] }
  : never;

interface Extras {
  description?: string;
  default?: unknown;
}

// ── Fields ──

/** Always written; absent means the zero value of its type. */
export const required = <T>(tag: number, schema: Schema<T>, extras?: string | Extras): Field<T, 'required'> => ({
  schema: fieldOf(schema, tag, false, { default: zero(schema), ...extrasOf(extras) }),
  presence: 'required',
});

/** A pointer that must be given: its absence is `Required value`. */
export const requiredPointer = <T>(tag: number, schema: Schema<T>, extras?: string | Extras): Field<T, 'required'> => ({
  schema: fieldOf(schema, tag, true, extrasOf(extras)),
  presence: 'required',
});

export const optional = <T>(tag: number, schema: Schema<T>, extras?: string | Extras): Field<T, 'optional'> => ({
  schema: fieldOf(schema, tag, false, extrasOf(extras)),
  presence: 'optional',
});

/** Optional, and a pointer in Go: 0, false and "" are values, not absence. */
export const pointer = <T>(tag: number, schema: Schema<T>, extras?: string | Extras): Field<T, 'optional'> => ({
  schema: fieldOf(schema, tag, true, extrasOf(extras)),
  presence: 'optional',
});

export const filled = <T>(tag: number, schema: Schema<T>, extras?: string | Extras): Field<T, 'filled'> => ({
  schema: fieldOf(schema, tag, false, { default: zero(schema), ...extrasOf(extras) }),
  presence: 'filled',
});

const extrasOf = (extras: string | Extras | undefined): Extras =>
  typeof extras === 'string' ? { description: extras } : (extras ?? {});

/** Fields of a struct that Go embeds: plain fields in JSON, a message behind `tag` in protobuf. */
export function embedded<F extends Fields>(tag: number, fields: F): F {
  const within = ({ schema, presence }: Field): Field => ({
    schema: { ...schema, 'x-proto': { type: 'message', ...schema['x-proto'], within: tag } },
    presence,
  });
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, within(field)])) as F;
}

function fieldOf<T>(schema: Schema<T>, tag: number, ptr: boolean, extras: Extras): Schema<T> {
  const type = schema['x-proto']?.type ?? 'message';
  const description = extras.description ?? schema.description ?? schema['x-definition']?.description;
  const field: Schema<T> = { ...schema, 'x-proto': ptr ? { tag, type, ptr } : { tag, type } };
  if (description !== undefined) field.description = description;
  if (extras.default !== undefined) field.default = extras.default;
  return field;
}

function zero(schema: StructuralSchema): unknown {
  if (schema.type === 'object') return {};
  if (schema.type === 'array') return [];
  if (schema.type === 'boolean') return false;
  if (schema.type === 'integer' || schema.type === 'number') return 0;
  // Times have no zero value in JSON but null; a quantity's is 0.
  if (schema.format === 'quantity') return '0';
  return schema.type === 'string' && schema.format === undefined ? '' : undefined;
}

// ── Atoms ──

export const string = (rules: Pick<StructuralSchema, 'pattern' | 'minLength' | 'maxLength'> = {}): Schema<string> =>
  atom<string>('string', 'string', undefined, rules);
export const int32 = (): Schema<number> => atom<number>('integer', 'int', 'int32');
export const int64 = (): Schema<number> => atom<number>('integer', 'int', 'int64');
export const double = (): Schema<number> => atom<number>('number', 'double', 'double');
export const boolean = (): Schema<boolean> => atom<boolean>('boolean', 'bool');
/** Base64 text in JSON. */
export const bytes = (): Schema<string> => atom<string>('string', 'bytes', 'byte');
/** RFC 3339, whole seconds, UTC. */
export const time = (): Schema<string> => atom<string>('string', 'time', 'date-time');
/** RFC 3339 with six digits of a second, UTC. */
export const microTime = (): Schema<string> => atom<string>('string', 'micro-time', 'micro-time');
export const duration = (): Schema<string> => atom<string>('string', 'duration', 'duration');
/** `250m`, `64Mi`. */
export const quantity = (): Schema<string> => atom<string>('string', 'quantity', 'quantity');

/** A closed set of strings: anything else is refused. */
export const enumeration = <const V extends readonly string[]>(...values: V): Schema<V[number]> => ({
  ...atom<V[number]>('string', 'string'),
  enum: values,
});

export const intOrString = (): Schema<number | string> => ({
  'x-kubernetes-int-or-string': true,
  format: 'int-or-string',
  'x-proto': { type: 'int-or-string' },
});

/** Any JSON, kept as it is (runtime.RawExtension, FieldsV1). */
export const opaque = (): Schema<unknown> => ({
  'x-kubernetes-preserve-unknown-fields': true,
  'x-proto': { type: 'raw' },
});

function atom<T>(
  type: 'string' | 'integer' | 'number' | 'boolean',
  proto: ProtoType,
  format?: string,
  rules: StructuralSchema = {},
): Schema<T> {
  return { type, ...(format === undefined ? {} : { format }), ...rules, 'x-proto': { type: proto } };
}

// ── Collections ──

interface ListRules {
  /** Strategic merge joins lists by this key of their items. */
  mergeKey?: string;
  /** Strategic merge appends what is new (lists of atoms), or keeps only the keys of the patch. */
  strategy?: 'merge' | 'merge,retainKeys' | 'replace';
  /** Server-side apply: keys that name an item, `set`, or (absent) nothing said. */
  keys?: readonly string[];
  type?: 'atomic' | 'set';
}

export const array = <T>(items: Schema<T>, rules: ListRules = {}): Schema<T[]> => {
  const schema: Schema<T[]> = { type: 'array', items, 'x-proto': { type: items['x-proto']?.type ?? 'message' } };
  const strategy = rules.strategy ?? (rules.mergeKey === undefined ? undefined : 'merge');
  const listType = rules.type ?? (rules.keys === undefined ? undefined : 'map');
  if (strategy !== undefined) schema['x-kubernetes-patch-strategy'] = strategy;
  if (rules.mergeKey !== undefined) schema['x-kubernetes-patch-merge-key'] = rules.mergeKey;
  if (listType !== undefined) schema['x-kubernetes-list-type'] = listType;
  if (rules.keys !== undefined) schema['x-kubernetes-list-map-keys'] = rules.keys;
  return schema;
};

/** A named slice in Go (ExtraValue): a message of its own on the wire, a plain array in JSON. */
export const wrappedArray = <T>(items: Schema<T>): Schema<T[]> => ({
  type: 'array',
  items,
  'x-proto': { type: 'list' },
});

export const map = <T>(values: Schema<T>, rules: { atomic?: boolean } = {}): Schema<Record<string, T>> => ({
  type: 'object',
  additionalProperties: values,
  ...(rules.atomic === true ? { 'x-kubernetes-map-type': 'atomic' as const } : {}),
  'x-proto': { type: 'map' },
});

// ── Objects ──

/** A named object. `name` is its OpenAPI component, whose last two parts are also its Go type. */
export function object<F extends Fields>(
  name: string,
  description: string,
  fields: F,
  rules: { atomic?: boolean; strategy?: 'retainKeys' } = {},
): ObjectSchema<ObjectOf<F>> {
  const schema = emptyObject(name, description);
  addFields(schema, fields);
  if (rules.atomic === true) schema['x-kubernetes-map-type'] = 'atomic';
  if (rules.strategy !== undefined) schema['x-kubernetes-patch-strategy'] = rules.strategy;
  return schema as ObjectSchema<ObjectOf<F>>;
}

/** A named object that contains itself; the type cannot be inferred, so it is given. */
export function recursive<T>(
  name: string,
  description: string,
  fields: (self: ObjectSchema<T>) => Fields,
): ObjectSchema<T> {
  const schema = emptyObject(name, description);
  addFields(schema, fields(schema as ObjectSchema<T>));
  return schema as ObjectSchema<T>;
}

/** What every stored or served object begins with. */
interface TypeAndMeta {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** The root schema of a Kind: its own fields behind apiVersion, kind and metadata. */
export function apiObject<F extends Fields>(
  name: string,
  description: string,
  metadata: Schema<ObjectMeta>,
  fields: F,
): ObjectSchema<TypeAndMeta & ObjectOf<F>> {
  const schema = emptyObject(name, description);
  addFields(schema, { ...typeFields(), metadata: filled(1, metadata, 'Name, labels and bookkeeping of the object.') });
  addFields(schema, fields);
  return schema as ObjectSchema<TypeAndMeta & ObjectOf<F>>;
}

/** apiVersion and kind travel beside the message in protobuf, so they have no number. */
export const typeFields = () => ({
  apiVersion: unnumbered(string(), 'Group and version of the schema that this object follows.'),
  kind: unnumbered(string(), 'The Kind of object this is.'),
});

const unnumbered = <T>(schema: Schema<T>, description: string): Field<T, 'optional'> => ({
  schema: { ...schema, description, 'x-proto': { type: 'string' } },
  presence: 'optional',
});

interface Growing extends StructuralSchema {
  type: 'object';
  properties: Record<string, StructuralSchema>;
  required: string[];
}

const emptyObject = (name: string, description: string): Growing => ({
  type: 'object',
  description,
  // Without a prototype: no field name of a request can find Object's own members.
  properties: Object.create(null) as Record<string, StructuralSchema>,
  required: [],
  'x-definition': { name, description },
  'x-proto': { type: 'message' },
});

function addFields(schema: Growing, fields: Fields): void {
  for (const [name, field] of Object.entries(fields)) {
    schema.properties[name] = field.schema;
    if (field.presence === 'required') schema.required.push(name);
  }
}
