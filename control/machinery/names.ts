/**
 * What may be a name, in Kubernetes' exact words (apimachinery's util/validation). Each function returns what is wrong,
 * nothing when all is well. Called by kinds' validation, by selectors and by the create verb (`generateName`).
 */
import { SAFE_ALPHABET } from './hash.ts';

const LABEL_LENGTH_MAX = 63;
const SUBDOMAIN_LENGTH_MAX = 253;
const PORT_NAME_LENGTH_MAX = 15;
const GENERATED_SUFFIX_LENGTH = 5;
const GENERATED_BASE_LENGTH_MAX = LABEL_LENGTH_MAX - GENERATED_SUFFIX_LENGTH;

interface Format {
  pattern: string;
  regex: RegExp;
  message: string;
  examples: readonly string[];
}

const format = (pattern: string, message: string, ...examples: string[]): Format => ({
  pattern,
  regex: new RegExp(`^(?:${pattern})$`),
  message,
  examples,
});

const LABEL_1123 = format(
  '[a-z0-9]([-a-z0-9]*[a-z0-9])?',
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  'my-name',
  '123-abc',
);
const SUBDOMAIN_1123 = format(
  '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*',
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  'example.com',
);
const LABEL_1035 = format(
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  'my-name',
  'abc-123',
);
const QUALIFIED_NAME = format(
  '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]',
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  'MyName',
  'my.name',
  '123-abc',
);
const LABEL_VALUE = format(
  '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?',
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  'MyValue',
  'my_value',
  '12345',
);
const CONFIG_KEY = format(
  '[-._a-zA-Z0-9]+',
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  'key.name',
  'KEY_NAME',
  'key-name',
);

const tooLong = (max: number): string => `must be no more than ${max} characters`;
const EMPTY = 'must be non-empty';

const mismatch = ({ pattern, message, examples }: Format): string =>
  examples.length === 0
    ? `${message} (regex used for validation is '${pattern}')`
    : `${message} (e.g. ${examples.map(e => `'${e}', `).join(' or ')}regex used for validation is '${pattern}')`;

/** Past this only the length is complained about: the patterns take quadratic time on long near-misses. */
const MATCHED_LENGTH_MAX = 1024;

const matches = (value: string, wanted: Format): boolean =>
  value.length > MATCHED_LENGTH_MAX || wanted.regex.test(value);

const check = (value: string, wanted: Format, max: number): string[] => [
  ...(value.length > max ? [tooLong(max)] : []),
  ...(matches(value, wanted) ? [] : [mismatch(wanted)]),
];

/** Namespaces, nodes' hosts, container names. */
export const dns1123LabelErrors = (value: string): string[] => check(value, LABEL_1123, LABEL_LENGTH_MAX);

/** The default for `metadata.name`. */
export const dns1123SubdomainErrors = (value: string): string[] => check(value, SUBDOMAIN_1123, SUBDOMAIN_LENGTH_MAX);

/** Services. */
export const dns1035LabelErrors = (value: string): string[] => check(value, LABEL_1035, LABEL_LENGTH_MAX);

/** Label keys, annotation keys, finalizers, resource names: `example.com/name` or `name`. */
export const qualifiedNameErrors = (value: string): string[] => {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a qualified name ${mismatch(QUALIFIED_NAME)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1)!;
  const prefix = parts.length === 2 ? parts[0]! : undefined;
  const prefixErrors = prefix === undefined ? [] : prefix === '' ? [EMPTY] : dns1123SubdomainErrors(prefix);
  const nameErrors = name === '' ? [EMPTY] : name.length > LABEL_LENGTH_MAX ? [tooLong(LABEL_LENGTH_MAX)] : [];
  if (!matches(name, QUALIFIED_NAME)) nameErrors.push(mismatch(QUALIFIED_NAME));
  return [...prefixErrors.map(e => `prefix part ${e}`), ...nameErrors.map(e => `name part ${e}`)];
};

export const labelValueErrors = (value: string): string[] => check(value, LABEL_VALUE, LABEL_LENGTH_MAX);

/** Keys of ConfigMap and Secret data. */
export const configKeyErrors = (value: string): string[] => {
  const errors = check(value, CONFIG_KEY, SUBDOMAIN_LENGTH_MAX);
  if (value === '.') errors.push("must not be '.'");
  else if (value === '..') errors.push("must not be '..'");
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
};

/** Names that need only fit into a path: roles and bindings. */
export const pathSegmentErrors = (value: string): string[] => {
  if (value === '.') return ["may not be '.'"];
  if (value === '..') return ["may not be '..'"];
  return ['/', '%'].filter(char => value.includes(char)).map(char => `may not contain '${char}'`);
};

export const portNameErrors = (value: string): string[] => {
  const errors = value.length > PORT_NAME_LENGTH_MAX ? [tooLong(PORT_NAME_LENGTH_MAX)] : [];
  if (!/^[-a-z0-9]+$/.test(value))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
};

/** `web-` becomes `web-x7k2p`; `random` gives numbers in [0, 1). The caller tries again when the name is taken. */
export const generateName = (base: string, random: () => number): string => {
  let suffix = '';
  while (suffix.length < GENERATED_SUFFIX_LENGTH) suffix += SAFE_ALPHABET[Math.floor(random() * SAFE_ALPHABET.length)];
  return base.slice(0, GENERATED_BASE_LENGTH_MAX) + suffix;
};
