/**
 * wasi:http as a client sees it: requests, responses, and the handler that sends one. Each connection is asked of
 * `Outbound`, which decides; TLS is for the scheme HTTPS.
 */
import type { Resource } from '../../component/guest.ts';
import { type HostInterface, type HostTable, typed } from '../../component/host-function.ts';
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
  u64,
} from '../../component/shapes.ts';
import { dial } from '../../host/net.ts';
import { type ClientResponse, type Sent, send } from '../../http/client.ts';
import { validAuthority, validMethod, validTarget } from '../../http/head.ts';
import type { Address } from '../../sandbox.ts';
import { createSignal, StreamFailed } from '../../streams.ts';
import { createOutgoingBody, type IncomingBody, type OutgoingBody, toIncomingBody } from './http-bodies.ts';
import { errorCode, type Fields, fields, received, toErrorCode, toFields } from './http-fields.ts';
import { fromMethod, method, scheme, toMethod } from './http-server.ts';
import { pollable, toPollable } from './io.ts';

/** Who decides where a guest may connect. Rejects with an error whose `code` may be ENOTFOUND, ECONNREFUSED or EACCES. */
export interface Outbound {
  resolve(host: string): Promise<string[]>;
  connect(host: string, port: number, unreached?: Address): Promise<Address>;
}

interface OutgoingRequest extends Resource {
  kind: 'outgoing-request';
  method: string;
  target: string | undefined;
  scheme: Case | undefined;
  authority: string | undefined;
  fields: Fields;
  body: OutgoingBody | undefined;
}
interface RequestOptions extends Resource {
  kind: 'request-options';
  connect?: bigint;
  firstByte?: bigint;
  betweenBytes?: bigint;
}
interface IncomingResponse extends Resource {
  kind: 'incoming-response';
  response: ClientResponse;
  consumed: boolean;
}
interface FutureResponse extends Resource {
  kind: 'future-incoming-response';
  outcome: Result<ClientResponse, Case> | undefined;
  got: boolean;
  listen(callback: () => void): () => void;
}

const TIMEOUT_MS_DEFAULT = 60_000;

export function clientInterfaces(outbound: Outbound): HostTable {
  return {
    'wasi:http/outgoing-handler': {
      handle: typed(
        [own<OutgoingRequest>('outgoing-request'), option(own<RequestOptions>('request-options'))],
        result(own<FutureResponse>('future-incoming-response'), errorCode),
        (request, options) => handle(outbound, request, options),
      ),
    },
  };
}

export function clientFunctions(): HostInterface {
  return { ...requestFunctions(), ...optionFunctions(), ...responseFunctions() };
}

function requestFunctions(): HostInterface {
  const self = borrow<OutgoingRequest>('outgoing-request');
  const outcome = result<null, null>(null, null);
  const set = (valid: boolean, assign: () => void): Result<null, null> => {
    if (valid) assign();
    return valid ? ok(null) : fail(null);
  };
  return {
    '[constructor]outgoing-request': typed([fields], own<OutgoingRequest>('outgoing-request'), toRequest),
    '[method]outgoing-request.body': typed([self], result(own<OutgoingBody>('outgoing-body'), null), r => {
      if (r.body !== undefined) return fail(null);
      r.body = createOutgoingBody();
      return ok(r.body);
    }),
    '[method]outgoing-request.method': typed([self], method, r => toMethod(r.method)),
    '[method]outgoing-request.set-method': typed([self, method], outcome, (r, given) =>
      set(validMethod(fromMethod(given)), () => (r.method = fromMethod(given))),
    ),
    '[method]outgoing-request.path-with-query': typed([self], option(string), r => r.target),
    '[method]outgoing-request.set-path-with-query': typed([self, option(string)], outcome, (r, target) =>
      set(target === undefined || target === '' || validTarget(target), () => (r.target = target)),
    ),
    '[method]outgoing-request.scheme': typed([self], option(scheme), r => r.scheme),
    '[method]outgoing-request.set-scheme': typed([self, option(scheme)], outcome, (r, given) =>
      set(given?.tag !== 'other', () => (r.scheme = given)),
    ),
    '[method]outgoing-request.authority': typed([self], option(string), r => r.authority),
    '[method]outgoing-request.set-authority': typed([self, option(string)], outcome, (r, authority) =>
      set(authority === undefined || validAuthority(authority), () => (r.authority = authority)),
    ),
    '[method]outgoing-request.headers': typed([self], fields, r => toFields(r.fields.entries, false)),
  };
}

function optionFunctions(): HostInterface {
  const self = borrow<RequestOptions>('request-options');
  const outcome = result<null, null>(null, null);
  const pair = (name: string, key: 'connect' | 'firstByte' | 'betweenBytes'): HostInterface => ({
    [`[method]request-options.${name}`]: typed([self], option(u64), o => o[key]),
    [`[method]request-options.set-${name}`]: typed([self, option(u64)], outcome, (o, nanos) => {
      o[key] = nanos;
      return ok(null);
    }),
  });
  return {
    '[constructor]request-options': typed([], own<RequestOptions>('request-options'), () => ({
      kind: 'request-options',
    })),
    ...pair('connect-timeout', 'connect'),
    ...pair('first-byte-timeout', 'firstByte'),
    ...pair('between-bytes-timeout', 'betweenBytes'),
  };
}

