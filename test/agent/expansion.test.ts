import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expand } from '../../agent/expansion.ts';

const test = suite('expansion');

test('as Kubernetes expands', () => {
  const values: Record<string, string> = { A: 'a', B: '$(A)', EMPTY: '' };
  for (const [text, expected] of [
    ['plain', 'plain'],
    ['$(A)', 'a'],
    ['x$(A)y$(A)', 'xaya'],
    ['$(B)', '$(A)'],
    ['$(EMPTY)|', '|'],
    ['$(MISSING)', '$(MISSING)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a'],
    ['$$', '$'],
    ['$A', '$A'],
    ['$(', '$('],
    ['$()', '$()'],
  ] as const)
    assert.is(
      expand(text, name => values[name]),
      expected,
      text,
    );
});

test.run();
