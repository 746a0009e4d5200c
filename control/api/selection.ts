/**
 * Label and field selectors of a list or watch as one question: is this object meant? Called by list, watch and
 * deletecollection.
 */
import type { Kind } from '../kinds/strategy.ts';
import { checkFields, matchesFields, parseFieldSelector } from '../machinery/fields.ts';
import { matchesLabels, parseLabelSelector } from '../machinery/labels.ts';
import type { ApiObject } from '../machinery/meta.ts';
import type { RequestInfo } from '../machinery/resource.ts';

export interface Selection {
  /** Undefined when everything is meant. */
  matches: ((object: Readonly<ApiObject>) => boolean) | undefined;
  /** The one name that is meant, if the selector says so: a lookup is enough then. */
  name: string | undefined;
}

export function selectionOf(kind: Kind, info: RequestInfo, query: URLSearchParams): Selection {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  const selectable = kind.selectableFields ?? {};
  checkFields(fields, Object.keys(selectable));
  const fieldOf = (object: Readonly<ApiObject>) => (field: string) => {
    if (field === 'metadata.name') return object.metadata.name;
    if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
    return selectable[field]!(object as ApiObject);
  };
  // Rights may have been given for this one name, which stands in the path or in the field selector.
  const name = info.name === '' ? undefined : info.name;
  const matches = (object: Readonly<ApiObject>) =>
    (name === undefined || object.metadata.name === name) &&
    matchesLabels(labels, object.metadata.labels) &&
    (fields.length === 0 || matchesFields(fields, fieldOf(object)));
  return { matches: labels.length === 0 && fields.length === 0 && name === undefined ? undefined : matches, name };
}
