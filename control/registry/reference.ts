/**
 * Image references as people write them: `[HOST/]NAME[:TAG][@DIGEST]`. Without a host the cluster's own registry is meant,
 * without tag and digest the tag `latest`. Pure. Called by push.ts and the command line.
 */
import { isName, isTag, parseDigest } from './digest.ts';

export interface Reference {
  /** Absent: the cluster's own registry. */
  host?: string;
  name: string;
  tag?: string;
  digest?: string;
}

const HOST = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/;

/** Undefined when `text` is no reference. */
export function parseReference(text: string): Reference | undefined {
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && parseDigest(digest) === undefined)) return undefined;
  const { host, rest } = splitHost(named);
  const colon = rest.lastIndexOf(':');
  const name = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (!isName(name) || (tag !== undefined && !isTag(tag)) || (host !== undefined && !HOST.test(host))) return undefined;
  return { host, name, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** As docker does: what stands before the first slash is a host when it has a dot or a port, or is `localhost`. */
function splitHost(named: string): { host?: string; rest: string } {
  const slash = named.indexOf('/');
  const first = named.slice(0, Math.max(slash, 0));
  if (!/[.:[]/.test(first) && first !== 'localhost') return { rest: named };
  return { host: first, rest: named.slice(slash + 1) };
}

/** `NAME:TAG` or `NAME@DIGEST`, with the host in front where there is one. */
export const referenceText = ({ host, name, tag, digest }: Reference): string =>
  `${host === undefined ? '' : `${host}/`}${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
