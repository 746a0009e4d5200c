/** The cases of the OCI distribution conformance suite (1.1), told again: pull, push, discovery, management. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { type Access, createRegistry, type Verdict } from '../../../control/registry/app.ts';
import { collectGarbage } from '../../../control/registry/gc.ts';
import { IMAGE_INDEX, IMAGE_MANIFEST } from '../../../control/registry/manifest.ts';

const sha = (bytes: Uint8Array | string, algorithm = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
const NAME = 'team/app';
const BLOB = Buffer.from('hello, blob');
const CONFIG = Buffer.from('{}');

async function open(authorize?: (access: Access) => Verdict) {
  const directory = await mkdtemp(join(tmpdir(), 'registry-'));
  const platform = createNodePlatform();
  const logged: string[] = [];
  const make = () =>
    createRegistry({ directory, ...platform, log: (_level, message) => void logged.push(message), authorize });
  let app = make();
  const call = (method: string, path: string, body?: Uint8Array | string, headers: Record<string, string> = {}) =>
    Promise.resolve(
      app.request(`/v2/${path}`, {
        method,
        body: body as BodyInit | undefined,
        headers,
        duplex: 'half',
      } as RequestInit),
    );
  return {
    directory,
    platform,
    logged,
    call,
    restart: () => (app = make()),
    push: async (bytes: Uint8Array | string, name = NAME) =>
      (await call('POST', `${name}/blobs/uploads/?digest=${sha(bytes)}`, bytes)).status,
    manifest: (fields: object, reference: string, type = IMAGE_MANIFEST) =>
      call('PUT', `${NAME}/manifests/${reference}`, JSON.stringify({ schemaVersion: 2, mediaType: type, ...fields }), {
        'content-type': type,
      }),
    close: () => rm(directory, { recursive: true }),
  };
}

type Registry = Awaited<ReturnType<typeof open>>;
type BodyInit = ConstructorParameters<typeof Response>[0];
const test = suite<{ r: Registry }>('registry');
test.before.each(async context => {
  context.r = await open();
});
test.after.each(({ r }) => r.close());

const descriptor = (bytes: Uint8Array | string, mediaType = 'application/octet-stream') => ({
  mediaType,
  digest: sha(bytes),
  size: Buffer.from(bytes).length,
});
const image = () => ({ config: descriptor(CONFIG, 'application/vnd.x.config+json'), layers: [descriptor(BLOB)] });
async function pushImage(r: Registry, tag: string, extra: object = {}) {
  await r.push(BLOB);
  await r.push(CONFIG);
  const response = await r.manifest({ ...image(), ...extra }, tag);
  assert.is(response.status, 201, await response.text());
  return response.headers.get('docker-content-digest')!;
}
const code = async (response: Response) =>
  `${response.status} ${((await response.json()) as { errors: { code: string }[] }).errors[0]!.code}`;

test('answers the ping, and refuses names and addresses it does not know', async ({ r }) => {
  assert.is((await r.call('GET', '')).status, 200);
  assert.is(await code(await r.call('GET', 'Upper/manifests/x')), '400 NAME_INVALID');
  assert.is(await code(await r.call('GET', '..%2f..%2fetc/manifests/x')), '400 NAME_INVALID');
  assert.is(await code(await r.call('GET', 'a/b')), '404 NAME_UNKNOWN');
  assert.is(await code(await r.call('POST', `${NAME}/tags/list`)), '405 UNSUPPORTED');
  assert.is(await code(await r.call('GET', 'nobody/tags/list')), '404 NAME_UNKNOWN');
});

test('a blob in one piece: POST with digest, then HEAD, GET, DELETE', async ({ r }) => {
  assert.is(await r.push(BLOB), 201);
  const head = await r.call('HEAD', `${NAME}/blobs/${sha(BLOB)}`);
  assert.equal([head.status, head.headers.get('content-length')], [200, String(BLOB.length)]);
  assert.is(head.headers.get('docker-content-digest'), sha(BLOB));
  assert.is(await (await r.call('GET', `${NAME}/blobs/${encodeURIComponent(sha(BLOB))}`)).text(), String(BLOB));
  assert.is(await code(await r.call('GET', `other/blobs/${sha(BLOB)}`)), '404 BLOB_UNKNOWN');
  assert.is((await r.call('DELETE', `${NAME}/blobs/${sha(BLOB)}`)).status, 202);
  assert.is((await r.call('HEAD', `${NAME}/blobs/${sha(BLOB)}`)).status, 404);
  assert.is(await code(await r.call('DELETE', `${NAME}/blobs/${sha(BLOB)}`)), '404 BLOB_UNKNOWN');
});

test('byte ranges of a blob', async ({ r }) => {
  await r.push('0123456789');
  const path = `${NAME}/blobs/${sha('0123456789')}`;
  const cases: [string, number, string | null, string][] = [
    ['bytes=2-4', 206, 'bytes 2-4/10', '234'],
    ['bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['bytes=-3', 206, 'bytes 7-9/10', '789'],
    ['bytes=-99', 206, 'bytes 0-9/10', '0123456789'],
    ['bytes=8-99', 206, 'bytes 8-9/10', '89'],
    ['bytes=0-1,4-5', 200, null, '0123456789'],
    ['lines=1-2', 200, null, '0123456789'],
  ];
  for (const [range, status, contentRange, text] of cases) {
    const response = await r.call('GET', path, undefined, { range });
    assert.equal([response.status, response.headers.get('content-range')], [status, contentRange], range);
    assert.is(await response.text(), text);
  }
  for (const range of ['bytes=5-2', 'bytes=10-', 'bytes=-0']) {
    const response = await r.call('GET', path, undefined, { range });
    assert.is(response.headers.get('content-range'), 'bytes */10');
    assert.is(await code(response), '416 RANGE_INVALID', range);
  }
});

