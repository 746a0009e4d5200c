/** Requests that guests make: only where the sandbox's Network lets them, and whole or not at all. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildApp } from '../../wasm-apps/build.ts';
import { createSandboxes } from '../lib/sandboxes.ts';

const test = suite('runtime/outbound');
const sandboxes = createSandboxes();
const caller = await readFile(await buildApp('caller'));
const javascript = await readFile(await buildApp('hello-js'));
const asked: string[] = [];
const backend = createServer((request: IncomingMessage, response: ServerResponse) => {
  asked.push(`${request.method} ${request.url} ${request.headers.host}`);
  if (request.url === '/slow') {
    response.write('one, ');
    setTimeout(() => response.end('two'), 50);
  } else if (request.url === '/cut' || request.url === '/short') {
    if (request.url === '/short') response.setHeader('content-length', 100);
    response.write('half of ');
    setTimeout(() => response.destroy(), 20);
  } else if (request.url === '/hang-up') response.destroy();
  else response.end(`backend says ${request.url}`);
});
await new Promise<void>(resolve => backend.listen(0, '127.0.0.1', resolve));
const address = backend.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;
test.after(async () => {
  backend.close();
  await sandboxes.close();
});

const permitting = {
  resolve: async () => ['10.96.0.7'],
  connect: async (host: string, given: number) => {
    assert.is(host, 'backend');
    assert.is(given, 80);
    return { host: '127.0.0.1', port };
  },
};

test('refused without permission, and the guest is told', async () => {
  const { sandbox, url } = await sandboxes.start(caller, { env: { TARGET: `127.0.0.1:${port}` } });
  await sandbox.ready;
  asked.length = 0;
  const response = await fetch(url('/x'));
  assert.is(response.status, 502);
  assert.match(await response.text(), /cannot reach/);
  assert.equal(asked, [], 'nothing arrived');
  await sandbox.kill();
});

test('permitted, by the name that the guest knows', async () => {
  const { sandbox, url } = await sandboxes.start(caller, { env: { TARGET: 'backend' }, network: permitting });
  await sandbox.ready;
  asked.length = 0;
  assert.match(await (await fetch(url('/hello'))).text(), /backend says \/hello/);
  assert.equal(asked, ['GET /hello backend']);
  assert.match(await (await fetch(url('/slow'))).text(), /one, two/);
  const many = await Promise.all(Array.from({ length: 40 }, async (_, i) => (await fetch(url(`/${i}`))).text()));
  for (const [i, text] of many.entries()) assert.match(text, new RegExp(`backend says /${i}\\b`));
  await sandbox.kill();
});

test('nobody there: the guest hears of it and goes on', async () => {
  const network = { ...permitting, connect: async () => ({ host: '127.0.0.1', port: 1 }) };
  const { sandbox, url } = await sandboxes.start(caller, { env: { TARGET: 'backend' }, network });
  await sandbox.ready;
  assert.is((await fetch(url('/x'))).status, 502);
  assert.is((await fetch(url('/healthz'))).status, 200);
  await sandbox.kill();
});

test('an answer that breaks off, with a length or in chunks, is an error to the guest', async () => {
  const { sandbox, url } = await sandboxes.start(caller, { env: { TARGET: 'backend' }, network: permitting });
  await sandbox.ready;
  for (const path of ['/cut', '/short', '/hang-up']) {
    const response = await fetch(url(path));
    assert.is(response.status, 502, path);
    assert.not.match(await response.text(), /half of/);
  }
  assert.match(await (await fetch(url('/whole'))).text(), /backend says \/whole/);
  await sandbox.kill();
});

test('a JavaScript guest answers too', async () => {
  const { sandbox, url } = await sandboxes.start(javascript);
  await sandbox.ready;
  assert.match(await (await fetch(url('/js'))).text(), /JavaScript/);
  await sandbox.kill();
});

test.run();
