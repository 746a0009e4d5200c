import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, helpOf, readInput, UsageError } from '../../../control/cli/command.ts';
import { command as up, waitMilliseconds } from '../../../control/cli/commands/up.ts';
import { columns } from '../../../control/cli/print/table.ts';

const test = suite('command');

test('options have defaults, values and bounds', () => {
  const input = readInput(up, ['dev', '--agents', '3']);
  assert.equal(input.operands, ['dev']);
  assert.is(input.number('agents', 0, 64), 3);
  assert.is(input.number('port', 1, 65_535), 6443);
  assert.is(input.on('fg'), false);
});

test('mistakes name the option', () => {
  const wrong: [string[], RegExp][] = [
    [['--agents', 'many'], /--agents takes a whole number from 0 to 64, not "many"/],
    [['--agents', '65'], /--agents takes a whole number/],
    [['--bogus'], /Unknown option '--bogus'/],
  ];
  for (const [argv, message] of wrong) {
    assert.throws(
      () => readInput(up, argv).number('agents', 0, 64),
      (e: Error) => e instanceof UsageError && message.test(e.message),
    );
  }
});

test('times have units', () => {
  assert.is(waitMilliseconds('30s'), 30_000);
  assert.is(waitMilliseconds('2m'), 120_000);
  assert.is(waitMilliseconds('5'), 5_000);
  for (const bad of ['', '0s', '1h', '601s', '-3s']) assert.throws(() => waitMilliseconds(bad), /--wait takes a time/);
});

test('help shows every option with its default', () => {
  const help = helpOf(up);
  for (const name of Object.keys(up.options)) assert.match(help, `--${name}`);
  assert.match(help, '(default 6443)');
});

test('every command has a summary and help', async () => {
  for (const name of ['up', 'down', 'status', 'demo', 'run', 'push', 'get', 'apply', 'delete', 'logs', 'kubeconfig']) {
    const { command } = (await import(`../../../control/cli/commands/${name}.ts`)) as { command: Command };
    assert.is(command.name, name);
    assert.ok(command.summary.length > 10 && helpOf(command).includes('--help'));
  }
});

test('columns line up and the last is not padded', () => {
  assert.is(
    columns(
      ['NAME', 'AGE'],
      [
        ['hello-http', '5s'],
        ['x', '12m'],
      ],
    ),
    'NAME         AGE\nhello-http   5s\nx            12m',
  );
});

test.run();
