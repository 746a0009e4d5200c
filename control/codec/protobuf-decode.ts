/**
 * Reads Kubernetes' protobuf, which kubectl from 1.32 on writes and never falls back from. One generic decoder, driven by
 * the `x-proto` words of the Kinds' schemas; we never write protobuf. Called by the API for request bodies.
 *
 * Always: yields what the same client would have sent as JSON. Go's encoder writes zero values of fields that are not
 * pointers; they mean "not set" and are dropped. Unknown fields are skipped, as protobuf wants; malformed input throws
 * BadRequest.
 */
import { isRecord, setOwn } from '../machinery/property.ts';
import { badRequest, StatusError } from '../machinery/status.ts';
import type { ProtoField, StructuralSchema } from '../machinery/structural.ts';
import { decodeAtom, isZero } from './protobuf-atoms.ts';
import { type Field, readFields, textOf } from './protobuf-wire.ts';

const DEPTH_MAX = 100;
/** `k8s` and a zero byte. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00];

/** The schema of a type; undefined when it is not served. */
export type SchemaLookup = (apiVersion: string, kind: string) => StructuralSchema | undefined;

/** Throws BadRequest. */
export const decodeProtobuf = (body: Uint8Array, schemaOf: SchemaLookup): Record<string, unknown> => {
  try {
    const { apiVersion, kind, raw } = readEnvelope(body);
    const schema = schemaOf(apiVersion, kind);
    if (schema === undefined) throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}"`);
    return { apiVersion, kind, ...decodeMessage(raw, schema, 0) };
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest(`error decoding protobuf: ${(error as Error).message}`);
  }
};

/** runtime.Unknown: the type beside the bytes of the object. */
const readEnvelope = (body: Uint8Array): { apiVersion: string; kind: string; raw: Uint8Array } => {
  if (MAGIC.some((byte, i) => body[i] !== byte)) {
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  const envelope = { apiVersion: '', kind: '', raw: new Uint8Array() as Uint8Array };
  for (const field of readFields(body.subarray(MAGIC.length))) {
    if (field.tag === 2) envelope.raw = field.bytes;
    if (field.tag !== 1) continue;
    for (const part of readFields(field.bytes)) {
      if (part.tag === 1) envelope.apiVersion = textOf(part.bytes);
      if (part.tag === 2) envelope.kind = textOf(part.bytes);
    }
  }
  return envelope;
};

interface Known {
  name: string;
  schema: StructuralSchema;
  proto: ProtoField;
}

/** Field number → field; `embedded` has the fields of messages that JSON spreads into their parent. */
interface Table {
  fields: Map<number, Known>;
  embedded: Map<number, Table>;
}

const newTable = (): Table => ({ fields: new Map(), embedded: new Map() });

/** Made once for each schema. */
const tables = new WeakMap<object, Table>();

const tableOf = (properties: Readonly<Record<string, StructuralSchema>>): Table => {
  const known = tables.get(properties);
  if (known !== undefined) return known;
  const table = newTable();
  for (const [name, schema] of Object.entries(properties)) {
    const proto = schema['x-proto'];
    if (proto?.tag === undefined) continue;
    const holder = proto.within === undefined ? table : (table.embedded.get(proto.within) ?? newTable());
    if (proto.within !== undefined) table.embedded.set(proto.within, holder);
    holder.fields.set(proto.tag, { name, schema, proto });
  }
  tables.set(properties, table);
  return table;
};

const decodeMessage = (bytes: Uint8Array, schema: StructuralSchema, depth: number): Record<string, unknown> => {
  if (depth > DEPTH_MAX) throw badRequest('error decoding protobuf: nested too deeply');
  const object: Record<string, unknown> = {};
  fill(object, bytes, tableOf(schema.properties ?? {}), depth);
  return object;
};

const fill = (object: Record<string, unknown>, bytes: Uint8Array, table: Table, depth: number): void => {
  for (const field of readFields(bytes)) {
    const known = table.fields.get(field.tag);
    const embedded = table.embedded.get(field.tag);
    if (known !== undefined) addField(object, known, field, depth);
    else if (embedded !== undefined) fill(object, field.bytes, embedded, depth);
  }
};

const addField = (
  object: Record<string, unknown>,
  { name, schema, proto }: Known,
  field: Field,
  depth: number,
): void => {
  if (proto.type === 'map') {
    object[name] ??= {};
    const [key, value] = decodeEntry(field.bytes, schema.additionalProperties ?? {}, depth);
    setOwn(object[name] as object, key, value);
  } else if (proto.type !== 'list' && schema.type === 'array') {
    object[name] ??= [];
    (object[name] as unknown[]).push(...decodeItems(field, schema.items ?? {}, proto, depth));
  } else {
    const value = decodeValue(field, schema, proto, depth);
    if (proto.ptr === true ? value !== undefined : !isUnset(value)) object[name] = value;
  }
};

/** Zero, or a message in which nothing is set. */
const isUnset = (value: unknown): boolean =>
  isZero(value) || (Array.isArray(value) && value.length === 0) || (isRecord(value) && Object.keys(value).length === 0);

/** One item, or several numbers packed into one field. */
const decodeItems = (field: Field, items: StructuralSchema, proto: ProtoField, depth: number): unknown[] => {
  const packed = field.packed(proto.type);
  if (packed !== undefined) return packed.map(single => decodeValue(single, items, proto, depth));
  return [decodeValue(field, items, proto, depth)];
};

const decodeEntry = (bytes: Uint8Array, values: StructuralSchema, depth: number): [string, unknown] => {
  const proto = values['x-proto'] ?? { type: 'string' };
  let key = '';
  let value: unknown;
  for (const field of readFields(bytes)) {
    if (field.tag === 1) key = textOf(field.bytes);
    if (field.tag === 2) value = decodeValue(field, values, proto, depth + 1);
  }
  // An absent value is the zero value of its type.
  return [key, value ?? (proto.type === 'message' ? {} : proto.type === 'list' ? [] : proto.type === 'int' ? 0 : '')];
};

const decodeValue = (field: Field, schema: StructuralSchema, proto: ProtoField, depth: number): unknown => {
  switch (proto.type) {
    case 'message':
      return decodeMessage(field.bytes, schema, depth + 1);
    case 'list': {
      const items = schema.items ?? {};
      const item = items['x-proto'] ?? { type: 'string' };
      return readFields(field.bytes).flatMap(part => (part.tag === 1 ? decodeItems(part, items, item, depth + 1) : []));
    }
    case 'map':
      throw badRequest('error decoding protobuf: a map inside of a map');
    default:
      return decodeAtom(field, proto.type);
  }
};
