/** Whole sandboxes, with guests written to break out: each ends alone, and ends as Kubernetes expects it to. */
import { createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RuntimeError } from '../../runtime/sandbox.ts';
import { commandGuest, fromText, webGuest } from '../lib/guests.ts';
import { createSandboxes } from '../lib/sandboxes.ts';

/** Prints `ab` and a new line so often. Far less than what may wait in bytes, far more than what may wait in messages. */
const printer = (times: number): string => `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\03\\00\\00\\00")
  (data (i32.const 16) "ab\\n")
  (func (export "_start") (local $left i32)
    (local.set $left (i32.const ${times}))
    (loop $more
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
      (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))`;

const test = suite('runtime/sandbox');
const sandboxes = createSandboxes();
const web = await webGuest();
const command = await commandGuest();
test.after(() => sandboxes.close());

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof RuntimeError ? error.code : `not a RuntimeError: ${error}`),
  );

test('a guest answers HTTP', async () => {
  const { sandbox, url } = await sandboxes.start(web);
  await sandbox.ready;
  const response = await fetch(url('/hello'));
  assert.is(response.status, 200);
  assert.is(await response.text(), 'Hello from wasm!\n');
  assert.is(response.headers.get('content-length'), '17');
  assert.equal(await sandbox.stop(1_000), { code: 143, reason: 'stopped' });
});

test('bodies stream both ways', async () => {
  const { sandbox, url } = await sandboxes.start(web);
  await sandbox.ready;
  const sent = Buffer.alloc(1_500_000, 'abcdefg');
  const echoed = Buffer.from(await (await fetch(url('/echo'), { method: 'POST', body: sent })).arrayBuffer());
  assert.ok(echoed.equals(sent));
  assert.is((await (await fetch(url('/big'))).arrayBuffer()).byteLength, 1_048_576);
  await sandbox.kill();
});

test('requests together each have an instance of their own', async () => {
  const { sandbox, url } = await sandboxes.start(web, { limits: { requestsMax: 4 } });
  await sandbox.ready;
  const texts = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => (await fetch(url('/echo'), { method: 'POST', body: `n${i}` })).text()),
  );
  assert.equal(
    texts,
    Array.from({ length: 100 }, (_, i) => `n${i}`),
  );
  await sandbox.kill();
});

test('a trap, a missing answer, endless recursion and a wrong handle cost one request each', async () => {
  const { sandbox, url, output } = await sandboxes.start(web);
  await sandbox.ready;
  for (const path of ['/trap', '/none', '/recurse', '/wrong']) {
    assert.is((await fetch(url(path))).status, 500, path);
    assert.is(await (await fetch(url('/hello'))).text(), 'Hello from wasm!\n', `after ${path}`);
  }
  assert.match(output().stderr, /a request ended in a trap: unreachable/);
  await sandbox.kill();
});

test('a response that breaks its own promise is cut off, never mistaken for whole', async () => {
  const { sandbox, url } = await sandboxes.start(web);
  await sandbox.ready;
  for (const path of ['/short', '/content-length', '/x']) {
    const outcome = await fetch(url(path))
      .then(r => r.text())
      .then(
        text => `whole: ${text}`,
        () => 'cut',
      );
    assert.is(outcome, 'cut', path);
  }
  assert.is((await fetch(url('/hello'))).status, 200);
  await sandbox.kill();
});

test('an endless loop is killed at once, and others do not notice', async () => {
  const looping = await sandboxes.start(web);
  const other = await sandboxes.start(web);
  await Promise.all([looping.sandbox.ready, other.sandbox.ready]);
  const hanging = fetch(looping.url('/loop')).catch(() => 'cut');
  await new Promise(resolve => setTimeout(resolve, 50));
  assert.is((await fetch(other.url('/hello'))).status, 200);
  const before = performance.now();
  assert.equal(await looping.sandbox.kill(), { code: 137, reason: 'killed' });
  assert.ok(performance.now() - before < 500, 'killed within half a second');
  assert.is(await hanging, 'cut');
  assert.is((await fetch(other.url('/hello'))).status, 200);
  await other.sandbox.kill();
});

test('filling memory ends a server as OOMKilled', async () => {
  const { sandbox, url } = await sandboxes.start(web, { limits: { memoryBytes: 8 * 1024 * 1024 } });
  await sandbox.ready;
  await fetch(url('/oom')).catch(() => undefined);
  const exit = await sandbox.exited;
  assert.is(exit.code, 137);
  assert.is(exit.reason, 'out-of-memory');
});

test('instances together stay within the memory limit', async () => {
  const { sandbox, url } = await sandboxes.start(web, { limits: { memoryBytes: 4 * 1024 * 1024 } });
  await sandbox.ready;
  for (let i = 0; i < 12; i++) assert.is((await fetch(url('/grow'))).status, 200);
  assert.ok((await sandbox.usage()).memoryBytes <= 4 * 1024 * 1024);
  await sandbox.kill();
});

test('a command: arguments, environment, exit code, and nothing that it was not given', async () => {
  const { sandbox, output } = await sandboxes.start(command, { args: ['app', '7'], env: { COLOUR: 'grey' } });
  await sandbox.ready;
  assert.equal(await sandbox.exited, { code: 7, reason: 'exited' });
  assert.is(output().stdout, 'app\n7\nCOLOUR=grey\n');
});

