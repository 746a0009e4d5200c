// A wasi:http request and its answer. An app writes `handle(request, out)`, answers once, then calls `done(request)`.
import * as abi from "./abi";
import { at, release, result, utf8 } from "./memory";

const METHODS: string[] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
const CONTENT_TYPE = utf8("content-type");
const CONTENT_LENGTH = utf8("content-length");
const TEXT = utf8("text/plain; charset=utf-8");
const BYTES = utf8("application/octet-stream");
const CHUNK: i64 = 4096;

export function method(request: i32): string {
  abi.request_method(request, result);
  const kind = load<u8>(result);
  return kind < 9 ? METHODS[kind] : String.UTF8.decodeUnsafe(load<usize>(result + 4), load<usize>(result + 8));
}

/** Path and query, `/` at least. */
export function path(request: i32): string {
  abi.request_path(request, result);
  if (load<u8>(result) == 0) return "/";
  return String.UTF8.decodeUnsafe(load<usize>(result + 4), load<usize>(result + 8));
}

export function answer(out: i32, status: i32, body: string): void {
  const bytes = utf8(body);
  const outgoing = head(out, status, TEXT, bytes.byteLength);
  const stream = bodyStream(outgoing);
  write(stream, at(bytes), bytes.byteLength);
  finish(outgoing, stream);
}

/** Sends the request's body back as it comes. */
export function echo(request: i32, out: i32): void {
  abi.request_consume(request, result);
  const incoming = load<i32>(result + 4);
  abi.incoming_stream(incoming, result);
  const input = load<i32>(result + 4);
  const outgoing = head(out, 200, BYTES, -1);
  const output = bodyStream(outgoing);
  for (;;) {
    abi.input_read(input, CHUNK, result);
    if (load<u8>(result) != 0) break;
    if (!write(output, load<usize>(result + 4), load<i32>(result + 8))) break;
    release();
  }
  abi.input_drop(input);
  abi.incoming_drop(incoming);
  finish(outgoing, output);
}

/** Ends a request: gives back its handle, what the host allocated, and what the app no longer uses. */
export function done(request: i32): void {
  abi.request_drop(request);
  release();
  __collect();
}

function head(out: i32, status: i32, type: ArrayBuffer, length: i32): i32 {
  const fields = abi.fields_new();
  append(fields, CONTENT_TYPE, type);
  if (length >= 0) append(fields, CONTENT_LENGTH, utf8(length.toString()));
  const response = abi.response_new(fields);
  abi.response_status(response, status);
  abi.response_body(response, result);
  const body = load<i32>(result + 4);
  abi.outparam_set(out, 0, response, 0, 0, 0, 0, 0, 0);
  return body;
}

function append(fields: i32, name: ArrayBuffer, value: ArrayBuffer): void {
  abi.fields_append(fields, at(name), name.byteLength, at(value), value.byteLength, result);
}

function bodyStream(body: i32): i32 {
  abi.outgoing_write(body, result);
  return load<i32>(result + 4);
}

/** False when nobody reads any more. One call may carry 4096 bytes at most. */
function write(stream: i32, address: usize, length: i32): bool {
  for (let sent = 0; sent < length; ) {
    const part = min(length - sent, <i32>CHUNK);
    abi.output_write(stream, address + sent, part, result);
    if (load<u8>(result) != 0) return false;
    sent += part;
  }
  return true;
}

function finish(body: i32, stream: i32): void {
  abi.output_drop(stream);
  abi.outgoing_finish(body, 0, 0, result);
}
