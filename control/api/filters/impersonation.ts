/**
 * `kubectl --as`: somebody who may `impersonate` acts as another user. Every name, group, uid and extra is asked for
 * separately; from here on the request is the other's.
 */
import { ANONYMOUS, AUTHENTICATED, type Identity } from '../../auth/identity.ts';
import { badRequest, forbidden } from '../../machinery/status.ts';
import type { Authorize } from '../api.ts';
import type { ApiContext, Filter } from '../request.ts';

const EXTRA = 'impersonate-extra-';
const AUTHENTICATION = 'authentication.k8s.io';

interface Wanted {
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

export const impersonation =
  (authorize: Authorize): Filter =>
  async (c, next) => {
    const name = c.req.header('impersonate-user');
    if (name === undefined && !asksForMore(c)) return next();
    if (!name) throw badRequest('requested groups, uid or extra without impersonating a user');
    const target = targetOf(c, name);
    for (const wanted of wantedBy(target)) await require(c, authorize, wanted);
    if (target.groups.length === 0) target.groups = groupsOf(name);
    if (name !== ANONYMOUS.name && !target.groups.includes(AUTHENTICATED)) {
      target.groups.push(AUTHENTICATED);
    }
    c.set('user', target);
    await next();
  };

function asksForMore(c: ApiContext): boolean {
  for (const header of c.req.raw.headers.keys()) if (header.startsWith('impersonate-')) return true;
  return false;
}

function targetOf(c: ApiContext, name: string): Identity {
  const target: Identity = {
    name,
    groups: listOf(c.req.header('impersonate-group')),
    uid: c.req.header('impersonate-uid'),
  };
  const extra: [string, string[]][] = [];
  c.req.raw.headers.forEach((value, header) => {
    if (header.startsWith(EXTRA)) extra.push([unescaped(header.slice(EXTRA.length)), listOf(value)]);
  });
  if (extra.length > 0) target.extra = Object.fromEntries(extra);
  return target;
}

/** What is not well escaped means itself, as in apiserver. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

const listOf = (header: string | undefined): string[] =>
  header === undefined ? [] : header.split(',').map(value => value.trim());

function groupsOf(name: string): string[] {
  if (name === ANONYMOUS.name) return [...ANONYMOUS.groups];
  const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name);
  return account ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : [];
}

function wantedBy({ name, groups, uid, extra }: Identity): Wanted[] {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  const core = { group: '', subresource: '', namespace: '' };
  return [
    account
      ? { ...core, resource: 'serviceaccounts', namespace: account[1]!, name: account[2]! }
      : { ...core, resource: 'users', name },
    ...groups.map(group => ({ ...core, resource: 'groups', name: group })),
    ...(uid === undefined ? [] : [{ ...core, group: AUTHENTICATION, resource: 'uids', name: uid }]),
    ...Object.entries(extra ?? {}).flatMap(([key, values]) =>
      values.map(value => ({ ...core, group: AUTHENTICATION, resource: 'userextras', subresource: key, name: value })),
    ),
  ];
}

async function require(c: ApiContext, authorize: Authorize, wanted: Wanted): Promise<void> {
  const user = c.get('user');
  const info = { ...c.get('info'), ...wanted, verb: 'impersonate', version: '', resourceRequest: true };
  const { allowed, reason } = await authorize({ user, ...info });
  if (allowed) return;
  const where = wanted.namespace ? ` in the namespace "${wanted.namespace}"` : ' at the cluster scope';
  throw forbidden(
    wanted,
    wanted.name,
    `User "${user.name}" cannot impersonate resource "${wanted.resource}" in API group "${wanted.group}"${where}${reason ? `: ${reason}` : ''}`,
  );
}
