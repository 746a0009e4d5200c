/**
 * Stored CBOR straight to JSON text, without objects in between (a third of the time). The resourceVersion is put in on
 * the way. Called by codec/stored.ts; for our own bytes only: definite lengths, text keys, valid UTF-8.
 */
import { CborError } from './cbor-decode.ts';

const KEPT_BYTES_MAX = 1024 * 1024;
const encoder = new TextEncoder();
const METADATA = encoder.encode('metadata');
const RESOURCE_VERSION = encoder.encode('resourceVersion');

/** Bytes that JSON text must escape. */
const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 0x20 || byte === 0x22 || byte === 0x5c ? 1 : 0));

let out = new Uint8Array(32 * 1024);
let to = 0;
let input: Uint8Array = out;
let view: DataView = new DataView(out.buffer);
let from = 0;
let version: string | undefined;

/** `resourceVersion` takes the place of `metadata.resourceVersion`, when given. */
export const cborToJson = (cbor: Uint8Array, resourceVersion?: string): Uint8Array<ArrayBuffer> => {
  input = cbor;
  view = new DataView(cbor.buffer, cbor.byteOffset, cbor.byteLength);
  from = 0;
  to = 0;
  version = resourceVersion;
  transcode(0, false);
  if (from !== cbor.length) throw new CborError('bytes after the value');
  const json = out.slice(0, to);
  if (out.length > KEPT_BYTES_MAX) out = new Uint8Array(32 * 1024);
  return json;
};

const reserve = (bytes: number): void => {
  if (to + bytes <= out.length) return;
  const larger = new Uint8Array(Math.max(out.length * 2, to + bytes));
  larger.set(out.subarray(0, to));
  out = larger;
};

const put = (text: string): void => {
  reserve(text.length);
  for (let i = 0; i < text.length; i++) out[to++] = text.charCodeAt(i);
};

const putByte = (byte: number): void => {
  reserve(1);
  out[to++] = byte;
};

/** `inMetadata` is true for the map under the top level's `metadata`. */
const transcode = (depth: number, inMetadata: boolean): void => {
  const initial = input[from++];
  if (initial === undefined) throw new CborError('unexpected end');
  const major = initial >> 5;
  if (major === 7) {
    transcodeSimple(initial & 0x1f);
    return;
  }
  if ((initial & 0x1f) === 27 && major < 2) {
    const wide = view.getBigUint64(from);
    from += 8;
    put(String(major === 0 ? wide : -1n - wide));
    return;
  }
  const argument = readArgument(initial & 0x1f);
  if (major === 0) put(String(argument));
  else if (major === 1) put(String(-1 - argument));
  else if (major === 2) transcodeBytes(argument);
  else if (major === 3) transcodeText(argument);
  else if (major === 4) transcodeList(argument, depth);
  else if (major === 5) transcodeMap(argument, depth, inMetadata);
  else transcode(depth, inMetadata);
};

const readArgument = (argument: number): number => {
  if (argument < 24) return argument;
  const start = from;
  if (argument === 24) {
    from += 1;
    return input[start]!;
  }
  from += argument === 25 ? 2 : argument === 26 ? 4 : 8;
  if (argument === 25) return view.getUint16(start);
  if (argument === 26) return view.getUint32(start);
  if (argument === 27) return Number(view.getBigUint64(start));
  throw new CborError('indefinite length');
};

const transcodeSimple = (argument: number): void => {
  const start = from;
  if (argument === 20) put('false');
  else if (argument === 21) put('true');
  else if (argument === 22) put('null');
  else {
    from += argument === 25 ? 2 : argument === 26 ? 4 : 8;
    if (argument === 25) put(String(view.getFloat16(start)));
    else if (argument === 26) put(String(view.getFloat32(start)));
    else if (argument === 27) put(String(view.getFloat64(start)));
    else throw new CborError(`unsupported simple value ${argument}`);
  }
};

const HEX = '0123456789abcdef';

const transcodeText = (length: number): void => {
  const end = from + length;
  if (end > input.length) throw new CborError('unexpected end');
  reserve(length * 6 + 2);
  const [source, target] = [input, out];
  let [at, write] = [from, to];
  target[write++] = 0x22;
  for (; at < end; at++) {
    const byte = source[at]!;
    if (ESCAPED[byte] === 0) target[write++] = byte;
    else {
      to = write;
      escapeByte(byte);
      write = to;
    }
  }
  target[write++] = 0x22;
  from = end;
  to = write;
};

const escapeByte = (byte: number): void => {
  out[to++] = 0x5c;
  const short = byte === 0x0a ? 0x6e : byte === 0x0d ? 0x72 : byte === 0x09 ? 0x74 : byte >= 0x20 ? byte : 0;
  if (short !== 0) {
    out[to++] = short;
    return;
  }
  put(`u00${HEX[byte >> 4]}${HEX[byte & 15]}`);
};

const transcodeBytes = (length: number): void => {
  put(`"${input.subarray(from, from + length).toBase64()}"`);
  from += length;
};

const transcodeList = (length: number, depth: number): void => {
  putByte(0x5b);
  for (let i = 0; i < length; i++) {
    if (i > 0) putByte(0x2c);
    transcode(depth + 1, false);
  }
  putByte(0x5d);
};

const transcodeMap = (length: number, depth: number, inMetadata: boolean): void => {
  putByte(0x7b);
  for (let i = 0; i < length; i++) {
    if (i > 0) putByte(0x2c);
    const keyAt = from;
    const initial = input[from++]!;
    if (initial >> 5 !== 3) throw new CborError('a key must be text');
    transcodeText(readArgument(initial & 0x1f));
    putByte(0x3a);
    if (inMetadata && version !== undefined && isText(keyAt, RESOURCE_VERSION)) {
      put(`"${version}"`);
      skipText();
    } else transcode(depth + 1, depth === 0 && isText(keyAt, METADATA));
  }
  putByte(0x7d);
};

const isText = (at: number, text: Uint8Array): boolean => {
  if (input[at] !== (0x60 | text.length)) return false;
  for (let i = 0; i < text.length; i++) if (input[at + 1 + i] !== text[i]) return false;
  return true;
};

const skipText = (): void => {
  const initial = input[from++]!;
  if (initial >> 5 !== 3) throw new CborError('resourceVersion must be text');
  from += readArgument(initial & 0x1f);
};
