/**
 * The paths of the API, both ways: `pathOf` writes them for clients, `requestInfo` reads them for the server
 * (apiserver's RequestInfo). Always: what `pathOf` writes, `requestInfo` reads back.
 */
import { exactField, parseFieldSelector } from './fields.ts';
import type { Key, Resource } from './meta.ts';
import { pathSegmentErrors } from './names.ts';
import { StatusError } from './status.ts';

type Addressed = Pick<Resource, 'group' | 'version' | 'resource'>;

/** A collection without `key.name`; all namespaces without `key.namespace`. */
export const pathOf = (resource: Addressed, key: Partial<Key> = {}, subresource?: string): string => {
  const { group, version } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const namespace = key.namespace ? `/namespaces/${encodeURIComponent(key.namespace)}` : '';
  const name = key.name === undefined ? '' : `/${encodeURIComponent(key.name)}`;
  return `${root}${namespace}/${resource.resource}${name}${subresource ? `/${subresource}` : ''}`;
};

/** What a request is about. Also what authorization is asked about. Absent parts are empty. */
export interface RequestInfo {
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case. */
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  path: string;
  /** False for /healthz, /version, discovery and the like. */
  resourceRequest: boolean;
  /** Of a list, watch or deletecollection, as the client wrote it. */
  fieldSelector?: string;
  /** What follows the subresource: the path that is proxied. */
  rest: readonly string[];
}

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const NAMESPACE_SUBRESOURCES = ['status', 'finalize'];

export const requestInfo = (method: string, path: string, query: URLSearchParams): RequestInfo => {
  const info = unaddressed(method, path);
  let parts = path.split('/').filter(part => part !== '');
  const prefix = parts[0];
  if ((prefix !== 'api' && prefix !== 'apis') || parts.length < (prefix === 'api' ? 3 : 4)) return info;
  parts = parts.slice(1).map(decode);
  if (prefix === 'apis') info.group = parts.shift()!;
  info.version = parts.shift()!;
  info.resourceRequest = true;
  info.verb = VERBS[method] ?? '';
  if (parts[0] === 'watch' && parts.length > 1 && method === 'GET') {
    // The old spelling `/api/v1/watch/pods`, which some clients still use.
    info.verb = 'watch';
    parts = parts.slice(1);
  }
  if (parts[0] === 'namespaces' && parts.length > 1) {
    info.namespace = parts[1]!;
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.includes(parts[2]!)) parts = parts.slice(2);
  }
  const [resource = '', name = '', subresource = '', ...rest] = parts;
  Object.assign(info, { resource, name, subresource, rest });
  if (name === '') narrowToCollection(info, query);
  return info;
};

const unaddressed = (method: string, path: string): RequestInfo => ({
  verb: method.toLowerCase(),
  group: '',
  version: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  path,
  resourceRequest: false,
  rest: [],
});

const narrowToCollection = (info: RequestInfo, query: URLSearchParams): void => {
  if (info.verb === 'get') info.verb = isTrue(query.get('watch')) ? 'watch' : 'list';
  if (info.verb === 'delete') info.verb = 'deletecollection';
  if (info.verb === 'create') return;
  // A watch of one object by field selector is allowed to those who may watch just that object.
  const selector = query.get('fieldSelector');
  if (selector) info.fieldSelector = selector;
  info.name = nameSelected(selector);
};

const nameSelected = (selector: string | null): string => {
  if (!selector) return '';
  try {
    const name = exactField(parseFieldSelector(selector), 'metadata.name') ?? '';
    return pathSegmentErrors(name).length === 0 ? name : '';
  } catch (error) {
    // The verb reports the bad selector; here it just selects no name.
    if (error instanceof StatusError) return '';
    throw error;
  }
};

const isTrue = (value: string | null): boolean => value !== null && value.toLowerCase() !== 'false' && value !== '0';

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};
