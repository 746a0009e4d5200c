/**
 * The heads of HTTP/1.1 messages, strictly (RFC 9112): what two parsers could read in two ways is refused. Pure. Called by
 * server.ts for requests and by client.ts for responses.
 */
export type Header = [name: string, value: string];

export type Framing =
  | { kind: 'none' }
  | { kind: 'length'; length: number }
  | { kind: 'chunked' }
  | { kind: 'until-close' };

export interface RequestHead {
  method: string;
  /** Path and query, or `*`. */
  target: string;
  authority: string | undefined;
  minor: 0 | 1;
  headers: Header[];
  framing: Framing;
  keepAlive: boolean;
  expectContinue: boolean;
}

export interface ResponseHead {
  status: number;
  minor: 0 | 1;
  headers: Header[];
  framing: Framing;
}

/** Why a message is refused, as the status that says so. */
export interface Refusal {
  refuse: number;
  reason: string;
}

export const HEAD_BYTES_MAX = 32_768;
const HEADERS_MAX = 128;
const TARGET_BYTES_MAX = 8_192;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const NOT_IN_TARGET = /[^\x21\x22\x24-\x7e]/;
const AUTHORITY = /^[0-9A-Za-z.\-_~%!$&'()*+,;=]*(?:\[[0-9A-Fa-f:.]+\])?(?::\d{0,5})?$/;
const DIGITS = /^\d{1,15}$/;

/** `text`: the head in Latin-1, without the empty line that ends it. */
export function parseRequestHead(text: string): RequestHead | Refusal {
  const lines = text.split('\r\n');
  const parts = lines[0]!.split(' ');
  const [method = '', rawTarget = '', version = ''] = parts;
  if (parts.length !== 3 || !TOKEN.test(method)) return bad('the request line is not METHOD TARGET VERSION');
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') {
    return /^HTTP\/\d\.\d$/.test(version)
      ? refuse(505, 'only HTTP/1.x is spoken here')
      : bad('the version is not HTTP');
  }
  if (rawTarget.length > TARGET_BYTES_MAX) return refuse(414, 'the target is too long');
  const fields = parseHeaders(lines);
  if ('refuse' in fields) return fields;
  const minor = version === 'HTTP/1.1' ? 1 : 0;
  const target = parseTarget(method, rawTarget);
  if ('refuse' in target) return target;
  if (minor === 1 && fields.host === undefined) return bad('a request needs exactly one Host');
  const framing = requestFraming(fields, minor);
  if ('refuse' in framing) return framing;
  const expect = fields.expect?.toLowerCase();
  if (expect !== undefined && expect !== '100-continue') return refuse(417, 'the expectation is not known');
  return {
    method,
    target: target.path,
    authority: target.authority ?? fields.host,
    minor,
    headers: fields.headers,
    framing,
    keepAlive: keepsAlive(fields.connection, minor),
    expectContinue: expect !== undefined && minor === 1 && framing.kind !== 'none',
  };
}

/** `method` is the request's: it decides whether a body follows. */
export function parseResponseHead(text: string, method: string): ResponseHead | Refusal {
  const lines = text.split('\r\n');
  const match = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(lines[0]!);
  if (match === null) return bad('the status line is not HTTP/1.x');
  const fields = parseHeaders(lines);
  if ('refuse' in fields) return fields;
  const status = Number(match[2]);
  const minor = match[1] === '1' ? 1 : 0;
  const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  const framing = declaredFraming(fields);
  if (framing !== undefined && 'refuse' in framing) return framing;
  return {
    status,
    minor,
    headers: fields.headers,
    framing: bodiless ? { kind: 'none' } : (framing ?? { kind: 'until-close' }),
  };
}

interface Fields {
  headers: Header[];
  host?: string;
  length?: string;
  coding?: string;
  connection?: string;
  expect?: string;
}

