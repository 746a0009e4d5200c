/**
 * Field selectors: `status.phase=Running,metadata.name!=x` (apimachinery's fields package). The only operators are
 * `=`, `==` and `!=`; `\`, `,` and `=` in values are escaped by a backslash. Called by the API's list and watch.
 */
import { badRequest } from './status.ts';

export interface FieldRequirement {
  field: string;
  equals: boolean;
  value: string;
}

export type FieldSelector = readonly FieldRequirement[];

/** Throws BadRequest. */
export const parseFieldSelector = (text: string): FieldSelector =>
  split(text, ',')
    .filter(term => term !== '')
    .map(term => parseTerm(term, text));

/** `valueOfField` answers the object's value of a field, empty when it has none. */
export const matchesFields = (selector: FieldSelector, valueOfField: (field: string) => string): boolean =>
  selector.every(({ field, equals, value }) => (valueOfField(field) === value) === equals);

/** The one value that `field` must have, if the selector says so. */
export const exactField = (selector: FieldSelector, field: string): string | undefined =>
  selector.find(r => r.equals && r.field === field)?.value;

/** Throws BadRequest for a field that cannot be selected on; metadata.name and metadata.namespace always can. */
export const checkFields = (selector: FieldSelector, selectable: readonly string[]): void => {
  for (const { field } of selector) {
    if (field === 'metadata.name' || field === 'metadata.namespace' || selectable.includes(field)) continue;
    throw badRequest(
      selectable.length === 0
        ? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
        : `field label not supported: ${field}`,
    );
  }
};

export const formatFieldSelector = (selector: FieldSelector): string =>
  selector.map(r => `${r.field}${r.equals ? '=' : '!='}${r.value.replace(/[\\,=]/g, '\\$&')}`).join(',');

const parseTerm = (term: string, whole: string): FieldRequirement => {
  const found = /^((?:[^\\=!]|\\.|!(?!=))*)(==|!=|=)(.*)$/s.exec(term);
  if (!found) throw badRequest(`invalid selector: '${whole}'; can't understand '${term}'`);
  const [, field, operator, value] = found as unknown as [string, string, string, string];
  return { field, equals: operator !== '!=', value: unescaped(value) };
};

const unescaped = (value: string): string => {
  for (const [, escaped] of value.matchAll(/\\(.?)/gs)) {
    if (escaped === '') throw badRequest('invalid field selector: incomplete escape sequence in value');
    if (!'\\,='.includes(escaped!)) {
      throw badRequest(`invalid field selector: invalid escape sequence in value: \\${escaped}`);
    }
  }
  const bare = value.replace(/\\./gs, '');
  if (bare.includes('=')) throw badRequest('invalid field selector: unescaped character in value: =');
  return value.replace(/\\(.)/gs, '$1');
};

/** Splits at separators that no backslash escapes. */
const split = (text: string, separator: string): string[] => {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === separator) {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...terms, text.slice(start)];
};
