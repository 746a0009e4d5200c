/**
 * JSON for people: indented, apiVersion, kind and metadata first. As apiserver does it, for `?pretty=true` and for what a
 * person types a request into (curl, Wget, a browser) unless the query says otherwise. Programs get it compact.
 */
import { type ApiContext, flag } from './request.ts';

const PEOPLE = /^(?:curl|Wget|Mozilla\/5\.0)/;
/** Larger bodies stay as they are: nobody reads them, and indenting holds up the others. */
const PRETTY_BYTES_MAX = 1 << 20;
const FIRST = ['kind', 'apiVersion', 'metadata', 'spec', 'status'];

export const isForPeople = (c: ApiContext, contentType: string, body: string | Uint8Array): boolean => {
  if (!contentType.startsWith('application/json') || body.length > PRETTY_BYTES_MAX) return false;
  const query = c.get('query');
  return query?.has('pretty') ? flag(query, 'pretty') : PEOPLE.test(c.req.header('user-agent') ?? '');
};

export const pretty = (body: string | Uint8Array): string => {
  const value: unknown = JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
  return `${JSON.stringify(ordered(value), null, 2)}\n`;
};

/** An object, or each object of a list, with the fields that people look for first in front. */
function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const fields = value as Record<string, unknown>;
  const front = FIRST.filter(name => Object.hasOwn(fields, name)).map(name => [name, fields[name]]);
  const sorted = Object.fromEntries([...front, ...Object.entries(fields).filter(([name]) => !FIRST.includes(name))]);
  return Array.isArray(fields['items']) ? { ...sorted, items: fields['items'].map(ordered) } : sorted;
}
