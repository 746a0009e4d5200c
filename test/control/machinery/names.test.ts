/** What may be a name, and in which words it may not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  configKeyErrors,
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  generateName,
  labelValueErrors,
  pathSegmentErrors,
  portNameErrors,
  qualifiedNameErrors,
} from '../../../control/machinery/names.ts';

const test = suite('names');

type Rule = (value: string) => string[];
const NAMES: [Rule, string[], string[]][] = [
  [dns1123LabelErrors, ['a', 'a-1', '1a', 'x'.repeat(63)], ['', 'A', 'a.b', '-a', 'a-', 'x'.repeat(64), 'a\n']],
  [dns1123SubdomainErrors, ['a', 'a.b-c.d', 'x'.repeat(253)], ['', 'a..b', '.a', 'a_b', 'x'.repeat(254)]],
  [dns1035LabelErrors, ['a', 'a-1'], ['1a', 'a.b', '']],
  [qualifiedNameErrors, ['a', 'A.b_c', 'example.com/x'], ['', '/x', 'a/', 'a/b/c', 'A/x', '_a', 'x'.repeat(64)]],
  [labelValueErrors, ['', 'a', 'A_b.c'], ['-', 'a b', 'x'.repeat(64), `${'a'.repeat(100000)}!`]],
  [configKeyErrors, ['a', '.a', 'a.b_C-'], ['', 'a/b', '.', '..', '..a', 'x'.repeat(254)]],
  [pathSegmentErrors, ['system:node', 'a.b'], ['.', '..', 'a/b', 'a%b']],
  [portNameErrors, ['http', '8a'], ['', '80', 'a--b', '-a', 'Http', 'x'.repeat(16)]],
];
for (const [rule, good, bad] of NAMES) {
  test(rule.name, () => {
    for (const value of good) assert.equal(rule(value), [], value);
    for (const value of bad) assert.ok(rule(value).length > 0, value);
  });
}
test('the wording is Kubernetes’', () => {
  assert.equal(dns1123SubdomainErrors('Web'), [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]);
  assert.equal(dns1035LabelErrors('x'.repeat(64)), ['must be no more than 63 characters']);
});

test('generated names are cut and end in five safe characters', () => {
  assert.is(
    generateName('web-', () => 0),
    'web-bbbbb',
  );
  assert.is(
    generateName('x'.repeat(80), () => 0.999),
    'x'.repeat(58) + '99999',
  );
});

test.run();
