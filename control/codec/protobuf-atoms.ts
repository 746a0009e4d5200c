/**
 * Single values of Kubernetes' protobuf, as the JSON that they stand for: times, quantities, int-or-string, raw JSON.
 * Called by protobuf-decode.ts only.
 */
import { formatDuration } from '../machinery/duration.ts';
import { badRequest } from '../machinery/status.ts';
import type { ProtoType } from '../machinery/structural.ts';
import { parseJson } from './json.ts';
import { type Field, readFields, textOf } from './protobuf-wire.ts';

/** Undefined stands for null: a time that was not set. */
export const decodeAtom = (field: Field, type: ProtoType): unknown => {
  switch (type) {
    case 'string':
      return textOf(field.bytes);
    case 'bytes':
      return field.bytes.toBase64();
    case 'int':
      return Number(field.integer);
    case 'bool':
      return field.integer !== 0n;
    case 'double':
      return field.double;
    case 'time':
    case 'micro-time':
      return timeOf(field.bytes, type === 'micro-time');
    case 'duration':
      return formatDuration(Number(part(field.bytes, 1)?.integer ?? 0n) / 1e6);
    case 'quantity':
      return textOf(part(field.bytes, 1)?.bytes ?? new Uint8Array()) || '0';
    case 'int-or-string':
      return intOrStringOf(field.bytes);
    case 'raw':
    case 'fields':
      return jsonOf(part(field.bytes, 1)?.bytes ?? new Uint8Array());
    default:
      throw badRequest(`error decoding protobuf: ${type} is no single value`);
  }
};

/** Values that Go writes for fields that were never set. */
export const isZero = (value: unknown): boolean =>
  value === undefined || value === '' || value === 0 || value === false;

const part = (bytes: Uint8Array, tag: number): Field | undefined =>
  readFields(bytes).findLast(field => field.tag === tag);

const timeOf = (bytes: Uint8Array, micro: boolean): string | undefined => {
  if (bytes.length === 0) return undefined;
  const seconds = Number(part(bytes, 1)?.integer ?? 0n);
  const nanos = Number(part(bytes, 2)?.integer ?? 0n);
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw badRequest('error decoding protobuf: time out of range');
  const text = date.toISOString().replace(/\.\d+Z$/, '');
  return micro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
};

const STRING_TYPE = 1n;

const intOrStringOf = (bytes: Uint8Array): number | string =>
  part(bytes, 1)?.integer === STRING_TYPE
    ? textOf(part(bytes, 3)?.bytes ?? new Uint8Array())
    : Number(part(bytes, 2)?.integer ?? 0n);

const jsonOf = (bytes: Uint8Array): unknown => (bytes.length === 0 ? undefined : parseJson(bytes).value);
