/**
 * Files that were cut, zeroed or flipped in any place: the store opens with exactly what was there, or refuses. Never a wrong
 * state, never a later state without an earlier write. Only the very end of a log that was not closed may be taken for a torn
 * write, and then one batch is missing, no more.
 */
import { cp, mkdtemp, open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { openEmbeddedStore } from '../../../control/store/engines/embedded.ts';
import { type Store, StoreError } from '../../../control/store/store.ts';
import { put, text } from '../../contract/store-lines.ts';
import { type Random, random } from '../../lib/random.ts';

const platform = createNodePlatform();
const limits = { segmentBytes: 16_384, snapshotLogBytesMin: 40_000, historyEventsMax: 50 };
// Not one after which history is compacted: the last frame of the log is then the last write.
const WRITES = 403;
const KEYS = 12;
const root = await mkdtemp(join(tmpdir(), 'skerry-damage-'));
const test = suite('store damage');
test.after(() => rm(root, { recursive: true, force: true }));

/** Write `n` goes to key `n % KEYS`: the state tells which writes it has, and whether one is missing in between. */
async function fill(): Promise<{ closed: string; crashed: string }> {
  const directory = join(root, 'origin');
  const store = await openEmbeddedStore({ directory, platform, limits });
  for (let n = 1; n <= WRITES; n++) await store.txn([], [put(`/k/${n % KEYS}`, `${n} ${'x'.repeat((n * 31) % 400)}`)]);
  const [closed, crashed] = [join(root, 'closed'), join(root, 'crashed')];
  await cp(directory, crashed, { recursive: true });
  await store.close();
  await cp(directory, closed, { recursive: true });
  return { closed, crashed };
}

/** The last write that the store has; fails when it lacks an earlier one. */
async function lastWrite(store: Store): Promise<number> {
  const items = (await store.range('/k/', '/k0')).items;
  const numbers = items.map(item => Number(text(item.value).split(' ')[0]));
  const last = Math.max(0, ...numbers);
  const wanted = Array.from({ length: Math.min(KEYS, last) }, (_, i) => last - i).sort((a, b) => a - b);
  assert.equal(
    numbers.sort((a, b) => a - b),
    wanted,
  );
  for (const item of items)
    assert.is(
      text(item.value).length,
      (text(item.value).split(' ')[0] + ' ').length + ((Number(text(item.value).split(' ')[0]) * 31) % 400),
    );
  return last;
}

async function outcome(directory: string): Promise<number | 'refused'> {
  let store: Store;
  try {
    store = await openEmbeddedStore({ directory, platform, limits });
  } catch (error) {
    assert.instance(error, StoreError);
    assert.is((error as StoreError).code, 'corrupt', String(error));
    return 'refused';
  }
  const last = await lastWrite(store);
  // It goes on from there, and finds that again.
  await store.txn([], [put('/after', 'x')]);
  await store.close();
  const again = await openEmbeddedStore({ directory, platform, limits });
  assert.is(await lastWrite(again), last);
  assert.ok(await again.get('/after'));
  await again.close();
  return last;
}

async function anyFile(directory: string, dice: Random): Promise<string> {
  const names = (await readdir(directory, { recursive: true })).sort();
  const wanted = names.filter(name => /wal$|cbor$/.test(name) || (name === 'identity' && dice.chance(0.2)));
  return join(directory, dice.pick(wanted));
}

async function damageFile(path: string, kind: string, dice: Random): Promise<string> {
  const size = (await stat(path)).size;
  const at = dice.below(size);
  const length = kind === 'flip' ? 1 : 1 + dice.below(Math.min(600, size - at));
  if (kind === 'cut') await truncate(path, at);
  else {
    const file = await open(path, 'r+');
    const before = (await readFile(path)).subarray(at, at + length);
    const after = before.map(byte =>
      kind === 'zero' ? 0 : kind === 'flip' ? byte ^ (1 << dice.below(8)) : dice.below(256),
    );
    await file.write(after, 0, length, at);
    await file.close();
  }
  return `${kind} of ${path} at ${at}, ${length} bytes`;
}

const { closed, crashed } = await fill();

test('undamaged, both are whole', async () => {
  for (const origin of [closed, crashed]) {
    const directory = join(root, 'whole');
    await cp(origin, directory, { recursive: true });
    assert.is(await outcome(directory), WRITES);
    await rm(directory, { recursive: true });
  }
});

for (const [name, origin, rounds] of [
  ['a closed store', closed, 100],
  ['a store that was killed', crashed, 100],
] as const)
  test(`${name}, damaged anywhere, is right or refused`, async () => {
    const seen = { refused: 0, whole: 0, shorter: 0 };
    for (let seed = 1; seed <= rounds; seed++) {
      const dice = random(seed);
      const directory = join(root, `${seed}`);
      await cp(origin, directory, { recursive: true });
      const kind = dice.pick(['flip', 'flip', 'zero', 'garbage', 'cut']);
      const what = await damageFile(await anyFile(directory, dice), kind, dice);
      const result = await outcome(directory).catch(error => {
        throw new Error(`seed ${seed}: ${what}: ${error.stack}`);
      });
      if (result === 'refused') seen.refused++;
      else if (result === WRITES) seen.whole++;
      else {
        seen.shorter++;
        // The end of the log cut off or overwritten looks like a torn write; a closed log notices any flip.
        const covered = kind === 'cut' ? WRITES : kind === 'flip' ? Number(origin === crashed) : 4;
        const excused = result >= WRITES - covered;
        assert.ok(excused, `seed ${seed}: ${what}: only ${result} of ${WRITES} writes`);
      }
      await rm(directory, { recursive: true });
    }
    assert.ok(seen.refused > 10 && seen.whole > 10, JSON.stringify(seen));
  });

test('torn tails: the last batch cut at every byte, or followed by garbage, is dropped whole', async () => {
  const log = join(crashed, 'log');
  const live = (await newestSegment(log))!;
  const content = await readFile(live.path);
  for (let cut = live.lastFrame; cut < live.end; cut += 7) {
    const directory = join(root, `torn-${cut}`);
    await cp(crashed, directory, { recursive: true });
    const torn = Buffer.from(content);
    const dice = random(cut);
    for (let i = cut; i < live.end; i++) torn[i] = cut % 2 ? 0 : dice.below(256);
    const file = await open(join(directory, 'log', live.name), 'r+');
    await file.write(torn, 0, torn.length, 0);
    await file.close();
    assert.is(await outcome(directory), WRITES - 1, `cut at ${cut}`);
    await rm(directory, { recursive: true });
  }
});

/** The segment written last, and where its last frame is, by walking the lengths. */
async function newestSegment(log: string) {
  const names = (await readdir(log)).sort();
  const last = Buffer.from(`${WRITES} `);
  for (const name of names.reverse()) {
    const path = join(log, name);
    const content = await readFile(path);
    const found = content.lastIndexOf(last);
    if (found < 0) continue;
    for (let at = 0; ; ) {
      const end = at + 8 + content.readUInt32BE(at);
      if (end > found) return { name, path, lastFrame: at, end };
      at = end;
    }
  }
  return undefined;
}

test('a missing file is noticed', async () => {
  for (const name of ['identity', ...(await readdir(crashed)).filter(n => n.startsWith('snapshot'))]) {
    const directory = join(root, 'missing');
    await cp(crashed, directory, { recursive: true });
    await rm(join(directory, name));
    assert.is(await outcome(directory), 'refused', name);
    await rm(directory, { recursive: true });
  }
});

test.run();
