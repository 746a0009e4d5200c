/** Modules from the registry: found in every kind of manifest, checked, kept, cleaned up. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findModule } from '../../agent/image-manifest.ts';
import { openImageStore, sha256 } from '../../agent/image-store.ts';
import { createImages } from '../../agent/images.ts';
import { createFetchImage } from '../../agent/registry.ts';
import { createNodePlatform } from '../../control/platform/node.ts';
import { createFakeServer, type FakeServer } from './fake-server.ts';

const test = suite('images');

async function within(
  play: (server: FakeServer, images: ReturnType<typeof createImages>, directory: string) => Promise<void>,
) {
  const directory = await mkdtemp(join(tmpdir(), 'skerry-images-'));
  const { files, clock } = createNodePlatform();
  const server = createFakeServer();
  const store = await openImageStore({ directory, files, clock });
  const fetchImage = createFetchImage({ client: server.client, store, ownHosts: new Set(['127.0.0.1:6443']) });
  try {
    await play(server, createImages({ store, fetchImage, clock }), directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const request = (image: string, policy: 'Always' | 'IfNotPresent' | 'Never' = 'IfNotPresent') => ({
  image,
  policy,
  signal: new AbortController().signal,
  pulling: () => {},
});

const reasonOf = (pull: Promise<unknown>): Promise<string> =>
  pull.then(
    () => 'pulled',
    error => `${error.reason}: ${error.message}`,
  );

test('a module is fetched once, by tag, by digest, by the host of the own registry', () =>
  within(async (server, images) => {
    const bytes = Buffer.from('module');
    const digest = server.pushModule('team/app', 'v1', bytes);
    const [one, two] = await Promise.all([
      images.ensure(request('team/app:v1')),
      images.ensure(request('team/app:v1')),
    ]);
    assert.is(one.digest, sha256(bytes));
    assert.is(two.imageID, `team/app@${digest}`);
    assert.is((await images.ensure(request(`team/app@${digest}`))).pulledMs, undefined);
    assert.is((await images.ensure(request('127.0.0.1:6443/team/app:v1'))).program, 'app');
    assert.equal(Buffer.from(await images.read(one)), bytes);
    assert.equal(images.list()[0], { names: [`team/app@${digest}`, 'team/app:v1'], sizeBytes: 6 });
  }));

test('Always follows a tag that moved; without the server what is here is used', () =>
  within(async (server, images) => {
    server.pushModule('app', 'v1', Buffer.from('old'));
    const old = await images.ensure(request('app:v1', 'Always'));
    server.pushModule('app', 'v1', Buffer.from('new'));
    assert.is((await images.ensure(request('app:v1'))).digest, old.digest);
    const moved = await images.ensure(request('app:v1', 'Always'));
    assert.is(moved.digest, sha256(Buffer.from('new')));
    server.reachable(false);
    assert.is((await images.ensure(request('app:v1', 'Always'))).digest, moved.digest);
    assert.match(
      await reasonOf(images.ensure(request('other:v1'))),
      /^RegistryUnavailable: failed to reach the registry/,
    );
  }));

test('bytes that are not what the digest says are refused, and never kept', () =>
  within(async (server, images, directory) => {
    server.pushModule('app', 'v1', Buffer.from('module'));
    server.blobs.set(`/v2/app/blobs/${sha256(Buffer.from('module'))}`, { type: '', bytes: Buffer.from('MODULE') });
    assert.match(
      await reasonOf(images.ensure(request('app:v1'))),
      /^ErrImagePull: blob sha256:.* arrived with the digest/,
    );
    assert.equal(await readdir(join(directory, 'blobs')), []);
  }));

test('damage on disk is found when the module is read', () =>
  within(async (server, images, directory) => {
    server.pushModule('app', 'v1', Buffer.from('module'));
    const image = await images.ensure(request('app:v1'));
    await writeFile(join(directory, 'blobs', image.digest.slice(7)), 'damaged');
    assert.match(await reasonOf(images.read(image)), 'was damaged on disk');
    assert.ok((await images.ensure(request('app:v1'))).pulledMs !== undefined);
    assert.equal(Buffer.from(await images.read(image)).toString(), 'module');
  }));

test('a module in a tar layer of a container image, with its command', () =>
  within(async (server, images) => {
    const wasm = Buffer.from('wasm in a tar');
    const header = Buffer.alloc(512);
    header.write('x.wasm', 0);
    header.write(wasm.length.toString(8).padStart(11, '0'), 124);
    header.write('0', 156);
    const layer = gzipSync(Buffer.concat([header, wasm, Buffer.alloc(512 - wasm.length), Buffer.alloc(1024)]));
    const config = Buffer.from(JSON.stringify({ config: { Entrypoint: ['/x.wasm', 'serve'], Env: ['A=b=c'] } }));
    const manifest = Buffer.from(
      JSON.stringify({
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(config), size: config.length },
        layers: [
          { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: sha256(layer), size: layer.length },
        ],
      }),
    );
    for (const bytes of [config, layer]) server.blobs.set(`/v2/app/blobs/${sha256(bytes)}`, { type: '', bytes });
    server.blobs.set('/v2/app/manifests/v1', { type: '', bytes: manifest });
    const image = await images.ensure(request('app:v1'));
    assert.is(Buffer.from(await images.read(image)).toString(), 'wasm in a tar');
    assert.equal(image.config, { Entrypoint: ['/x.wasm', 'serve'], Env: ['A=b=c'] });
  }));

test('unused modules go when there is no room; what is in use stays', () =>
  within(async (server, images, directory) => {
    for (const name of ['a', 'b']) {
      server.pushModule(name, 'v1', Buffer.from(name.repeat(100)));
      await images.ensure(request(`${name}:v1`));
    }
    const { files, clock } = createNodePlatform();
    const store = await openImageStore({ directory, files, clock });
    await store.collect(new Set([sha256(Buffer.from('a'.repeat(100)))]), 150);
    assert.equal(
      store.list().map(({ names }) => names[1]),
      ['a:v1'],
    );
    assert.is((await readdir(join(directory, 'blobs'))).length, 1);
  }));

test('which layer is the module, for each tool that pushes', () => {
  const layer = (mediaType: string) => ({ mediaType, digest: 'd', size: 1 });
  const of = (...types: string[]) => findModule({ layers: types.map(layer) });
  for (const type of [
    'application/wasm',
    'application/vnd.wasm.content.layer.v1+wasm',
    'application/vnd.module.wasm.content.layer.v1+wasm',
    'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm',
  ])
    assert.is(of('application/json', type).is, 'module', type);
  assert.is(of('application/vnd.docker.image.rootfs.diff.tar.gzip').is, 'image');
  assert.equal(of('text/plain'), { is: 'nothing', why: 'it has no WebAssembly layer (layers: text/plain)' });
  assert.is(of('application/wasm', 'application/wasm').is, 'nothing');
  const platform = (os: string, architecture: string) => ({ ...layer('m'), platform: { os, architecture } });
  assert.is(findModule({ manifests: [platform('linux', 'amd64'), platform('wasip1', 'wasm')] }).is, 'index');
  assert.match(
    (findModule({ manifests: [platform('linux', 'amd64')] }) as { why: string }).why,
    'no match for platform',
  );
});

test.run();
