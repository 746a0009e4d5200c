/**
 * wasi:http fields, and the failures that its functions answer. Names and values are checked as they come from the guest,
 * so that nothing it writes can end a header line early; hop-by-hop fields belong to the host.
 */
import type { Resource } from '../../component/guest.ts';
import { type HostInterface, typed } from '../../component/host-function.ts';
import {
  bool,
  borrow,
  bytes,
  type Case,
  fail,
  list,
  ok,
  option,
  own,
  type Result,
  record,
  result,
  type Shape,
  string,
  tuple,
  u8,
  u16,
  u32,
  u64,
  variant,
} from '../../component/shapes.ts';
import { fromLatin1, latin1 } from '../../host/text.ts';
import { type Header, validHeader } from '../../http/head.ts';

export interface Fields extends Resource {
  kind: 'fields';
  entries: Header[];
  mutable: boolean;
}

const FIELDS_MAX = 256;
const FIELDS_BYTES_MAX = 65_536;
const HOST_OWNED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'host',
]);

export const fields = own<Fields>('fields');
const self = borrow<Fields>('fields');
const headerError = variant<Case>({ 'invalid-syntax': null, forbidden: null, immutable: null });

export const toFields = (entries: readonly Header[], mutable: boolean): Fields => ({
  kind: 'fields',
  entries: [...entries],
  mutable,
});
/** What a guest may see of a message that arrived: not what the host itself acted on. */
export const received = (headers: readonly Header[]): Fields =>
  toFields(
    headers.filter(([name]) => !HOST_OWNED.has(name.toLowerCase()) || name.toLowerCase() === 'host'),
    false,
  );

export function fieldsFunctions(): HostInterface {
  const changed = result(null, headerError);
  const entryList = list(tuple<[string, Uint8Array]>(string, bytes));
  const values = (f: Fields, name: string) => f.entries.filter(([n]) => same(n, name)).map(([, v]) => fromLatin1(v));
  return {
    '[constructor]fields': typed([], fields, () => toFields([], true)),
    '[static]fields.from-list': typed([entryList], result(fields, headerError), entries => {
      const made = toFields([], true);
      for (const [name, value] of entries) {
        const outcome = append(made, name, value);
        if (!outcome.ok) return outcome;
      }
      return ok(made);
    }),
    '[method]fields.get': typed([self, string], list(bytes), values),
    '[method]fields.has': typed([self, string], bool, (f, name) => f.entries.some(([n]) => same(n, name))),
    '[method]fields.set': typed([self, string, list(bytes)], changed, (f, name, given) => {
      if (!f.mutable) return fail({ tag: 'immutable' });
      const before = f.entries;
      f.entries = before.filter(([n]) => !same(n, name));
      for (const value of given) {
        const outcome = append(f, name, value);
        if (outcome.ok) continue;
        f.entries = before;
        return outcome;
      }
      return ok(null);
    }),
    '[method]fields.delete': typed([self, string], changed, (f, name) => remove(f, name)),
    '[method]fields.append': typed([self, string, bytes], changed, append),
    '[method]fields.entries': typed([self], entryList, f => f.entries.map(([n, v]) => [n, fromLatin1(v)])),
    '[method]fields.clone': typed([self], fields, f => toFields(f.entries, true)),
  };
}

function append(target: Fields, name: string, value: Uint8Array): Result<null, Case> {
  if (!target.mutable) return fail({ tag: 'immutable' });
  const text = latin1(value);
  if (!validHeader(name, text) || target.entries.length >= FIELDS_MAX) return fail({ tag: 'invalid-syntax' });
  if (HOST_OWNED.has(name.toLowerCase())) return fail({ tag: 'forbidden' });
  if (text.length > FIELDS_BYTES_MAX) return fail({ tag: 'invalid-syntax' });
  target.entries.push([name, text]);
  return ok(null);
}

function remove(target: Fields, name: string): Result<null, Case> {
  if (!target.mutable) return fail({ tag: 'immutable' });
  target.entries = target.entries.filter(([n]) => !same(n, name));
  return ok(null);
}

function same(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

const fieldSize = record<{ name: string | undefined; size: number | undefined }>({
  name: option(string),
  size: option(u32),
}) as Shape<never>;
const dnsError = record<{ rcode: string | undefined; code: number | undefined }>({
  rcode: option(string),
  code: option(u16),
}) as Shape<never>;
const tlsAlert = record<{ id: number | undefined; message: string | undefined }>({
  id: option(u8),
  message: option(string),
}) as Shape<never>;
const some = <T>(shape: Shape<T>) => option(shape) as Shape<never>;

/** In the order of the interface. */
export const errorCode = variant<Case>({
  'DNS-timeout': null,
  'DNS-error': dnsError,
  'destination-not-found': null,
  'destination-unavailable': null,
  'destination-IP-prohibited': null,
  'destination-IP-unroutable': null,
  'connection-refused': null,
  'connection-terminated': null,
  'connection-timeout': null,
  'connection-read-timeout': null,
  'connection-write-timeout': null,
  'connection-limit-reached': null,
  'TLS-protocol-error': null,
  'TLS-certificate-error': null,
  'TLS-alert-received': tlsAlert,
  'HTTP-request-denied': null,
  'HTTP-request-length-required': null,
  'HTTP-request-body-size': some(u64),
  'HTTP-request-method-invalid': null,
  'HTTP-request-URI-invalid': null,
  'HTTP-request-URI-too-long': null,
  'HTTP-request-header-section-size': some(u32),
  'HTTP-request-header-size': some(fieldSize),
  'HTTP-request-trailer-section-size': some(u32),
  'HTTP-request-trailer-size': fieldSize,
  'HTTP-response-incomplete': null,
  'HTTP-response-header-section-size': some(u32),
  'HTTP-response-header-size': fieldSize,
  'HTTP-response-body-size': some(u64),
  'HTTP-response-trailer-section-size': some(u32),
  'HTTP-response-trailer-size': fieldSize,
  'HTTP-response-transfer-coding': some(string),
  'HTTP-response-content-coding': some(string),
  'HTTP-response-timeout': null,
  'HTTP-upgrade-failed': null,
  'HTTP-protocol-error': null,
  'loop-detected': null,
  'configuration-error': null,
  'internal-error': some(string),
});

const WITHOUT_VALUE = new Set([
  'DNS-timeout',
  'destination-not-found',
  'destination-unavailable',
  'connection-refused',
  'connection-terminated',
  'connection-timeout',
  'connection-read-timeout',
  'TLS-certificate-error',
  'HTTP-request-denied',
  'HTTP-request-URI-invalid',
  'HTTP-response-incomplete',
  'HTTP-response-timeout',
  'HTTP-upgrade-failed',
  'HTTP-protocol-error',
]);
const WITH_OPTION = new Set(['HTTP-response-body-size', 'HTTP-response-header-section-size']);

/** A failure's code as the interface's case; what has none is an internal error with its message. */
export function toErrorCode(code: string | undefined, message: string): Case {
  if (code === 'DNS-error') return { tag: code, value: { rcode: undefined, code: undefined } };
  if (code !== undefined && WITHOUT_VALUE.has(code)) return { tag: code };
  if (code !== undefined && WITH_OPTION.has(code)) return { tag: code, value: undefined };
  return { tag: 'internal-error', value: message };
}
