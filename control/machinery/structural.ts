/**
 * The one interpretive walker over structural schemas, for built-in kinds and for custom resources: a decoded value goes in,
 * the value pruned to what the schema knows and filled with its defaults comes out, with everything that was wrong on the way.
 *
 * Always: the value is changed in place and belongs to the caller; nothing is thrown; nothing is compiled to code; no path is
 * spelled out unless there is something to report. Unknown fields, wrong types (Kubernetes: 400) and wrong values (422) are
 * told apart, because they are answered differently.
 * Called by control/api's verbs (through control/kinds/prepare.ts); the interface of a schema is shared by codec and patches.
 */
import type { Cause } from './status.ts';
import { pathText, wrongTypeText, zeroOf } from './structural-errors.ts';
import { decodeAtom } from './structural-formats.ts';
import { atomFaults, duplicateFaults } from './structural-values.ts';

/** A schema with one type per place, as Kubernetes' structural schemas are. JSON Schema words mean what they mean there. */
export interface StructuralSchema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  /** int32, int64, double, date-time, micro-time, duration, byte, quantity, int-or-string. */
  format?: string;
  description?: string;
  default?: unknown;
  nullable?: boolean;
  properties?: Readonly<Record<string, StructuralSchema>>;
  required?: readonly string[];
  additionalProperties?: StructuralSchema;
  items?: StructuralSchema;
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: readonly string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-proto'?: ProtoField;
  /** A shared definition: OpenAPI emits it once as a component and refers to it. Copies of a schema share this object. */
  'x-definition'?: Definition;
}

interface Definition {
  /** `io.k8s.api.core.v1.PodSpec`. */
  name: string;
  description: string;
}

/** How a field looks on the protobuf wire. On an array, `type` is that of one item; on a map, see `additionalProperties`. */
export interface ProtoField {
  /** Field number; absent on a schema that is not a field (items, map values, roots) and on fields without one. */
  tag?: number;
  type: ProtoType;
  /** A pointer in Go: its zero value means something and must survive. Zero values of other fields mean "not set". */
  ptr?: boolean;
  /** Number of the embedded message that carries this field on the wire; in JSON it is a field like others. */
  within?: number;
}

/** `list` is a named Go slice, a message whose field 1 repeats; `raw` and `fields` are messages whose field 1 holds JSON. */
export type ProtoType =
  | 'string'
  | 'bytes'
  | 'int'
  | 'bool'
  | 'double'
  | 'message'
  | 'map'
  | 'list'
  | 'time'
  | 'micro-time'
  | 'duration'
  | 'int-or-string'
  | 'quantity'
  | 'raw'
  | 'fields';

export interface WalkOptions {
  /** Fill in `default`s. Default true; false for patches and apply configurations, which say only what they mean. */
  defaults?: boolean;
  /** Remove unknown fields. Default true; they are reported either way. */
  prune?: boolean;
  /** Look at enums, bounds, patterns and required fields. Default true. */
  validate?: boolean;
  /** Refuse duplicates in list-maps and sets. Default false: Kubernetes does so for custom resources, not for built-ins. */
  uniqueLists?: boolean;
}

export interface WalkResult {
  value: unknown;
  /** Paths such as `spec.containers[0].foo`. */
  unknownFields: string[];
  /** Wrong JSON types: the object cannot be decoded at all. */
  typeErrors: TypeFault[];
  /** Well-typed but wrong values. */
  causes: Cause[];
}

interface TypeFault {
  field: string;
  /** In the words of Go's decoder: `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`. */
  message: string;
}

type Json = Record<string, unknown>;

/** What `visit` needs of an object schema, worked out once per `properties`. */
interface Table {
  fields: Map<string, StructuralSchema>;
  defaulted: [name: string, field: StructuralSchema][];
}

interface Walk {
  prune: boolean;
  defaults: boolean;
  validate: boolean;
  uniqueLists: boolean;
  /** Names and indexes from the root to where we are; only the first `depth` count. */
  steps: (string | number)[];
  depth: number;
  /** The Go type of the innermost named object, for type errors. */
  struct: string;
  unknownFields: string[];
  typeErrors: TypeFault[];
  causes: Cause[];
}

const tables = new WeakMap<object, Table>();

export function walk(schema: StructuralSchema, value: unknown, options: WalkOptions = {}): WalkResult {
  const { prune = true, defaults = true, validate = true, uniqueLists = false } = options;
  const found = { unknownFields: [], typeErrors: [], causes: [] };
  const w: Walk = { prune, defaults, validate, uniqueLists, steps: [], depth: 0, struct: '', ...found };
  return { value: visit(schema, value, w), ...found };
}

/** Returns the value to keep, which is the same object unless the text of an atom was brought into its canonical form. */
function visit(schema: StructuralSchema, value: unknown, w: Walk): unknown {
  switch (schema.type) {
    case 'object':
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrongType(schema, value, w);
      if (schema.properties !== undefined) return visitObject(schema, value as Json, w);
      if (schema.additionalProperties !== undefined) visitMap(schema, schema.additionalProperties, value as Json, w);
      return value;
    case 'array':
      return Array.isArray(value) ? visitArray(schema, value, w) : wrongType(schema, value, w);
    case undefined:
      return schema['x-kubernetes-int-or-string'] === true ? visitAtom(schema, value, w) : value;
    default:
      return visitAtom(schema, value, w);
  }
}

