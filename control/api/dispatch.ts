/**
 * From what a request asks for to the function that does it: verbs for objects and collections, subresources by name,
 * reviews that are computed and never stored.
 */
import type { Kind, Verb as KindVerb } from '../kinds/strategy.ts';
import type { RequestInfo } from '../machinery/resource.ts';
import { failure, methodNotAllowed, notFound } from '../machinery/status.ts';
import type { Api, Verb } from './api.ts';
import type { ApiContext } from './request.ts';
import { reviewOf } from './reviews.ts';
import { subresourceOf } from './subresources/all.ts';
import { create } from './verbs/create.ts';
import { remove } from './verbs/delete.ts';
import { removeCollection } from './verbs/delete-collection.ts';
import { get } from './verbs/get.ts';
import { list } from './verbs/list.ts';
import { patch } from './verbs/patch.ts';
import { update } from './verbs/update.ts';
import { watch } from './verbs/watch.ts';

const VERBS: Readonly<Record<KindVerb, Verb>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
};

/** Verbs that need a name, and those that must not have one. */
const NAMED = new Set<string>(['get', 'update', 'patch', 'delete']);

export function dispatch(api: Api, c: ApiContext): Promise<Response> {
  const info = c.get('info');
  const kind = api.kinds.find(info.group, info.version, info.resource);
  if (!kind) throw nothingThere();
  if (!isPlaced(kind, info) && !mayCrossNamespaces(kind, info)) throw nothingThere();
  if (info.subresource !== '') return subresource(api, c, kind, info);
  const verb = info.verb as KindVerb;
  if (!VERBS[verb] || !serves(kind, verb)) throw methodNotAllowed(kind, info.verb);
  if (NAMED.has(verb) !== isNamed(c)) throw methodNotAllowed(kind, info.verb);
  if (kind.virtual) return reviewOf(kind)(api, c, kind);
  return VERBS[verb](api, c, kind);
}

/**
 * Whether the path puts the Kind where it belongs. What is asked for at `/namespaces/A/…` was allowed with the rights that
 * somebody has in A: of the objects outside of namespaces that can only be the Namespace A itself.
 */
const isPlaced = (kind: Kind, { resource, namespace, name }: RequestInfo): boolean => {
  if (kind.namespaced) return namespace !== '';
  return namespace === '' || (resource === 'namespaces' && namespace === name);
};

/** Lists and watches over all namespaces, and their deletion. */
const mayCrossNamespaces = (kind: Kind, { verb }: RequestInfo): boolean =>
  kind.namespaced && ['list', 'watch', 'deletecollection'].includes(verb);

const serves = (kind: Kind, verb: KindVerb): boolean => kind.verbs?.includes(verb) ?? true;

/** The name in the path; a field selector on the name also fills `info.name`. */
function isNamed(c: ApiContext): boolean {
  const info = c.get('info');
  return info.name !== '' && !['list', 'watch', 'deletecollection'].includes(info.verb);
}

function subresource(api: Api, c: ApiContext, kind: Kind, info: RequestInfo): Promise<Response> {
  const handlers = subresourceOf(kind, info.subresource);
  if (!handlers) throw nothingThere();
  if (info.name === '') throw notFound(kind, info.name);
  const handler = handlers[info.verb as KindVerb];
  if (!handler) throw methodNotAllowed(kind, info.verb);
  return handler(api, c, kind);
}

/** client-go's words for a path that is not served. */
export const nothingThere = () => failure('NotFound', 'the server could not find the requested resource', {});
