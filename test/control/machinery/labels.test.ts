import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  formatLabelSelector,
  type LabelSelectorObject,
  matchesLabels,
  parseLabelSelector,
  selectorOf,
} from '../../../control/machinery/labels.ts';
import { StatusError } from '../../../control/machinery/status.ts';
import { random } from '../../lib/random.ts';

const test = suite('labels');
const web = { app: 'web', tier: 'front', size: '10', 'example.com/x': '' };

const MATCHES: [string, boolean][] = [
  ['', true],
  ['app=web', true],
  ['app==web,tier=front', true],
  ['app = web , tier != back', true],
  ['app!=web', false],
  ['absent!=x', true],
  ['app in (web, db)', true],
  ['app in (db)', false],
  ['app notin (db)', true],
  ['absent notin (db)', true],
  ['app', true],
  ['absent', false],
  ['!absent', true],
  ['!app', false],
  ['size>9', true],
  ['size<9', false],
  ['app>1', false],
  ['absent>1', false],
  ['example.com/x', true],
  ['example.com/x=', true],
  ['example.com/x in (,a)', true],
  ['in in (in)', false],
];
for (const [selector, expected] of MATCHES) {
  test(`${selector || '(empty)'} ${expected ? 'matches' : 'does not match'}`, () =>
    assert.is(matchesLabels(parseLabelSelector(selector), web), expected));
}

const REFUSED: [string, string][] = [
  ['app in web', "unable to parse requirement: found 'web' expected: '('"],
  ['=x', "found '=', expected: !, identifier, or 'end of string'"],
  ['a,', "found '', expected: identifier after ','"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['!', "unable to parse requirement: found '', expected: identifier"],
  [
    'a in ()',
    `unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty`,
  ],
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  [
    'a>x',
    `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
  ],
  [
    '-a=b',
    `unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  ],
  [
    'a=b/c',
    `unable to parse requirement: values[0][a]: Invalid value: "b/c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  ],
];
for (const [selector, message] of REFUSED) {
  test(`${selector} is refused`, () => {
    try {
      parseLabelSelector(selector);
    } catch (error) {
      assert.instance(error, StatusError);
      assert.is((error as StatusError).status.code, 400);
      return assert.is((error as StatusError).message, message);
    }
    assert.unreachable();
  });
}

test('an absent object selects nothing, an empty one everything', () => {
  assert.is(matchesLabels(selectorOf(undefined), web), false);
  assert.is(matchesLabels(selectorOf(undefined), undefined), false);
  assert.is(matchesLabels(selectorOf({}), undefined), true);
});

test('a text with `__proto__` sees own labels only', () => {
  assert.is(matchesLabels(parseLabelSelector('toString'), {}), false);
  assert.is(matchesLabels([{ key: '__proto__', operator: 'exists', values: [] }], {}), false);
});

/** The twin: reads the object as its documentation does, with no parsing and no formatting in between. */
const naive = (object: LabelSelectorObject, labels: Record<string, string>): boolean =>
  Object.entries(object.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (object.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    if (operator === 'In') return values.some(v => labels[key] === v);
    if (operator === 'NotIn') return values.every(v => labels[key] !== v);
    return key in labels === (operator === 'Exists');
  });

test('random selectors agree with the naive reading, also through their text', () => {
  const dice = random(7);
  const keys = ['a', 'b', 'c'];
  for (let round = 0; round < 3000; round++) {
    const labels = Object.fromEntries(keys.filter(() => dice.chance(0.6)).map(k => [k, dice.pick(['1', '2', ''])]));
    const matchExpressions = Array.from({ length: dice.below(3) }, () => {
      const operator = dice.pick(['In', 'NotIn', 'Exists', 'DoesNotExist']);
      const values = operator.endsWith('n')
        ? Array.from({ length: 1 + dice.below(3) }, () => dice.pick(['1', '2', '', '3']))
        : [];
      return { key: dice.pick(keys), operator, values };
    });
    const matchLabels = dice.chance(0.5) ? { [dice.pick(keys)]: dice.pick(['1', '2']) } : undefined;
    const object = { matchLabels, matchExpressions };
    const selector = selectorOf(object);
    const expected = naive(object, labels);
    assert.is(matchesLabels(selector, labels), expected, JSON.stringify({ object, labels }));
    const again = parseLabelSelector(formatLabelSelector(selector));
    assert.is(matchesLabels(again, labels), expected, formatLabelSelector(selector));
  }
});

test.run();