test('a blob as a stream and in chunks', async ({ r }) => {
  const begun = await r.call('POST', `${NAME}/blobs/uploads/`);
  assert.is(begun.status, 202);
  const at = begun.headers.get('location')!.slice('/v2/'.length);
  const first = await r.call('PATCH', at, 'hello', { 'content-range': '0-4' });
  assert.equal([first.status, first.headers.get('range')], [202, '0-4']);
  const early = await r.call('PATCH', at, 'xx', { 'content-range': '9-10' });
  assert.equal([early.headers.get('location'), early.headers.get('range')], [`/v2/${at}`, '0-4']);
  assert.is(await code(early), '416 RANGE_INVALID');
  assert.is(await code(await r.call('PATCH', at, 'too long', { 'content-range': '5-6' })), '400 SIZE_INVALID');
  assert.is(await code(await r.call('PATCH', at, '', { 'content-range': '7-5' })), '416 RANGE_INVALID');
  const state = await r.call('GET', at);
  assert.equal([state.status, state.headers.get('range')], [204, '0-4']);
  assert.is((await r.call('PATCH', at, ', b')).headers.get('range'), '0-7');
  const done = await r.call('PUT', `${at}?digest=${sha('hello, blob', 'sha512')}`, 'lob', { 'content-range': '8-10' });
  assert.is(done.status, 201);
  assert.is(done.headers.get('location'), `/v2/${NAME}/blobs/${sha('hello, blob', 'sha512')}`);
  assert.is(await (await r.call('GET', `${NAME}/blobs/${sha('hello, blob', 'sha512')}`)).text(), 'hello, blob');
  assert.is(await code(await r.call('GET', at)), '404 BLOB_UPLOAD_UNKNOWN');
});

test('wrong digests are refused and leave nothing behind', async ({ r }) => {
  assert.is(
    await code(await r.call('POST', `${NAME}/blobs/uploads/?digest=${sha('other')}`, BLOB)),
    '400 DIGEST_INVALID',
  );
  assert.is((await r.call('HEAD', `${NAME}/blobs/${sha('other')}`)).status, 404);
  assert.is((await r.call('HEAD', `${NAME}/blobs/${sha(BLOB)}`)).status, 404);
  for (const bad of ['sha256:abc', 'md5:0123', `sha256:${'g'.repeat(64)}`, 'sha256'])
    assert.is(await code(await r.call('GET', `${NAME}/blobs/${bad}`)), '400 DIGEST_INVALID', bad);
  assert.equal(await readdir(join(r.directory, 'uploads')), []);
});

test('an upload can be given up, and belongs to its repository', async ({ r }) => {
  const at = (await r.call('POST', `${NAME}/blobs/uploads/`)).headers.get('location')!.slice('/v2/'.length);
  assert.is((await r.call('GET', at.replace(NAME, 'other'))).status, 404);
  assert.is((await r.call('DELETE', at)).status, 204);
  assert.is(await code(await r.call('PATCH', at, 'x')), '404 BLOB_UPLOAD_UNKNOWN');
});

test('a connection that breaks keeps what came; a restart forgets half an upload', async ({ r }) => {
  const at = (await r.call('POST', `${NAME}/blobs/uploads/`)).headers.get('location')!.slice('/v2/'.length);
  let sent = false;
  const broken = new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new Error('connection reset'));
      else controller.enqueue(Buffer.from('half'));
      sent = true;
    },
  });
  assert.is((await r.call('PATCH', at, broken as unknown as Uint8Array)).status, 400);
  assert.equal(r.logged, []);
  assert.is((await r.call('GET', at)).headers.get('range'), '0-3');
  r.restart();
  assert.is((await r.call('GET', at)).status, 404);
  assert.is((await r.call('POST', `${NAME}/blobs/uploads/`)).status, 202);
  assert.is((await readdir(join(r.directory, 'uploads'))).length, 1);
});

test('mounts from another repository, from anywhere, or becomes an upload', async ({ r }) => {
  await r.push(BLOB);
  const mounted = await r.call('POST', `copy/blobs/uploads/?mount=${sha(BLOB)}&from=${NAME}`);
  assert.equal([mounted.status, mounted.headers.get('location')], [201, `/v2/copy/blobs/${sha(BLOB)}`]);
  assert.is((await r.call('POST', `third/blobs/uploads/?mount=${sha(BLOB)}`)).status, 201);
  assert.is((await r.call('POST', `copy/blobs/uploads/?mount=${sha('no')}&from=${NAME}`)).status, 202);
  assert.is((await r.call('POST', `copy/blobs/uploads/?mount=nonsense&from=${NAME}`)).status, 400);
});

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
