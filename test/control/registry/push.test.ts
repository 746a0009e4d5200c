/** References, the names in a component, and a push that any OCI client can read. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Transport } from '../../../control/client/client.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { createRegistry } from '../../../control/registry/app.ts';
import { pushModule } from '../../../control/registry/push.ts';
import { parseReference, referenceText } from '../../../control/registry/reference.ts';
import { componentNames } from '../../../control/registry/wasm-names.ts';
import { buildApp } from '../../../wasm-apps/build.ts';

const test = suite('registry push');
const DIGEST = `sha256:${'a'.repeat(64)}`;

test('references', () => {
  const good: [string, object][] = [
    ['app', { name: 'app', tag: 'latest' }],
    ['app:v1', { name: 'app', tag: 'v1' }],
    ['team/app:v1', { name: 'team/app', tag: 'v1' }],
    [`team/app@${DIGEST}`, { name: 'team/app', digest: DIGEST }],
    [`app:v1@${DIGEST}`, { name: 'app', tag: 'v1', digest: DIGEST }],
    ['ghcr.io/team/app', { host: 'ghcr.io', name: 'team/app', tag: 'latest' }],
    ['localhost/app', { host: 'localhost', name: 'app', tag: 'latest' }],
    ['127.0.0.1:6443/app:v1', { host: '127.0.0.1:6443', name: 'app', tag: 'v1' }],
    ['[::1]:5000/app', { host: '[::1]:5000', name: 'app', tag: 'latest' }],
  ];
  for (const [text, parts] of good) {
    const { host, name, tag, digest } = parseReference(text)!;
    assert.equal(JSON.parse(JSON.stringify({ host, name, tag, digest })), parts, text);
  }
  for (const bad of ['', 'App', 'a//b', 'app:', 'app@sha256:x', 'app:v 1', '../x', 'a@b@c', '-.x/app', 'app:v1/x'])
    assert.is(parseReference(bad), undefined, bad);
  assert.is(referenceText(parseReference('ghcr.io/a/b:c')!), 'ghcr.io/a/b:c');
});

test('a component says what it imports and exports', async () => {
  const names = componentNames(await readFile(await buildApp('hello-http')));
  assert.equal(names.exports, ['wasi:http/incoming-handler@0.2.12']);
  assert.ok(names.imports.includes('wasi:http/types@0.2.12') && names.imports.includes('wasi:cli/environment@0.2.12'));
  const qjs = componentNames(await readFile(await buildApp('hello-js')));
  assert.ok(
    qjs.exports.some(name => name.startsWith('wasi:http/incoming-handler@')),
    JSON.stringify(qjs),
  );
  assert.equal(componentNames(Uint8Array.of(0, 0x61, 0x73, 0x6d, 13, 0, 1, 0, 10, 0xff)), { imports: [], exports: [] });
});

test('pushes the wasm artifact form, twice with one digest, and sends no blob again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'push-'));
  const app = createRegistry({ directory, ...createNodePlatform(), log: () => {} });
  const calls: string[] = [];
  const transport: Transport = async (path, init) => {
    calls.push(init.method ?? 'GET');
    return app.request(path, init as RequestInit);
  };
  const bytes = await readFile(await buildApp('hello-http'));
  const digest = await pushModule({ transport, reference: 'team/hello:v1', bytes });
  const first = calls.splice(0).join(' ');
  assert.is(first, 'HEAD POST PUT HEAD POST PUT PUT');
  assert.is(await pushModule({ transport, reference: 'team/hello', bytes }), digest);
  assert.is(calls.join(' '), 'HEAD HEAD PUT');

  const response = await app.request(`/v2/team/hello/manifests/${digest}`);
  const manifest = (await response.json()) as { config: { mediaType: string; digest: string }; layers: object[] };
  assert.is(manifest.config.mediaType, 'application/vnd.wasm.config.v0+json');
  assert.is(manifest.layers.length, 1);
  const config = await (await app.request(`/v2/team/hello/blobs/${manifest.config.digest}`)).json();
  assert.is((config as { os: string }).os, 'wasip2');
  assert.equal((config as { component: { exports: string[] } }).component.exports, [
    'wasi:http/incoming-handler@0.2.12',
  ]);

  const command = await readFile(await buildApp('counter'));
  await pushModule({ transport, reference: 'counter:v1', bytes: command });
  let failure = '';
  await pushModule({ transport, reference: 'Bad Name', bytes }).catch(error => (failure = error.message));
  assert.match(failure, 'not an image reference');
  const refuse: Transport = async () => new Response('{"errors":[{"code":"DENIED"}]}', { status: 403 });
  await pushModule({ transport: refuse, reference: 'x', bytes }).catch(error => (failure = error.message));
  assert.match(failure, 'cannot push to x: 403');
  await rm(directory, { recursive: true });
});

test.run();
