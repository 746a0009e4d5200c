import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configOf } from '../../agent/config.ts';

const test = suite('config');

const of = (flags: Record<string, string>) =>
  configOf(name => flags[name], { hostname: 'Box-7.lan', token: 'from-file' });
const server = 'https://10.0.0.5:6443/x';

test('flags become one frozen value', () => {
  const config = of({ server, labels: 'zone=a,disk=', 'max-pods': '9', 'host-listeners': 'off' });
  assert.equal(
    [config.server, config.name, config.labels, config.maxPods, config.hostListeners, config.token],
    ['https://10.0.0.5:6443', 'box-7.lan', { zone: 'a', disk: '' }, 9, false, 'from-file'],
  );
  assert.throws(() => Object.assign(config, { name: 'x' }));
});

test('errors say which flag and what it takes', () => {
  for (const [flags, message] of [
    [{}, '--server is missing'],
    [{ server: 'http://x' }, 'is no https:// address'],
    [{ server, name: 'A_B' }, '--name "A_B" is no node name'],
    [{ server, heartbeat: 'x' }, '--heartbeat takes a number above 0'],
    [{ server, 'host-listeners': 'yes' }, '--host-listeners takes on or off'],
    [{ server, labels: 'x' }, '--labels takes KEY=VALUE pairs'],
  ] as const)
    assert.throws(
      () => of(flags as Record<string, string>),
      (error: Error) => error.message.includes(message),
      message,
    );
});

test.run();
