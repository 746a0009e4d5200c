/**
 * Label selectors, from the text of a query (`app in (a,b),!old`) or from a LabelSelector object, and their matching
 * (apimachinery's labels package; errors worded as there). Called by the API, controllers and the scheduler.
 *
 * Always: a parsed selector is valid, so that matching cannot fail.
 */
import { labelValueErrors, qualifiedNameErrors } from './names.ts';
import { getOwn } from './property.ts';
import { badRequest } from './status.ts';

const BINARY_OPERATORS = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'] as const;
const UNARY_OPERATORS = ['exists', '!'] as const;
type Operator = (typeof BINARY_OPERATORS | typeof UNARY_OPERATORS)[number];

interface LabelRequirement {
  key: string;
  operator: Operator;
  values: readonly string[];
}

/** All of them must hold; none at all matches everything. */
export type LabelSelector = readonly LabelRequirement[];

/** metav1.LabelSelector, as workloads and services carry it. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** What an absent LabelSelector object selects. */
const MATCH_NOTHING: LabelSelector = [{ key: '', operator: 'in', values: [] }];

export const matchesLabels = (selector: LabelSelector, labels: Record<string, string> | undefined): boolean => {
  for (const requirement of selector) if (!holds(requirement, labels)) return false;
  return true;
};

const holds = ({ key, operator, values }: LabelRequirement, labels: Record<string, string> | undefined): boolean => {
  const value = labels === undefined ? undefined : (getOwn(labels, key) as string | undefined);
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'gt':
      return isInteger(value) && BigInt(value) > BigInt(values[0]!);
    case 'lt':
      return isInteger(value) && BigInt(value) < BigInt(values[0]!);
    default:
      return value !== undefined && values.includes(value);
  }
};

const isInteger = (value: string | undefined): value is string => value !== undefined && /^-?\d{1,19}$/.test(value);

const OBJECT_OPERATORS: Readonly<Record<string, Operator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** Absent selects nothing, empty selects everything. Throws BadRequest for what validation should have refused. */
export const selectorOf = (object: LabelSelectorObject | undefined | null): LabelSelector => {
  if (!object) return MATCH_NOTHING;
  const equalities = Object.entries(object.matchLabels ?? {}).map(([key, value]) => requirement(key, '=', [value]));
  const expressions = (object.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    const known = getOwn(OBJECT_OPERATORS, operator) as Operator | undefined;
    if (known === undefined) throw badRequest(`"${operator}" is not a valid label selector operator`);
    return requirement(key, known, values);
  });
  return [...equalities, ...expressions];
};

/** Checks as labels.NewRequirement does; sorts the values. */
const requirement = (key: string, operator: Operator, values: readonly string[]): LabelRequirement => {
  checkKey(key, 'key');
  const refuse = (path: string, why: string, value: unknown = values) => {
    throw badRequest(`unable to parse requirement: ${path}: Invalid value: ${JSON.stringify(value)}: ${why}`);
  };
  const numeric = operator === 'gt' || operator === 'lt';
  if (operator === 'in' || operator === 'notin') {
    if (values.length === 0) refuse('values', "for 'in', 'notin' operators, values set can't be empty");
  } else if (operator === 'exists' || operator === '!') {
    if (values.length > 0) refuse('values', 'values set must be empty for exists and does not exist');
  } else if (values.length !== 1) {
    refuse(
      'values',
      numeric
        ? "for 'Gt', 'Lt' operators, exactly one value is required"
        : 'exact-match compatibility requires one single value',
    );
  } else if (numeric && !isInteger(values[0])) {
    refuse('values[0]', "for 'Gt', 'Lt' operators, the value must be an integer", values[0]);
  }
  values.forEach((value, i) => {
    const errors = labelValueErrors(value);
    if (errors.length > 0) refuse(`values[${i}][${key}]`, errors.join('; '), value);
  });
  return { key, operator, values: [...new Set(values)].sort() };
};

const checkKey = (key: string, path: string): void => {
  const errors = qualifiedNameErrors(key);
  if (errors.length === 0) return;
  throw badRequest(`unable to parse requirement: ${path}: Invalid value: ${JSON.stringify(key)}: ${errors.join('; ')}`);
};

