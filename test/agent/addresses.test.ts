import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claimAddress } from '../../agent/address-claim.ts';
import { type Addresses, createAddresses } from '../../agent/addresses.ts';

const test = suite('addresses');

const free = async () => () => {};
const take = async (addresses: Addresses, ...uids: string[]) => {
  const taken: (string | undefined)[] = [];
  for (const uid of uids) taken.push(await addresses.take(uid));
  return taken.map(ip => ip?.slice(-1)).join(' ');
};

test('each pod gets its own, the same each time; what was given back is taken last', async () => {
  const addresses = createAddresses(free);
  assert.is(await addresses.take('a'), undefined);
  addresses.setRange('10.244.3.0/29', '10.244.0.0/16');
  assert.is(await take(addresses, 'a', 'b', 'a'), '2 3 2');
  addresses.release('a');
  assert.is(await take(addresses, 'c', 'd', 'e', 'f', 'g'), '4 5 6 2 ');
});

test('pods that ask at once get different ones', async () => {
  const addresses = createAddresses(free);
  addresses.setRange('10.244.3.0/24', '10.244.0.0/16');
  assert.equal(await Promise.all(['a', 'b'].map(addresses.take)), ['10.244.3.2', '10.244.3.3']);
});

test('a restored pod keeps its address unless another has it', async () => {
  const addresses = createAddresses(free);
  addresses.setRange('10.244.3.0/24', '10.244.0.0/16');
  addresses.restore('a', '10.244.3.9');
  addresses.restore('b', '10.244.3.9');
  assert.is(await take(addresses, 'a', 'b'), '9 2');
});

test('what another agent on this box holds is left to it, until that agent ends', async () => {
  const one = createAddresses(claimAddress);
  const two = createAddresses(claimAddress);
  for (const addresses of [one, two]) addresses.setRange('10.250.99.0/28', '10.250.0.0/16');
  assert.is(await take(one, 'a', 'b'), '2 3');
  assert.is(await take(two, 'c'), '4');
  one.release('a');
  two.restore('d', '10.250.99.2');
  assert.is(await take(two, 'd'), '2');
  for (const addresses of [one, two]) for (const uid of ['b', 'c', 'd']) addresses.release(uid);
});

test('the alias has the same low 24 bits; the box and its neighbours keep their addresses', () => {
  const addresses = createAddresses(free);
  assert.is(addresses.hostAlias('10.244.3.2'), '10.244.3.2');
  addresses.setRange('10.244.3.0/24', '10.244.0.0/16');
  assert.is(addresses.hostAlias('10.244.3.2'), '127.244.3.2');
  assert.is(addresses.hostAlias('10.244.9.2'), '127.244.9.2');
  assert.is(addresses.hostAlias('10.1.2.3'), '10.1.2.3');
  assert.is(addresses.hostAlias('192.0.2.1'), '192.0.2.1');
});

test.run();
