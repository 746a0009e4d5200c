/** The store's small CBOR against cbor-x, and against input it must refuse. */
import { decodeMultiple, Encoder } from 'cbor-x';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeCommand, encodeCommand } from '../../../control/store/command.ts';
import { crc32c } from '../../../control/store/crc32c.ts';
import { createItemWriter, type Item, readItems, readOneItem } from '../../../control/store/items.ts';
import { compareKeys, createKeyOrder } from '../../../control/store/key-order.ts';
import { random } from '../../lib/random.ts';

const test = suite('store items');
const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');
const encode = (item: Item): Uint8Array => {
  const writer = createItemWriter();
  writer.write(item);
  return writer.copy();
};

test('every head length reads back, and is the shortest', () => {
  const numbers = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, Number.MAX_SAFE_INTEGER];
  for (const number of numbers) assert.is(readOneItem(encode(number)), number);
  assert.equal(
    numbers.map(number => encode(number).length),
    [1, 1, 1, 2, 2, 3, 3, 5, 5, 9, 9],
  );
  for (const length of [0, 23, 24, 255, 256, 70_000]) {
    assert.is((readOneItem(encode(new Uint8Array(length))) as Uint8Array).length, length);
    assert.is((readOneItem(encode('é'.repeat(length))) as string).length, length);
  }
});

test('another CBOR implementation reads the same', () => {
  const items: Item[] = [[1, 'text', new Uint8Array([1, 2]), null, [[], ['deep', [70_000]]]], 'next', 5];
  const writer = createItemWriter();
  for (const item of items) writer.write(item);
  assert.equal([...readItems(writer.copy())], items);
  const theirs = decodeMultiple(writer.copy()) as unknown[];
  const plain = (value: unknown): unknown =>
    value instanceof Uint8Array ? new Uint8Array(value) : Array.isArray(value) ? value.map(plain) : value;
  assert.equal(plain(theirs), items);
  const encoder = new Encoder({ useRecords: false, tagUint8Array: false });
  assert.equal(Buffer.concat(items.map(item => Buffer.from(encoder.encode(item)))), Buffer.from(writer.copy()));
});

test('what the store does not write is refused', () => {
  for (const bad of [
    '',
    '20',
    'a0',
    'c000',
    'f4',
    'fb0000000000000000',
    '9f',
    '5f',
    '18',
    '82',
    '4101ff',
    '61ff',
    '1bffffffffffffffff',
    '81'.repeat(40) + '00',
    '9affffffff',
  ])
    assert.throws(() => readOneItem(hex(bad)), undefined, bad);
  assert.throws(() => encode(-1));
  assert.throws(() => encode(1.5));
});

test('a command reads back as it was; a later kind of command is not guessed at', () => {
  const command = {
    type: 'txn' as const,
    after: 7,
    time: 1_763_712_000_123,
    compares: [{ key: '/a', modRevision: 5 }],
    writes: [
      { type: 'put' as const, key: '/a', value: new Uint8Array([1]) },
      { type: 'delete' as const, key: '/b' },
    ],
  };
  assert.equal(decodeCommand(encodeCommand(command)), command);
  assert.throws(() => decodeCommand(encode([99, 0, 0])), 'unknown command');
});

test('CRC-32C: known values, and in parts as in one', () => {
  assert.is(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.is(crc32c(new Uint8Array(32)), 0x8a9136aa);
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);
  for (const cut of [0, 1, 8, 500])
    assert.is(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), crc32c(bytes));
});

test('keys are in the order of their bytes', () => {
  const dice = random(7);
  const characters = ['a', 'b', '/', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'];
  const keys = Array.from({ length: 300 }, () =>
    Array.from({ length: dice.below(4) }, () => dice.pick(characters)).join(''),
  );
  const order = createKeyOrder();
  for (const key of keys) order.announce(key);
  for (const a of keys)
    for (const b of keys) {
      const wanted = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      if (Math.sign(compareKeys(a, b)) !== wanted || Math.sign(order.compare(a, b)) !== wanted)
        assert.unreachable(`${a} ${b}`);
    }
});

test.run();
