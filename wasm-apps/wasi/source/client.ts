// One outgoing GET, waited for. What went wrong is text, never a trap.
import * as abi from "./abi";
import { at, result, utf8 } from "./memory";

const BODY_BYTES_MAX = 1048576;
const READ: i64 = 65536;
const ERRORS: string[] = [
  "DNS timeout", "DNS error", "destination not found", "destination unavailable", "destination IP prohibited",
  "destination IP unroutable", "connection refused", "connection terminated", "connection timeout",
  "connection read timeout", "connection write timeout", "connection limit reached", "TLS protocol error",
  "TLS certificate error", "TLS alert received", "request denied", "request length required", "request body size",
  "request method invalid", "request URI invalid", "request URI too long", "request header section size",
  "request header size", "request trailer section size", "request trailer size", "response incomplete",
  "response header section size", "response header size", "response body size", "response trailer section size",
  "response trailer size", "response transfer coding", "response content coding", "response timeout",
  "upgrade failed", "protocol error", "loop detected", "configuration error", "internal error",
];
const INTERNAL_ERROR: u8 = 38;

export class Answer {
  constructor(
    /** 0 when there was no answer; `text` then says why. */
    public status: i32,
    public text: string,
  ) {}
}

/** `authority` is `host` or `host:port`; `path` begins with `/`. */
export function get(authority: string, path: string): Answer {
  const request = abi.call_new(abi.fields_new());
  const host = utf8(authority);
  const where = utf8(path);
  const accepted =
    abi.call_scheme(request, 1, 0, 0, 0) == 0 &&
    abi.call_authority(request, 1, at(host), host.byteLength) == 0 &&
    abi.call_path(request, 1, at(where), where.byteLength) == 0;
  if (!accepted) {
    abi.call_drop(request);
    return new Answer(0, "not a valid address: " + authority + path);
  }
  abi.call_send(request, 0, 0, result);
  if (load<u8>(result) != 0) return new Answer(0, errorText(result + 8));
  return wait(load<i32>(result + 8));
}

function wait(future: i32): Answer {
  const pollable = abi.future_subscribe(future);
  abi.pollable_block(pollable);
  abi.pollable_drop(pollable);
  abi.future_get(future, result);
  // option<result<result<response, error-code>>>: each layer is a tag before the next, aligned to 8.
  const some = load<u8>(result) == 1 && load<u8>(result + 8) == 0;
  const failed = some && load<u8>(result + 16) != 0;
  const answer = !some ? new Answer(0, "no answer") : failed ? new Answer(0, errorText(result + 24)) : null;
  const response = answer === null ? load<i32>(result + 24) : 0;
  abi.future_drop(future);
  return answer === null ? read(response) : answer;
}

function read(response: i32): Answer {
  const status = abi.answer_status(response);
  abi.answer_consume(response, result);
  const body = load<i32>(result + 4);
  abi.incoming_stream(body, result);
  const input = load<i32>(result + 4);
  let text = "";
  let whole = false;
  while (text.length < BODY_BYTES_MAX) {
    abi.input_read(input, READ, result);
    if (load<u8>(result) != 0) {
      // stream-error: the case `closed` is the end of the body, `last-operation-failed` is not.
      whole = load<u8>(result + 4) == 1;
      break;
    }
    text += String.UTF8.decodeUnsafe(load<usize>(result + 4), load<usize>(result + 8));
  }
  abi.input_drop(input);
  abi.incoming_drop(body);
  abi.answer_drop(response);
  return whole ? new Answer(status, text) : new Answer(0, "the answer was cut off or too long");
}

function errorText(code: usize): string {
  const kind = load<u8>(code);
  if (kind == INTERNAL_ERROR && load<u8>(code + 8) == 1)
    return String.UTF8.decodeUnsafe(load<usize>(code + 12), load<usize>(code + 16));
  return kind < <u8>ERRORS.length ? ERRORS[kind] : "error " + kind.toString();
}
