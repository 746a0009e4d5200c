/** Blobs, uploads and mounts: cases of the OCI distribution conformance suite (1.1), told again. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BLOB, code, NAME, open, type Registry, sha } from './fixture.ts';

const test = suite<{ r: Registry }>('registry blobs');
test.before.each(async context => {
  context.r = await open();
});
test.after.each(({ r }) => r.close());

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

test.run();
