/** Where a pod's connections go, and where they may not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPodNetwork } from '../../../agent/proxy/pod-network.ts';
import { createRanges } from '../../../agent/proxy/ranges.ts';

const test = suite('pod network');
const names: Record<string, string[]> = { web: ['10.96.0.7'], pod: ['10.244.3.4'] };
const outside: Record<string, string[]> = {
  'example.com': ['93.184.216.34'],
  'rebind.example': ['127.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  '127.1': ['127.0.0.1'],
};
const failed: string[] = [];
const network = createPodNetwork(
  {
    ranges: createRanges('10.244.0.0/16', '10.96.0.0/16'),
    zone: name =>
      names[name]
        ? { is: 'addresses', addresses: names[name] }
        : name === 'alias' || name === 'alias.'
          ? { is: 'alias', name: 'example.com' }
          : name.startsWith('loop')
            ? { is: 'alias', name: 'loop' }
            : name === 'absent'
              ? { is: 'absent' }
              : { is: 'outside', name: name.replace(/\.$/, '') },
    pick: (ip, port) =>
      ip === '10.96.0.7' && port === 80
        ? { key: 'k', ip: '10.244.1.9', port: 8080 }
        : ip === '10.96.0.7' && port === 81
          ? null
          : undefined,
    failed: (ip, port) => void failed.push(`${ip}:${port}`),
    lookUp: async name => {
      const found = outside[name];
      if (!found) throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
      return found;
    },
  },
  { namespace: 'default', name: 'p', ip: '10.244.0.5', uid: 'u' },
);

const CASES: [host: string, port: number, expected: string][] = [
  ['web', 80, '127.244.1.9:8080'],
  ['10.96.0.7', 80, '127.244.1.9:8080'],
  ['10.96.0.7', 81, 'ECONNREFUSED'],
  ['web', 82, 'ECONNREFUSED'],
  ['10.244.3.4', 9000, '127.244.3.4:9000'],
  ['pod', 9000, '127.244.3.4:9000'],
  ['localhost', 8080, '127.244.0.5:8080'],
  ['a.localhost', 8080, '127.244.0.5:8080'],
  ['127.0.0.1', 6443, '127.244.0.5:6443'],
  ['127.244.3.4', 8080, '127.244.0.5:8080'],
  ['127.1', 22, '127.244.0.5:22'],
  ['0.0.0.0', 22, '127.244.0.5:22'],
  ['::1', 22, '127.244.0.5:22'],
  ['::ffff:127.0.0.1', 22, '127.244.0.5:22'],
  ['::ffff:10.96.0.7', 80, '127.244.1.9:8080'],
  ['rebind.example', 22, '127.244.0.5:22'],
  ['169.254.169.254', 80, 'EACCES'],
  ['::ffff:169.254.169.254', 80, 'EACCES'],
  ['metadata.example', 80, 'EACCES'],
  ['224.0.0.1', 80, 'EACCES'],
  ['255.255.255.255', 80, 'EACCES'],
  ['fe80::1', 80, 'EACCES'],
  ['::127.0.0.1', 80, 'EACCES'],
  ['example.com', 443, '93.184.216.34:443'],
  ['alias', 443, '93.184.216.34:443'],
  ['192.168.1.10', 30080, '192.168.1.10:30080'],
  ['2001:db8::1', 443, '2001:db8::1:443'],
  ['absent', 80, 'ENOTFOUND'],
  ['loop', 80, 'ENOTFOUND'],
  ['nowhere.example', 80, 'ENOTFOUND'],
];

for (const [host, port, expected] of CASES) {
  test(`${host}:${port} → ${expected}`, async () => {
    const answer = await network.connect(host, port).then(
      to => `${to.host}:${to.port}`,
      (error: { code: string }) => error.code,
    );
    assert.is(answer, expected);
  });
}

test('an endpoint that could not be reached is reported by its own address', async () => {
  await network.connect('web', 80, { host: '127.244.1.9', port: 8080 });
  await network.connect('example.com', 443, { host: '93.184.216.34', port: 443 });
  assert.equal(failed, ['10.244.1.9:8080']);
});

test('resolve answers what the guest shall see, not where it is', async () => {
  assert.equal(await network.resolve('web'), ['10.96.0.7']);
  assert.equal(await network.resolve('10.244.0.5'), ['10.244.0.5']);
  assert.equal(await network.resolve('localhost'), ['127.0.0.1']);
});

test.run();