function responseFunctions(): HostInterface {
  const self = borrow<IncomingResponse>('incoming-response');
  const future = borrow<FutureResponse>('future-incoming-response');
  const arrived = own<IncomingResponse>('incoming-response');
  return {
    '[method]incoming-response.status': typed([self], u16, r => r.response.status),
    '[method]incoming-response.headers': typed([self], fields, r => received(r.response.headers)),
    '[method]incoming-response.consume': typed([self], result(own<IncomingBody>('incoming-body'), null), r => {
      if (r.consumed) return fail(null);
      r.consumed = true;
      return ok(toIncomingBody(r.response.body, r.response.trailers));
    }),
    '[method]future-incoming-response.subscribe': typed([future], pollable, f =>
      toPollable({ ready: () => f.outcome !== undefined, listen: f.listen }),
    ),
    '[method]future-incoming-response.get': typed(
      [future],
      option(result(result(arrived, errorCode), null)),
      (f): Result<Result<IncomingResponse, Case>, null> | undefined => {
        if (f.outcome === undefined) return undefined;
        if (f.got) return fail(null);
        f.got = true;
        return ok(f.outcome.ok ? ok(toResponse(f.outcome.value)) : f.outcome);
      },
    ),
  };
}

function toRequest(given: Fields): OutgoingRequest {
  return {
    kind: 'outgoing-request',
    method: 'GET',
    target: undefined,
    scheme: undefined,
    authority: undefined,
    fields: given,
    body: undefined,
  };
}

function toResponse(response: ClientResponse): IncomingResponse {
  const resource: IncomingResponse = { kind: 'incoming-response', response, consumed: false };
  resource.drop = () => {
    if (!resource.consumed) response.body.close();
  };
  return resource;
}

function handle(
  outbound: Outbound,
  request: OutgoingRequest,
  options: RequestOptions | undefined,
): Result<FutureResponse, Case> {
  if (request.authority === undefined) return fail({ tag: 'HTTP-request-URI-invalid' });
  const signal = createSignal();
  let sent: Sent | undefined;
  let dropped = false;
  const future: FutureResponse = {
    kind: 'future-incoming-response',
    outcome: undefined,
    got: false,
    listen: signal.listen,
    drop() {
      dropped = true;
      if (!future.got) sent?.cancel();
    },
  };
  const settle = (outcome: Result<ClientResponse, Case>) => {
    future.outcome = outcome;
    if (dropped && outcome.ok) outcome.value.body.close();
    signal.notify();
  };
  exchange(outbound, request, options, made => {
    sent = made;
    return !dropped;
  }).then(
    response => settle(ok(response)),
    (error: unknown) => settle(fail(toCase(error))),
  );
  return ok(future);
}

async function exchange(
  outbound: Outbound,
  request: OutgoingRequest,
  options: RequestOptions | undefined,
  wanted: (sent: Sent) => boolean,
): Promise<ClientResponse> {
  const secure = request.scheme?.tag === 'HTTPS';
  const { host, port } = splitAuthority(request.authority!, secure ? 443 : 80);
  const connection = await open(outbound, host, port, toMillis(options?.connect), secure);
  const sent = send(connection, {
    method: request.method,
    target: request.target === undefined || request.target === '' ? '/' : request.target,
    authority: request.authority!,
    headers: request.fields.entries,
    firstByteMs: toMillis(options?.firstByte),
    betweenBytesMs: toMillis(options?.betweenBytes),
  });
  if (!wanted(sent)) sent.cancel();
  else if (request.body === undefined) sent.body.finish();
  else request.body.writer.attach(sent.body);
  return sent.response;
}

/** Nothing has been sent yet, so a Service may have another endpoint that is there. */
async function open(outbound: Outbound, host: string, port: number, timeoutMs: number, secure: boolean) {
  let unreached: Address | undefined;
  let failure: unknown;
  for (let tried = 0; tried < CONNECT_TRIES_MAX; tried++) {
    const to = await outbound.connect(host, port, unreached);
    if (to.host === unreached?.host && to.port === unreached.port) break;
    try {
      return await dial({ ...to, timeoutMs, tls: secure ? host : undefined });
    } catch (error) {
      failure = error;
      if (!(error instanceof Error && 'code' in error && UNREACHED.has(String(error.code)))) break;
      unreached = to;
    }
  }
  throw failure;
}

const CONNECT_TRIES_MAX = 3;
const UNREACHED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);

function splitAuthority(authority: string, defaultPort: number): { host: string; port: number } {
  const match = /^(.*?)(?::(\d+))?$/.exec(authority);
  const host = (match?.[1] ?? authority).replace(/^\[(.*)\]$/, '$1');
  return { host, port: match?.[2] === undefined ? defaultPort : Number(match[2]) };
}

function toMillis(nanos: bigint | undefined): number {
  return nanos === undefined ? TIMEOUT_MS_DEFAULT : Math.max(1, Number(nanos / 1_000_000n));
}

const CODES: Record<string, string> = {
  ENOTFOUND: 'DNS-error',
  EACCES: 'HTTP-request-denied',
  EPERM: 'HTTP-request-denied',
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-terminated',
  EPIPE: 'connection-terminated',
  ETIMEDOUT: 'connection-timeout',
  EHOSTUNREACH: 'destination-unavailable',
  ENETUNREACH: 'destination-unavailable',
};

function toCase(error: unknown): Case {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StreamFailed) return toErrorCode(error.code, message);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('ERR_TLS') || code.includes('CERT')) return { tag: 'TLS-certificate-error' };
  return toErrorCode(CODES[code], message);
}
