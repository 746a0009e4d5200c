/** Disk, clock and dice of Node, as the store relies on them. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../../control/platform/node.ts';

const { clock, dice, files } = createNodePlatform();
const directory = await mkdtemp(join(tmpdir(), 'skerry-platform-'));
const test = suite('node platform');
test.after(() => rm(directory, { recursive: true }));

test('files: replace is whole, with its mode, and leaves nothing beside it', async () => {
  const path = join(directory, 'a');
  await Promise.all(['one', 'two', 'three'].map(text => files.replace(path, Buffer.from(text), { mode: 0o600 })));
  assert.ok(['one', 'two', 'three'].includes(await readFile(path, 'utf8')));
  assert.is((await stat(path)).mode & 0o777, 0o600);
  assert.equal(await readdir(directory), ['a']);
  const missing = await files.replace(join(directory, 'none', 'a'), Buffer.from('')).catch(error => error.code);
  assert.is(missing, 'ENOENT');
});

test('files: positions, growth, truncation, and short reads only at the end', async () => {
  const path = join(directory, 'b');
  const file = await files.open(path, { write: true, create: true, syncEachWrite: true });
  await file.writeAt(0, Buffer.from('hello'));
  await file.writeAt(10, Buffer.from('world'));
  assert.is(await file.size(), 15);
  assert.equal(Buffer.from(await file.readAt(0, 100)), Buffer.from('hello\0\0\0\0\0world'));
  await file.truncate(3);
  await file.sync();
  await file.close();
  assert.is(await readFile(path, 'utf8'), 'hel');
  assert.equal(await files.stat(join(directory, 'none')), undefined);
  assert.is((await files.stat(directory))?.directory, true);
  assert.is(await files.open(join(directory, 'none'), {}).catch(error => error.code), 'ENOENT');
});

test('a lock is exclusive in the process, across processes, and gone when released', async () => {
  const path = join(directory, 'lock');
  const unlock = await files.lock(path);
  assert.is(await files.lock(path).catch(error => error.code), 'ELOCKED');
  const other = `import { createNodePlatform } from ${JSON.stringify(join(import.meta.dirname, '../../../control/platform/node.ts'))};
    createNodePlatform().files.lock(${JSON.stringify(path)}).then(() => console.log('got it'), error => console.log(error.code))`;
  const elsewhere = () =>
    spawnSync(process.execPath, ['--input-type=module', '-e', other], { encoding: 'utf8' }).stdout.trim();
  assert.is(elsewhere(), 'ELOCKED');
  await unlock();
  assert.is(elsewhere(), 'got it');
});

test('clock: timers, turns and sleeping', async () => {
  const order: string[] = [];
  await new Promise<void>(resolve => {
    clock.endOfTurn(() => {
      order.push('end of turn');
      resolve();
    });
    queueMicrotask(() => order.push('microtask'));
    order.push('now');
  });
  assert.equal(order, ['now', 'microtask', 'end of turn']);
  const stop = new AbortController();
  const slept = clock.sleep(10_000, stop.signal).catch(error => error);
  stop.abort(new Error('enough'));
  assert.is((await slept).message, 'enough');
  assert.is((await clock.sleep(1, AbortSignal.abort(new Error('early'))).catch(error => error)).message, 'early');
  const before = clock.monotonic();
  await clock.sleep(5);
  assert.ok(clock.monotonic() - before >= 4);
  clock.after(1, () => assert.unreachable('cancelled'))();
});

test('dice: bytes and numbers', () => {
  assert.is(dice.bytes(16).length, 16);
  assert.is.not(dice.uuid(), dice.uuid());
  const number = dice.random();
  assert.ok(number >= 0 && number < 1);
});

test.run();