test('a command that traps, fills its memory, or loops', async () => {
  const trapped = await sandboxes.start(command, { args: ['app', 'trap'] });
  const exit = await trapped.sandbox.exited;
  assert.is(exit.code, 134);
  assert.is(exit.reason, 'trap');
  const filling = await sandboxes.start(command, { args: ['app', 'oom'], limits: { memoryBytes: 4 * 1024 * 1024 } });
  const filled = await filling.sandbox.exited;
  assert.is(filled.code, 137);
  assert.is(filled.reason, 'out-of-memory');
  const looping = await sandboxes.start(command, { args: ['app', 'loop'] });
  await looping.sandbox.ready;
  await new Promise(resolve => setTimeout(resolve, 30));
  assert.ok((await looping.sandbox.usage()).cpuMicros > 5_000, 'CPU time is known while it loops');
  assert.equal(await looping.sandbox.stop(10_000), { code: 143, reason: 'stopped' });
});

test('sleeping suspends the guest, standard input reaches it', async () => {
  const sleeping = await sandboxes.start(command, { args: ['app', 'sleep'] });
  await sleeping.sandbox.exited;
  assert.match(sleeping.output().stdout, /slept\n$/);
  const copying = await sandboxes.start(command, {
    args: ['app', 'i'],
    stdin: new Blob(['one ', 'two']).stream(),
  });
  assert.equal(await copying.sandbox.exited, { code: 0, reason: 'exited' });
  assert.match(copying.output().stdout, /one two$/);
});

test('a guest that prints without end waits for whoever reads', async () => {
  let bytes = 0;
  const { sandbox } = await sandboxes.start(command, {
    args: ['app', 'f'],
    stdout: chunk => {
      bytes += chunk.length;
      return new Promise(() => undefined);
    },
  });
  await sandbox.ready;
  await new Promise(resolve => setTimeout(resolve, 100));
  assert.ok(bytes <= 65_536, `${bytes} bytes were handed over while the first were not taken`);
  // Its output is stuck: the end must not be.
  await Promise.race([sandbox.kill(), new Promise((_, reject) => setTimeout(reject, 5_000, new Error('stuck')))]);
});

test('what cannot run is refused by name, before it runs', async () => {
  const load = (bytes: Uint8Array, digest: string) => sandboxes.runtime.load(digest, bytes);
  assert.is(await codeOf(load(Buffer.from('#!/bin/sh\n'), 'no-wasm')), 'malformed');
  assert.is(await codeOf(load(web.subarray(0, web.length - 9), 'cut')), 'malformed');
  const strange = await fromText('(module (import "env" "magic" (func)) (func (export "_start")))');
  assert.is(await codeOf(load(strange, 'strange')), 'unsupported-import');
  const messageOf = (promise: Promise<unknown>) => promise.then(() => '', String);
  assert.match(await messageOf(load(strange, 'strange')), 'module imports env.magic which Skerry does not provide');
  const component = await fromText('(component (import "wasi:foo/bar@0.2.0" (instance (export "x" (func)))))');
  assert.match(
    await messageOf(load(component, 'component')),
    'module imports wasi:foo/bar@0.2.0 which Skerry does not provide',
  );
  const later = await fromText('(component (import "wasi:cli/stdin@0.3.0" (instance (export "x" (func)))))');
  assert.is(await codeOf(load(later, 'later')), 'unsupported-engine');
  const large = await fromText('(module (memory (export "memory") 2000) (func (export "_start")))');
  const { sandbox } = await sandboxes.start(large);
  assert.is(await codeOf(sandbox.ready), 'start-failed');
  assert.is((await sandbox.exited).reason, 'failed');
});

test('an address that is taken is said to be', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => taken.once('listening', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { sandbox } = await sandboxes.start(web, { listen: { host: '127.0.0.1', port } });
  assert.is(await codeOf(sandbox.ready), 'address-in-use');
  taken.close();
});

test('stop lets a request under way end', async () => {
  const { sandbox, url } = await sandboxes.start(web);
  await sandbox.ready;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const options = { method: 'POST', body: readable, duplex: 'half' } as RequestInit;
  const answer = fetch(url('/echo'), options);
  const writer = writable.getWriter();
  await writer.write(Buffer.from('first, '));
  await new Promise(resolve => setTimeout(resolve, 50));
  const stopped = sandbox.stop(5_000);
  await writer.write(Buffer.from('last'));
  await writer.close();
  assert.is(await (await answer).text(), 'first, last');
  assert.equal(await stopped, { code: 143, reason: 'stopped' });
});

test('a reader that does not read holds a guest that prints in small pieces after few of them, and gets every byte', async () => {
  const { promise: mayRead, resolve: read } = Promise.withResolvers<void>();
  let text = '';
  let calls = 0;
  const pieces = 40_000;
  const { sandbox } = await sandboxes.start(await fromText(printer(pieces)), {
    stdout(chunk) {
      calls++;
      text += Buffer.from(chunk).toString();
      return mayRead;
    },
  });
  let over = false;
  void sandbox.exited.then(() => (over = true));
  // A guest that had printed all of it would have ended, and its end waits 2 s for the reader.
  await new Promise(resolve => setTimeout(resolve, 2_500));
  assert.is(calls, 1);
  assert.not(over);
  read();
  assert.equal(await sandbox.exited, { code: 0, reason: 'exited' });
  assert.is(text, 'ab\n'.repeat(pieces));
});

test.run();
