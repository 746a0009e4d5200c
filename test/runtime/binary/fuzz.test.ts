/** Mutated real modules: the reader answers or refuses, in bounded time, and never with any other error. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clampLimits } from '../../../runtime/binary/core-module.ts';
import { inspect } from '../../../runtime/engine.ts';
import { createModuleCache, keyOf } from '../../../runtime/module-cache.ts';
import { RuntimeError } from '../../../runtime/sandbox.ts';
import { commandGuest, webGuest } from '../../lib/guests.ts';
import { type Random, random } from '../../lib/random.ts';

const test = suite('runtime/binary fuzz');
const seed = Number(process.env['SEED'] ?? 20_260_101);
const ROUNDS = 6_000;
const COMPILED_EVERY = 10;
const originals = [await webGuest(), await commandGuest()];

function mutate(bytes: Uint8Array, dice: Random): Uint8Array {
  let out = Uint8Array.from(bytes);
  for (let n = 1 + dice.below(6); n > 0; n--) {
    const at = dice.below(out.length);
    const kind = dice.below(5);
    if (kind === 0) out[at] = dice.below(256);
    else if (kind === 1) out[at]! ^= 1 << dice.below(8);
    else if (kind === 2) out = out.slice(0, Math.max(8, at));
    else if (kind === 3) out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(at + 1 + dice.below(9))]);
    else out.set([0xff, 0xff, 0xff, 0xff, 0x0f].slice(0, out.length - at), at);
  }
  return out;
}

test(`a refusal or an answer, ${ROUNDS} times (SEED=${seed})`, async () => {
  const dice = random(seed);
  const cache = createModuleCache();
  const outcomes = { answered: 0, refused: 0 };
  let slowest = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = mutate(dice.pick(originals), dice);
    const begun = performance.now();
    try {
      const inspected = inspect(`sha256:${round}`, bytes);
      // As real modules do, mutated ones go on to V8: most end there.
      if (round % COMPILED_EVERY === 0) await cache.compile(cache.add(inspected), 16);
      else if (inspected.engine !== 'component') clampLimits(inspected.bytes, 16);
      else for (const module of inspected.component.modules) clampLimits(module, 16);
      outcomes.answered++;
    } catch (error) {
      if (!(error instanceof RuntimeError)) assert.unreachable(`round ${round} of SEED=${seed}: ${error}`);
      outcomes.refused++;
    }
    slowest = Math.max(slowest, performance.now() - begun);
  }
  assert.ok(outcomes.refused > ROUNDS / 10 && outcomes.answered > ROUNDS / 10, JSON.stringify(outcomes));
  assert.ok(slowest < 2_000, `the slowest took ${slowest} ms`);
});

test('counts that promise more than there is are refused at once', () => {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
  for (const section of [2, 5, 6, 8, 10, 11]) {
    const bytes = Uint8Array.from([...header, section, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert.throws(
      () => inspect('sha256:x', bytes),
      (error: unknown) => error instanceof RuntimeError && error.code === 'malformed',
    );
  }
});

test('clamping sets the maximum of memories and tables, and nothing else', async () => {
  const bytes = await commandGuest();
  const clamped = clampLimits(bytes, 16);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(clamped), {
    wasi_snapshot_preview1: new Proxy({}, { get: () => () => 0 }),
  });
  const memory = exports['memory'] as unknown as { grow(pages: number): number };
  assert.is(memory.grow(15), 1);
  assert.throws(() => memory.grow(1));
  assert.is(clampLimits(clamped, 16), clamped, 'a module within its limits is left as it is');
  assert.is(keyOf('a', 'preview1'), 'a preview1');
});

test.run();