/** lines[0] is the start line. Also used for trailers, with an empty one. */
export function parseHeaders(lines: readonly string[]): Fields | Refusal {
  if (lines.length - 1 > HEADERS_MAX) return refuse(431, `more than ${HEADERS_MAX} header fields`);
  const fields: Fields = { headers: [] };
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    // A line that begins with white space (obs-fold) or has it before the colon has no token for a name.
    if (!TOKEN.test(name)) return bad('a header line is not NAME: VALUE');
    const value = trimmed(line, colon + 1);
    if (NOT_IN_VALUE.test(value)) return bad(`header ${name} has a control character`);
    fields.headers.push([name, value]);
    const repeated = note(fields, name.toLowerCase(), value);
    if (repeated) return bad(`header ${name} is given twice`);
  }
  return fields;
}

function note(fields: Fields, name: string, value: string): boolean {
  if (name === 'host') {
    if (fields.host !== undefined || !AUTHORITY.test(value)) return true;
    fields.host = value;
  } else if (name === 'content-length') {
    if (fields.length !== undefined) return true;
    fields.length = value;
  } else if (name === 'transfer-encoding') {
    if (fields.coding !== undefined) return true;
    fields.coding = value.toLowerCase();
  } else if (name === 'connection') {
    fields.connection = fields.connection === undefined ? value : `${fields.connection},${value}`;
  } else if (name === 'expect') fields.expect = value;
  return false;
}

function requestFraming(fields: Fields, minor: 0 | 1): Framing | Refusal {
  if (fields.coding !== undefined && minor === 0) return bad('HTTP/1.0 has no transfer codings');
  return declaredFraming(fields) ?? { kind: 'none' };
}

function declaredFraming(fields: Fields): Framing | Refusal | undefined {
  if (fields.coding !== undefined) {
    if (fields.length !== undefined) return bad('both Content-Length and Transfer-Encoding are given');
    return fields.coding === 'chunked' ? { kind: 'chunked' } : refuse(501, 'only the chunked transfer coding is known');
  }
  if (fields.length === undefined) return undefined;
  if (!DIGITS.test(fields.length)) return bad('Content-Length is not a number');
  const length = Number(fields.length);
  return length === 0 ? { kind: 'none' } : { kind: 'length', length };
}

function parseTarget(method: string, target: string): { path: string; authority?: string } | Refusal {
  if (target === '' || NOT_IN_TARGET.test(target)) return bad('the target has characters that it may not have');
  if (method === 'CONNECT') return refuse(501, 'CONNECT is not served');
  if (target.startsWith('/')) return { path: target };
  if (target === '*') return method === 'OPTIONS' ? { path: '*' } : bad('only OPTIONS may ask for *');
  const match = /^https?:\/\/([^/?#]+)([/?].*)?$/i.exec(target);
  if (match === null || !AUTHORITY.test(match[1]!)) return bad('the target is neither a path nor a URL');
  const path = match[2] ?? '/';
  return { path: path.startsWith('?') ? `/${path}` : path, authority: match[1]! };
}

function keepsAlive(connection: string | undefined, minor: 0 | 1): boolean {
  if (connection === undefined) return minor === 1;
  const options = connection
    .toLowerCase()
    .split(',')
    .map(option => option.trim());
  if (options.includes('close')) return false;
  return minor === 1 || options.includes('keep-alive');
}

/** By hand: a pattern would take quadratic time for a value of many spaces. */
function trimmed(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && (line[start] === ' ' || line[start] === '\t')) start++;
  while (end > start && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  return line.slice(start, end);
}

/** Whether a guest may send this as a header's name and value. */
export function validHeader(name: string, value: string): boolean {
  return TOKEN.test(name) && !NOT_IN_VALUE.test(value);
}

export const validMethod = (method: string): boolean => TOKEN.test(method);
export const validTarget = (target: string): boolean => target !== '' && !NOT_IN_TARGET.test(target);
export const validAuthority = (authority: string): boolean => authority !== '' && AUTHORITY.test(authority);

function bad(reason: string): Refusal {
  return { refuse: 400, reason };
}

function refuse(status: number, reason: string): Refusal {
  return { refuse: status, reason };
}