function visitObject(schema: StructuralSchema, value: Json, w: Walk): Json {
  const properties = schema.properties as Json;
  const table = tables.get(properties) ?? tableOf(schema);
  const outer = w.struct;
  const definition = schema['x-definition'];
  if (definition !== undefined) w.struct = definition.name;
  const depth = w.depth++;
  for (const key in value) {
    const field = table.fields.get(key);
    w.steps[depth] = key;
    if (field === undefined) unknown(schema, value, key, w);
    else visitField(field, value, key, w);
  }
  if (w.defaults) for (const [key, field] of table.defaulted) fillDefault(value, key, field, depth, w);
  w.depth = depth;
  if (w.validate && schema.required !== undefined) requireFields(schema.required, value, w);
  w.struct = outer;
  return value;
}

function visitField(field: StructuralSchema, value: Json, key: string, w: Walk): void {
  const before = value[key];
  // In Go's decoder null means "not given", whatever the type.
  if (before === null || before === undefined) {
    if (field.nullable !== true || before === undefined) delete value[key];
    return;
  }
  const after = visit(field, before, w);
  if (after !== before) value[key] = after;
}

function fillDefault(value: Json, key: string, field: StructuralSchema, depth: number, w: Walk): void {
  const present = value[key];
  // A zero in a field that is no pointer in Go cannot be told from an absent one.
  const zero = present === '' || present === 0;
  if (present !== undefined && !(zero && field['x-proto'] !== undefined && field['x-proto'].ptr !== true)) return;
  const fresh = field.default;
  if (typeof fresh !== 'object' || fresh === null) {
    value[key] = fresh;
    return;
  }
  w.steps[depth] = key;
  value[key] = visit(field, copyOf(fresh), w);
}

/** Nearly all such defaults are empty. */
function copyOf(fresh: object): unknown {
  for (const _ in fresh) return structuredClone(fresh);
  return Array.isArray(fresh) ? [] : {};
}

function requireFields(required: readonly string[], value: Json, w: Walk): void {
  for (const name of required) {
    if (value[name] !== undefined) continue;
    w.steps[w.depth] = name;
    w.causes.push({ reason: 'FieldValueRequired', message: 'Required value', field: pathText(w.steps, w.depth + 1) });
  }
}

function visitMap(schema: StructuralSchema, values: StructuralSchema, value: Json, w: Walk): void {
  const depth = w.depth++;
  for (const key in value) {
    w.steps[depth] = key;
    if (key === '__proto__') {
      unknown(schema, value, key, w);
      continue;
    }
    const before = value[key];
    const after = visit(values, before === null ? zeroOf(values) : before, w);
    if (after !== before) value[key] = after;
  }
  w.depth = depth;
  if (w.validate) check(schema, value, w);
}

function visitArray(schema: StructuralSchema, value: unknown[], w: Walk): unknown[] {
  const items = schema.items;
  if (items !== undefined) {
    const depth = w.depth++;
    for (let i = 0; i < value.length; i++) {
      const before = value[i];
      w.steps[depth] = i;
      const after = visit(items, before === null ? zeroOf(items) : before, w);
      if (after !== before) value[i] = after;
    }
    w.depth = depth;
  }
  if (w.uniqueLists) for (const fault of duplicateFaults(schema, value)) report(w, fault, fault.at);
  return check(schema, value, w) as unknown[];
}

function visitAtom(schema: StructuralSchema, value: unknown, w: Walk): unknown {
  const atom = decodeAtom(schema, value);
  if (typeof atom !== 'object') return check(schema, atom, w);
  return atom.fault === undefined ? wrongType(schema, value, w) : undecodable(w, value, atom.fault);
}

function check(schema: StructuralSchema, value: unknown, w: Walk): unknown {
  if (w.validate) for (const fault of atomFaults(schema, value)) report(w, fault, undefined);
  return value;
}

function report(w: Walk, fault: Pick<Cause, 'reason' | 'message'>, at: number | undefined): void {
  const field = pathText(w.steps, w.depth) + (at === undefined ? '' : `[${at}]`);
  w.causes.push({ reason: fault.reason, message: fault.message, field });
}

function unknown(schema: StructuralSchema, value: Json, key: string, w: Walk): void {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true && key !== '__proto__') return;
  w.unknownFields.push(pathText(w.steps, w.depth));
  if (w.prune) delete value[key];
}

function undecodable(w: Walk, value: unknown, message: string): unknown {
  w.typeErrors.push({ field: pathText(w.steps, w.depth), message });
  return value;
}

function wrongType(schema: StructuralSchema, value: unknown, w: Walk): unknown {
  return undecodable(w, value, wrongTypeText(schema, value, w.struct, w.steps.slice(0, w.depth)));
}

function tableOf(schema: StructuralSchema): Table {
  const fields = new Map(Object.entries(schema.properties ?? {}));
  const defaulted = [...fields].filter(([, field]) => field.default !== undefined);
  const table = { fields, defaulted };
  tables.set(schema.properties as object, table);
  return table;
}
