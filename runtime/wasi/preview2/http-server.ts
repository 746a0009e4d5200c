/** wasi:http as a server sees it: the request that arrived, the response it makes, and where it puts it. */
import type { Guest, Resource } from '../../component/guest.ts';
import { type FlatFunction, type HostInterface, typed } from '../../component/host-function.ts';
import {
  borrow,
  type Case,
  fail,
  ok,
  option,
  own,
  type Result,
  result,
  string,
  u16,
  variant,
} from '../../component/shapes.ts';
import type { Exchange } from '../../http/connection.ts';
import type { Responder } from '../../http/responder.ts';
import { StreamFailed } from '../../streams.ts';
import { createOutgoingBody, type IncomingBody, type OutgoingBody, toIncomingBody } from './http-bodies.ts';
import { errorCode, type Fields, fields, received, toFields } from './http-fields.ts';

export interface IncomingRequest extends Resource {
  kind: 'incoming-request';
  exchange: Exchange;
  consumed: boolean;
}
export interface ResponseOutparam extends Resource {
  kind: 'response-outparam';
  response: Responder;
}
interface OutgoingResponse extends Resource {
  kind: 'outgoing-response';
  status: number;
  fields: Fields;
  body: OutgoingBody | undefined;
}

export const method = variant<Case>({
  get: null,
  head: null,
  post: null,
  put: null,
  delete: null,
  connect: null,
  options: null,
  trace: null,
  patch: null,
  other: string as never,
});
export const scheme = variant<Case>({ HTTP: null, HTTPS: null, other: string as never });
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);

export function serverFunctions(): HostInterface {
  const request = borrow<IncomingRequest>('incoming-request');
  return {
    '[method]incoming-request.method': typed([request], method, ({ exchange }) => toMethod(exchange.head.method)),
    '[method]incoming-request.path-with-query': typed([request], option(string), r => r.exchange.head.target),
    '[method]incoming-request.scheme': typed([request], option(scheme), () => ({ tag: 'HTTP' })),
    '[method]incoming-request.authority': typed([request], option(string), r => r.exchange.head.authority),
    '[method]incoming-request.headers': typed([request], fields, r => received(r.exchange.head.headers)),
    '[method]incoming-request.consume': typed([request], result(own<IncomingBody>('incoming-body'), null), consume),
    '[static]response-outparam.set': { blocks: false, bind: setResponse },
    '[method]response-outparam.send-informational': typed(
      [borrow<ResponseOutparam>('response-outparam'), u16, fields],
      result(null, errorCode),
      (_param, _status, _fields) => fail({ tag: 'internal-error', value: 'informational responses are not sent' }),
    ),
    ...responseFunctions(),
  };
}

function responseFunctions(): HostInterface {
  const response = borrow<OutgoingResponse>('outgoing-response');
  return {
    '[constructor]outgoing-response': typed([fields], own<OutgoingResponse>('outgoing-response'), toResponse),
    '[method]outgoing-response.status-code': typed([response], u16, r => r.status),
    '[method]outgoing-response.set-status-code': typed([response, u16], result(null, null), (r, status) => {
      if (status < 200 || status > 599) return fail(null);
      r.status = status;
      return ok(null);
    }),
    '[method]outgoing-response.headers': typed([response], fields, r => toFields(r.fields.entries, false)),
    '[method]outgoing-response.body': typed([response], result(own<OutgoingBody>('outgoing-body'), null), r => {
      if (r.body !== undefined) return fail(null);
      r.body = createOutgoingBody();
      return ok(r.body);
    }),
  };
}

function toResponse(given: Fields): OutgoingResponse {
  return { kind: 'outgoing-response', status: 200, fields: given, body: undefined };
}

/** As declared by the interface; the usual case, a response, is taken without looking at the error's eight numbers. */
function setResponse(guest: Guest): FlatFunction {
  const outcome = result(own<OutgoingResponse>('outgoing-response'), errorCode);
  return (...args) => {
    const param = guest.handles.take<ResponseOutparam>(Number(args[0]), 'response-outparam');
    if (args[1] !== 0) return void answer(param, outcome.lift(guest, args, 1));
    const response = guest.handles.take<OutgoingResponse>(Number(args[2]), 'outgoing-response');
    return void answer(param, ok(response));
  };
}

function consume(request: IncomingRequest): Result<IncomingBody, null> {
  if (request.consumed) return fail(null);
  request.consumed = true;
  return ok(toIncomingBody(request.exchange.body, request.exchange.trailers));
}

function answer(param: ResponseOutparam, outcome: Result<OutgoingResponse, Case>): void {
  if (!outcome.ok) {
    param.response.refuse(500, `the guest answered with ${outcome.error.tag}`);
    return;
  }
  const { status, fields: given, body } = outcome.value;
  try {
    const writer = param.response.begin(status, given.entries);
    if (body === undefined) writer.finish();
    else body.writer.attach(writer);
  } catch (error) {
    if (!(error instanceof StreamFailed)) throw error;
    param.response.refuse(500, error.message);
  }
}

export function toMethod(name: string): Case {
  return KNOWN_METHODS.has(name) ? { tag: name.toLowerCase() } : { tag: 'other', value: name };
}

export function fromMethod(given: Case): string {
  return given.tag === 'other' ? String(given.value) : given.tag.toUpperCase();
}