/** The text form: `app=web,tier in (a,b),!old`. It parses back to the same selector. */
export const formatLabelSelector = (selector: LabelSelector): string =>
  selector
    .map(({ key, operator, values }) => {
      if (operator === 'exists') return key;
      if (operator === '!') return `!${key}`;
      if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${values.join(',') || ','})`;
      return `${key}${operator === 'gt' ? '>' : operator === 'lt' ? '<' : operator}${values[0]}`;
    })
    .join(',');

type Token = { type: 'identifier' | 'operator' | 'end' | 'error'; text: string };

const SYMBOLS = [')', ',', '!', '==', '=', '>', '<', '!=', '('];

const tokenize = (text: string): Token[] => {
  const tokens: Token[] = [];
  for (const [run] of text.matchAll(/[=!(),<>]+|[^=!(),<>\s]+/g)) {
    if (!/^[=!(),<>]/.test(run)) {
      tokens.push({ type: 'identifier', text: run });
      continue;
    }
    for (let i = 0; i < run.length; ) {
      const pair = run.slice(i, i + 2);
      const symbol = SYMBOLS.includes(pair) ? pair : run[i]!;
      tokens.push({ type: 'operator', text: symbol });
      i += symbol.length;
    }
  }
  return [...tokens, { type: 'end', text: '' }];
};

/** Throws BadRequest. Empty text selects everything. */
export const parseLabelSelector = (text: string): LabelSelector => {
  const tokens = tokenize(text);
  const requirements: LabelRequirement[] = [];
  const peek = (): Token => tokens[0]!;
  const next = (): Token => (tokens.length > 1 ? tokens.shift()! : tokens[0]!);
  const startsRequirement = (token: Token) => token.type === 'identifier' || token.text === '!';
  if (peek().type !== 'end' && !startsRequirement(peek())) fail(peek(), `!, identifier, or 'end of string'`);
  while (peek().type !== 'end') {
    requirements.push(parseRequirement(peek, next));
    const separator = next();
    if (separator.type === 'end') break;
    if (separator.text !== ',') fail(separator, `',' or 'end of string'`);
    if (!startsRequirement(peek())) fail(peek(), `identifier after ','`);
  }
  return requirements;
};

const fail = (found: Token, expected: string, prefix = ''): never => {
  throw badRequest(`${prefix}found '${found.text}', expected: ${expected}`);
};

const IN_REQUIREMENT = 'unable to parse requirement: ';

const parseRequirement = (peek: () => Token, next: () => Token): LabelRequirement => {
  const negated = peek().text === '!';
  if (negated) next();
  const key = next();
  if (key.type !== 'identifier') fail(key, 'identifier', IN_REQUIREMENT);
  checkKey(key.text, '<nil>');
  if (negated) return requirement(key.text, '!', []);
  if (peek().type === 'end' || peek().text === ',') return requirement(key.text, 'exists', []);
  const symbol = next();
  const operator = symbol.text === '>' ? 'gt' : symbol.text === '<' ? 'lt' : symbol.text;
  const known = BINARY_OPERATORS.find(o => o === operator);
  if (known === undefined || symbol.text === 'gt' || symbol.text === 'lt') {
    return fail(symbol, BINARY_OPERATORS.join(', '), IN_REQUIREMENT);
  }
  const values = known === 'in' || known === 'notin' ? parseValues(peek, next) : [parseExactValue(peek, next)];
  return requirement(key.text, known, values);
};

const parseExactValue = (peek: () => Token, next: () => Token): string => {
  if (peek().type === 'end' || peek().text === ',') return '';
  const value = next();
  return value.type === 'identifier' ? value.text : fail(value, 'identifier', IN_REQUIREMENT);
};

/** `(a,b)`; an empty place between commas is the empty value. */
const parseValues = (peek: () => Token, next: () => Token): string[] => {
  const open = next();
  if (open.text !== '(') throw badRequest(`${IN_REQUIREMENT}found '${open.text}' expected: '('`);
  const values: string[] = [];
  if (peek().text === ')') {
    next();
    return values;
  }
  for (;;) {
    const token = peek();
    if (token.type === 'identifier') values.push(next().text);
    else if (token.text === ',' || token.text === ')') values.push('');
    else fail(token, values.length === 0 ? "',', ')' or identifier" : "',', or identifier", IN_REQUIREMENT);
    const separator = next();
    if (separator.text === ')' && separator.type === 'operator') return values;
    if (separator.text !== ',') fail(separator, `',' or ')'`, IN_REQUIREMENT);
  }
};
