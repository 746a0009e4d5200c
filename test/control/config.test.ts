/** The server's flags: what is refused and in which words. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError, configOf } from '../../control/config.ts';

const test = suite('config');
const read = (flags: Record<string, string>) =>
  configOf(name => flags[name], { addresses: ['192.0.2.7'], resolve: path => `/abs/${path}` });

test('ranges have defaults, and may be others', () => {
  assert.equal(read({}).ranges, { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16' });
  const ranges = { podCidr: '10.128.0.0/9', serviceCidr: '10.3.4.0/24' };
  assert.equal(read({ 'pod-cidr': ranges.podCidr, 'service-cidr': ranges.serviceCidr }).ranges, ranges);
});

const wrong: [Record<string, string>, RegExp][] = [
  [{ 'pod-cidr': 'lots' }, /^--pod-cidr takes an IPv4 block such as 10\.244\.0\.0\/16, not "lots"$/],
  [
    { 'service-cidr': 'fd00::/108' },
    /^--service-cidr takes an IPv4 block such as 10\.96\.0\.0\/16, not "fd00::\/108"$/,
  ],
  [{ 'pod-cidr': '10.7.0.0/21' }, /^--pod-cidr takes a block from \/8 to \/20, not 10\.7\.0\.0\/21$/],
  [{ 'service-cidr': '10.7.0.0/25' }, /^--service-cidr takes a block from \/8 to \/24/],
  [{ 'service-cidr': '10.0.0.0/7' }, /^--service-cidr takes a block from \/8/],
  [{ 'pod-cidr': '192.168.0.0/16' }, /^--pod-cidr takes a block within 10\.0\.0\.0\/8, not 192\.168\.0\.0\/16$/],
  [
    { 'pod-cidr': '10.7.1.0/16' },
    /^--pod-cidr takes the first address of a block: 10\.7\.0\.0\/16, not 10\.7\.1\.0\/16$/,
  ],
  [{ 'service-cidr': '10.0.9.0/24' }, /^--service-cidr cannot contain 10\.0\.0\.0\/16/],
  [{ 'pod-cidr': '10.0.0.0/8' }, /^--pod-cidr cannot contain 10\.0\.0\.0\/16/],
  [{ 'pod-cidr': '10.64.0.0/10' }, /^--pod-cidr 10\.64\.0\.0\/10 and --service-cidr 10\.96\.0\.0\/16 overlap$/],
  [{ listen: 'here' }, /^--listen takes HOST:PORT, not "here"$/],
];
for (const [flags, message] of wrong) {
  test(`refused: ${JSON.stringify(flags)}`, () => {
    assert.throws(
      () => read(flags),
      (e: Error) => e instanceof ConfigError && message.test(e.message),
    );
  });
}

test.run();
