/** Manifests, tags, referrers, who may, and what is left: cases of the OCI distribution conformance suite (1.1), told again. */
import { rm, writeFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { collectHourly } from '../../../control/registry/collect-hourly.ts';
import { collectGarbage } from '../../../control/registry/gc.ts';
import { IMAGE_INDEX, IMAGE_MANIFEST } from '../../../control/registry/manifest.ts';
import { createVirtualClock } from '../../lib/virtual-clock.ts';
import { BLOB, CONFIG, code, image, NAME, open, pushImage, type Registry, sha } from './fixture.ts';

const test = suite<{ r: Registry }>('registry');
test.before.each(async context => {
  context.r = await open();
});
test.after.each(({ r }) => r.close());

test('a manifest by tag and by digest', async ({ r }) => {
  const digest = await pushImage(r, 'v1');
  for (const reference of ['v1', digest]) {
    const got = await r.call('GET', `${NAME}/manifests/${reference}`);
    assert.is(got.headers.get('content-type'), IMAGE_MANIFEST);
    assert.is(sha(await got.text()), digest);
    const head = await r.call('HEAD', `${NAME}/manifests/${reference}`);
    assert.equal([head.status, head.headers.get('docker-content-digest')], [200, digest]);
    assert.ok(Number(head.headers.get('content-length')) > 0);
  }
  const next = await pushImage(r, 'v1', { annotations: { a: 'b' } });
  assert.is((await r.call('HEAD', `${NAME}/manifests/v1`)).headers.get('docker-content-digest'), next);
  assert.is((await r.call('HEAD', `${NAME}/manifests/${digest}`)).status, 200);
  assert.is((await r.call('DELETE', `${NAME}/manifests/v1`)).status, 202);
  assert.is(await code(await r.call('GET', `${NAME}/manifests/v1`)), '404 MANIFEST_UNKNOWN');
  assert.is((await r.call('DELETE', `${NAME}/manifests/${next}`)).status, 202);
  assert.is(await code(await r.call('DELETE', `${NAME}/manifests/${next}`)), '404 MANIFEST_UNKNOWN');
});

test('deleting a manifest takes its tags along', async ({ r }) => {
  const digest = await pushImage(r, 'v1');
  await pushImage(r, 'v2');
  await r.call('DELETE', `${NAME}/manifests/${digest}`);
  assert.equal(((await (await r.call('GET', `${NAME}/tags/list`)).json()) as { tags: string[] }).tags, []);
});

test('what a manifest may not be', async ({ r }) => {
  await r.push(BLOB);
  const put = (body: string, type?: string, reference = 'x') =>
    r
      .call('PUT', `${NAME}/manifests/${reference}`, body, type === undefined ? {} : { 'content-type': type })
      .then(code);
  assert.is(await put('{', IMAGE_MANIFEST), '400 MANIFEST_INVALID');
  assert.is(await put('[]', IMAGE_MANIFEST), '400 MANIFEST_INVALID');
  assert.is(await put(JSON.stringify({ mediaType: IMAGE_INDEX }), IMAGE_MANIFEST), '400 MANIFEST_INVALID');
  assert.is(await put(JSON.stringify({ layers: [{ digest: 'x' }] }), IMAGE_MANIFEST), '400 MANIFEST_INVALID');
  assert.is(await put(JSON.stringify(image()), IMAGE_MANIFEST), '404 MANIFEST_BLOB_UNKNOWN');
  assert.is(await put('{}', IMAGE_MANIFEST, sha('other')), '400 DIGEST_INVALID');
  assert.is(await put('{}', IMAGE_MANIFEST, '.bad'), '400 TAG_INVALID');
  assert.is(await put(' '.repeat(4 * 1024 * 1024 + 1), IMAGE_MANIFEST), '413 TOO_LARGE');
  const large = JSON.stringify({ annotations: { pad: 'x'.repeat(4 * 1024 * 1024 - 30) } });
  assert.is((await r.call('PUT', `${NAME}/manifests/x`, large, { 'content-type': IMAGE_MANIFEST })).status, 201);
});

test('an index needs its manifests; ?tag= sets several tags; sha512 manifests', async ({ r }) => {
  const digest = await pushImage(r, 'v1');
  const index = { manifests: [{ mediaType: IMAGE_MANIFEST, digest, size: 1 }] };
  assert.is((await r.manifest(index, 'all', IMAGE_INDEX)).status, 201);
  const missing = { manifests: [{ mediaType: IMAGE_MANIFEST, digest: sha('none'), size: 1 }] };
  assert.is(await code(await r.manifest(missing, 'all', IMAGE_INDEX)), '404 MANIFEST_BLOB_UNKNOWN');
  const body = JSON.stringify({ schemaVersion: 2, ...index });
  const put = await r.call('PUT', `${NAME}/manifests/${sha(body, 'sha512')}?tag=a&tag=b`, body, {
    'content-type': IMAGE_INDEX,
  });
  assert.equal([put.status, put.headers.get('oci-tag')], [201, 'a, b']);
  assert.is((await r.call('HEAD', `${NAME}/manifests/b`)).headers.get('docker-content-digest'), sha(body, 'sha512'));
});

test('tags in pages, case-insensitive order', async ({ r }) => {
  for (const tag of ['b', 'A', 'C', 'd']) await pushImage(r, tag);
  const list = async (query: string) => {
    const response = await r.call('GET', `${NAME}/tags/list${query}`);
    return [((await response.json()) as { tags: string[] }).tags, response.headers.get('link')];
  };
  assert.equal(await list(''), [['A', 'b', 'C', 'd'], null]);
  assert.equal(await list('?n=2'), [['A', 'b'], `</v2/${NAME}/tags/list?n=2&last=b>; rel="next"`]);
  assert.equal(await list('?n=2&last=b'), [['C', 'd'], null]);
  assert.equal(await list('?n=0'), [[], null]);
  assert.equal(await list('?last=B'), [['b', 'C', 'd'], null]);
});

test('referrers, also of what does not exist', async ({ r }) => {
  const subject = { mediaType: IMAGE_MANIFEST, digest: sha('not here'), size: 8 };
  const path = `${NAME}/referrers/${subject.digest}`;
  assert.equal(((await (await r.call('GET', path)).json()) as { manifests: [] }).manifests, []);
  await r.push(CONFIG);
  const one = await pushImage(r, 'one', { subject, annotations: { k: 'v' } });
  const put = await r.manifest(
    { config: image().config, layers: [], subject, artifactType: 'application/sbom' },
    'two',
  );
  assert.is(put.headers.get('oci-subject'), subject.digest);
  const all = await r.call('GET', path);
  assert.is(all.headers.get('content-type'), IMAGE_INDEX);
  const { manifests } = (await all.json()) as { manifests: { digest: string; artifactType: string }[] };
  assert.equal(manifests.map(m => m.artifactType).sort(), ['application/sbom', 'application/vnd.x.config+json']);
  const filtered = await r.call('GET', `${path}?artifactType=application/sbom`);
  assert.is(filtered.headers.get('oci-filters-applied'), 'artifactType');
  assert.is(((await filtered.json()) as { manifests: [] }).manifests.length, 1);
  await r.call('DELETE', `${NAME}/manifests/${one}`);
  assert.is(((await (await r.call('GET', path)).json()) as { manifests: [] }).manifests.length, 1);
  assert.is((await r.call('GET', `${NAME}/referrers/sha256:short`)).status, 400);
});

test('everything is there after a restart; the catalogue lists it', async ({ r }) => {
  const digest = await pushImage(r, 'v1');
  await r.push('x', 'a/b/c');
  r.restart();
  assert.is((await r.call('HEAD', `${NAME}/manifests/v1`)).headers.get('docker-content-digest'), digest);
  assert.equal(await (await r.call('GET', '_catalog')).json(), { repositories: ['a/b/c', NAME] });
});

test('asks who may: pull, push, delete, and pull for a mount', async () => {
  const asked: string[] = [];
  const r = await open(({ action, repository }) => {
    asked.push(`${action} ${repository ?? '-'}`);
    return repository === 'secret' ? 'forbidden' : repository === undefined ? 'unauthenticated' : 'allowed';
  });
  const ping = await r.call('GET', '');
  assert.equal([ping.status, ping.headers.get('www-authenticate')], [401, 'Basic realm="skerry"']);
  assert.is(await code(await r.call('GET', 'secret/manifests/x')), '403 DENIED');
  await r.push(BLOB);
  await r.call('DELETE', `${NAME}/manifests/x`);
  await r.call('POST', `copy/blobs/uploads/?mount=${sha(BLOB)}&from=${NAME}`);
  assert.equal(asked, ['pull -', 'pull secret', `push ${NAME}`, `delete ${NAME}`, 'push copy', `pull ${NAME}`]);
  await r.close();
});

test('gc frees what no manifest names, and only what is old enough', async ({ r }) => {
  const digest = await pushImage(r, 'v1');
  await r.push('loose');
  const collect = (graceMs: number) => collectGarbage({ directory: r.directory, ...r.platform, graceMs });
  assert.equal(await collect(60_000), { blobs: 0, bytes: 0 });
  assert.equal(await collect(-1000), { blobs: 1, bytes: 5 });
  assert.is((await r.call('HEAD', `${NAME}/blobs/${sha('loose')}`)).status, 404);
  assert.is((await r.call('HEAD', `${NAME}/blobs/${sha(BLOB)}`)).status, 200);
  await r.call('DELETE', `${NAME}/manifests/${digest}`);
  assert.is((await collect(-1000)).blobs, 3);
  assert.is((await r.call('HEAD', `${NAME}/blobs/${sha(BLOB)}`)).status, 404);
});

test('garbage goes when the server starts and every hour, and a failing run does not end it', async ({ r }) => {
  const clock = createVirtualClock(Date.now());
  const stop = new AbortController();
  const logged: string[] = [];
  const log = (_level: string, message: string) => void logged.push(message);
  await r.push('loose');
  const files = { ...r.platform.files };
  const running = collectHourly({ directory: r.directory, files, clock, log, signal: stop.signal });
  const exists = async () => (await r.call('HEAD', `${NAME}/blobs/${sha('loose')}`)).status === 200;
  // The disk is a real one: a run has ended when the next is waited for.
  const ended = async () => {
    while (clock.pending === 0) await new Promise(resolve => setTimeout(resolve, 5));
  };
  const anHour = async () => {
    await ended();
    await clock.advance(3_600_000);
    await ended();
  };
  await ended();
  assert.is(await exists(), true);
  const { list } = files;
  files.list = () => Promise.reject(new Error('EIO'));
  await anHour();
  files.list = list;
  assert.is(await exists(), true);
  await anHour();
  assert.is(await exists(), false);
  assert.equal(logged, ['registry: garbage could not be collected', 'registry: freed what no manifest needs']);
  stop.abort();
  await running;
  assert.is(clock.pending, 0);
});

test('a failing disk is an error of ours, with a line in the log and no details for the client', async () => {
  const r = await open();
  await r.push(BLOB);
  await rm(r.directory, { recursive: true });
  await writeFile(r.directory, 'a file where a folder should be');
  const response = await r.call('GET', `${NAME}/manifests/v1`);
  assert.equal([response.status, r.logged.length], [500, 1]);
  await r.close();
});

test.run();
