/** The protobuf wire format, as far as Kubernetes uses it: varints, 64-bit, 32-bit and length-delimited fields. */
import { badRequest } from '../machinery/status.ts';

export interface Field {
  tag: number;
  /** Of a length-delimited field; empty for others. */
  bytes: Uint8Array;
  /** Of a varint, signed as Go's int64 is. */
  integer: bigint;
  /** Of a 64-bit field, read as a float. */
  double: number;
  /** The numbers inside a length-delimited field of a numeric type; undefined when it is none. */
  packed(type: string): Field[] | undefined;
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

const NOTHING = new Uint8Array();
const cut = () => badRequest('error decoding protobuf: unexpected end');

export const readFields = (bytes: Uint8Array): Field[] => {
  const fields: Field[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const head = readVarint(bytes, at);
    at = head.end;
    const tag = Number(head.value >> 3n);
    const wire = Number(head.value & 7n);
    if (tag < 1 || tag > 0x1fffffff) throw badRequest(`error decoding protobuf: illegal tag ${tag}`);
    if (wire === VARINT) {
      const { value, end } = readVarint(bytes, at);
      fields.push(fieldOf(tag, wire, NOTHING, BigInt.asIntN(64, value), 0));
      at = end;
    } else if (wire === DELIMITED) {
      const { value, end } = readVarint(bytes, at);
      if (value > bytes.length - end) throw cut();
      at = end + Number(value);
      fields.push(fieldOf(tag, wire, bytes.subarray(end, at), 0n, 0));
    } else if (wire === FIXED64 || wire === FIXED32) {
      const size = wire === FIXED64 ? 8 : 4;
      if (at + size > bytes.length) throw cut();
      fields.push(fieldOf(tag, wire, NOTHING, 0n, size === 8 ? view.getFloat64(at, true) : view.getFloat32(at, true)));
      at += size;
    } else throw badRequest(`error decoding protobuf: illegal wire type ${wire}`);
  }
  return fields;
};

const fieldOf = (tag: number, wire: number, bytes: Uint8Array, integer: bigint, double: number): Field => ({
  tag,
  bytes,
  integer,
  double,
  packed: type => (wire === DELIMITED && (type === 'int' || type === 'bool') ? unpack(tag, bytes) : undefined),
});

const unpack = (tag: number, bytes: Uint8Array): Field[] => {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, end } = readVarint(bytes, at);
    fields.push(fieldOf(tag, VARINT, NOTHING, BigInt.asIntN(64, value), 0));
    at = end;
  }
  return fields;
};

const readVarint = (bytes: Uint8Array, start: number): { value: bigint; end: number } => {
  // Nearly all are short: their tags and lengths need no BigInt arithmetic.
  let small = 0;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) throw cut();
    small |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return { value: BigInt(small), end: start + i + 1 };
  }
  let value = BigInt(small);
  for (let i = 4; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) throw cut();
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: start + i + 1 };
  }
  throw badRequest('error decoding protobuf: integer overflow');
};

export const textOf = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badRequest('error decoding protobuf: invalid UTF-8');
  }
};
