/**
 * Which revision a list or watch is to be read at, by resourceVersion, resourceVersionMatch, limit and continue; and
 * which combinations are refused. Wording follows apimachinery's internalversion/validation and apiserver's etcd3 store.
 */
import { badRequest, type Cause, invalid } from '../machinery/status.ts';
import { type Continue, decodeContinue } from './continue-token.ts';
import { flag } from './request.ts';

export interface ListOptions {
  /** 0: all. */
  limit: number;
  continued: Continue | undefined;
  /** `exact` reads that revision; `atLeast` waits until it is there; `latest` reads what is current. */
  read: { mode: 'exact' | 'atLeast'; revision: number } | { mode: 'latest' };
}

const refuse = (field: string, reason: Cause['reason'], message: string) =>
  invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [{ reason, message, field }]);

export function listOptions(query: URLSearchParams, prefix: string): ListOptions {
  const token = query.get('continue') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  checkMatch(query, match, version, token);
  const limit = limitOf(query.get('limit'));
  if (token !== '') {
    if (version !== '' && version !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    return { limit, continued: decodeContinue(token, prefix), read: { mode: 'latest' } };
  }
  const revision = revisionOf(version);
  if (revision === undefined || revision === 0) return { limit, continued: undefined, read: { mode: 'latest' } };
  // Without a match, a limit with a revision has always meant just that revision.
  const exact = match === 'Exact' || (match === '' && limit > 0);
  return { limit, continued: undefined, read: { mode: exact ? 'exact' : 'atLeast', revision } };
}

function checkMatch(query: URLSearchParams, match: string, version: string, token: string): void {
  if (query.has('sendInitialEvents') && !flag(query, 'watch')) {
    throw refuse('sendInitialEvents', 'FieldValueForbidden', 'Forbidden: sendInitialEvents is forbidden for list');
  }
  if (match === '') return;
  const field = 'resourceVersionMatch';
  if (version === '') {
    throw refuse(field, 'FieldValueForbidden', `Forbidden: ${field} is forbidden unless resourceVersion is provided`);
  }
  if (token !== '') {
    throw refuse(field, 'FieldValueForbidden', `Forbidden: ${field} is forbidden when continue is provided`);
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    const message = `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`;
    throw refuse(field, 'FieldValueNotSupported', message);
  }
  if (match === 'Exact' && version === '0') {
    throw refuse(field, 'FieldValueForbidden', `Forbidden: ${field} "Exact" is forbidden for resourceVersion "0"`);
  }
}

export function revisionOf(text: string): number | undefined {
  if (text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(
    `invalid resource version: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

function limitOf(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^-?\d{1,18}$/.test(text))
    throw badRequest(`invalid limit: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Math.max(0, Number(text));
}
