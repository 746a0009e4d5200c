/**
 * Where a chunked list goes on: the revision that the first chunk was read at and the key after the last one given.
 * Opaque to clients; the same form as apiserver's. Revision -1: go on at whatever revision is current.
 */
import { badRequest } from '../machinery/status.ts';

export interface Continue {
  revision: number;
  start: string;
}

const VERSION = 'meta.k8s.io/v1';

export const encodeContinue = ({ revision, start }: Continue, prefix: string): string =>
  toBase64Url(JSON.stringify({ v: VERSION, rv: revision, start: start.slice(prefix.length) }));

export function decodeContinue(token: string, prefix: string): Continue {
  const invalid = badRequest('continue key is not valid: illegal base64 data or JSON');
  let parsed: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    parsed = JSON.parse(fromBase64Url(token)) as typeof parsed;
  } catch {
    throw invalid;
  }
  if (parsed?.v !== VERSION)
    throw badRequest(`continue key is not valid: server does not recognize this encoded version`);
  if (typeof parsed.rv !== 'number' || !Number.isSafeInteger(parsed.rv) || parsed.rv === 0) throw invalid;
  if (typeof parsed.start !== 'string' || parsed.start === '' || parsed.start.includes('..')) throw invalid;
  return { revision: parsed.rv, start: prefix + parsed.start };
}

const toBase64Url = (text: string): string =>
  new TextEncoder().encode(text).toBase64({ alphabet: 'base64url', omitPadding: true });
const fromBase64Url = (text: string): string =>
  new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.fromBase64(text, { alphabet: 'base64url' }));
