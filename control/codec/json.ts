/**
 * JSON from outside, strictly: bounded in size and depth, duplicate keys reported, `__proto__` an ordinary key.
 * Called by the API for request bodies and by clients for answers.
 *
 * V8's parser makes the value; a second, cheap scan over the text finds what it hides: depth and duplicates.
 */
import { badRequest } from '../machinery/status.ts';

export const JSON_DEPTH_MAX = 1000;

export interface ParsedJson {
  value: unknown;
  /** Paths of keys that came twice (`spec.replicas`); the last one has won. */
  duplicateFields: string[];
}

/** Throws BadRequest for what is no JSON or is too deep. */
export const parseJson = (body: Uint8Array | string): ParsedJson => {
  const text = typeof body === 'string' ? body : decodeUtf8(body);
  const duplicateFields = scan(text);
  try {
    return { value: JSON.parse(text), duplicateFields };
  } catch (error) {
    throw badRequest(`error decoding the body: ${(error as Error).message}`);
  }
};

/** `strict decoding error: duplicate field "x", unknown field "y"`: what fieldValidation=Strict answers, or undefined. */
export const strictDecodingError = (
  duplicateFields: readonly string[],
  unknownFields: readonly string[],
): string | undefined => {
  const faults = [
    ...duplicateFields.map(field => `duplicate field ${JSON.stringify(field)}`),
    ...unknownFields.map(field => `unknown field ${JSON.stringify(field)}`),
  ];
  return faults.length === 0 ? undefined : `strict decoding error: ${faults.join(', ')}`;
};

const decodeUtf8 = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badRequest('error decoding the body: invalid UTF-8');
  }
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

interface Scope {
  /** Keys seen so far; undefined in a list. */
  keys: Set<string> | undefined;
  key: string;
  index: number;
}

/** Walks the text once. What is malformed is left to JSON.parse to complain about. */
const scan = (text: string): string[] => {
  const duplicates: string[] = [];
  const scopes: Scope[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const end = endOfString(text, at);
      const scope = scopes.at(-1);
      if (scope?.keys !== undefined && isKey(text, end)) noteKey(scope, text.slice(at, end), scopes, duplicates);
      at = end - 1;
    } else if (char === 0x7b || char === 0x5b) {
      scopes.push({ keys: char === 0x7b ? new Set() : undefined, key: '', index: 0 });
      if (scopes.length > JSON_DEPTH_MAX)
        throw badRequest(`error decoding the body: exceeded max depth ${JSON_DEPTH_MAX}`);
    } else if (char === 0x7d || char === 0x5d) scopes.pop();
    else if (char === 0x2c) {
      const scope = scopes.at(-1);
      if (scope !== undefined) scope.index++;
    }
  }
  return duplicates;
};

const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
};

const isKey = (text: string, end: number): boolean => {
  let at = end;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
};

const noteKey = (scope: Scope, quoted: string, scopes: Scope[], duplicates: string[]): void => {
  scope.key = quoted.includes('\\') ? unquote(quoted) : quoted.slice(1, -1);
  if (!scope.keys!.has(scope.key)) scope.keys!.add(scope.key);
  else
    duplicates.push(
      scopes
        .map(s => (s.keys === undefined ? `[${s.index}]` : `.${s.key}`))
        .join('')
        .slice(1),
    );
};

const unquote = (quoted: string): string => {
  try {
    return JSON.parse(quoted);
  } catch {
    return quoted;
  }
};
