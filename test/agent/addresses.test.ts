import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAddresses, hostAlias } from '../../agent/addresses.ts';

const test = suite('addresses');

test('each pod gets its own, the same each time; what was given back is taken last', () => {
  const addresses = createAddresses();
  assert.is(addresses.take('a'), undefined);
  addresses.setRange('10.244.3.0/29');
  assert.equal(
    ['a', 'b', 'a'].map(uid => addresses.take(uid)),
    ['10.244.3.2', '10.244.3.3', '10.244.3.2'],
  );
  addresses.release('a');
  assert.equal(
    ['c', 'd', 'e'].map(uid => addresses.take(uid)),
    ['10.244.3.4', '10.244.3.5', '10.244.3.6'],
  );
  assert.is(addresses.take('f'), '10.244.3.2');
  assert.is(addresses.take('g'), undefined);
});

test('a restored pod keeps its address unless another has it', () => {
  const addresses = createAddresses();
  addresses.setRange('10.244.3.0/24');
  assert.ok(addresses.restore('a', '10.244.3.2'));
  assert.not(addresses.restore('b', '10.244.3.2'));
  assert.is(addresses.take('b'), '10.244.3.3');
});

test('the alias has the same low 24 bits', () => {
  assert.is(hostAlias('10.244.3.2'), '127.244.3.2');
  assert.is(hostAlias('192.0.2.1'), '192.0.2.1');
});

test.run();
