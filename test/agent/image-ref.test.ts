import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseImageRef, programName, repositoryText } from '../../agent/image-ref.ts';

const test = suite('image-ref');
const digest = `sha256:${'0a'.repeat(32)}`;

test('references that are', () => {
  for (const [text, host, repository, tag, hash] of [
    ['hello', '', 'hello', 'latest', undefined],
    ['hello:v1', '', 'hello', 'v1', undefined],
    ['team/app', '', 'team/app', 'latest', undefined],
    [`team/app@${digest}`, '', 'team/app', undefined, digest],
    [`app:v1@${digest}`, '', 'app', 'v1', digest],
    ['ghcr.io/team/app:v1', 'ghcr.io', 'team/app', 'v1', undefined],
    ['localhost/app', 'localhost', 'app', 'latest', undefined],
    ['127.0.0.1:6443/app:x', '127.0.0.1:6443', 'app', 'x', undefined],
    ['[::1]:6443/app', '[::1]:6443', 'app', 'latest', undefined],
  ] as const)
    assert.equal(parseImageRef(text), { host, repository, tag, digest: hash }, text);
});

test('references that are not', () => {
  for (const text of [
    '',
    'Hello',
    'a b',
    ':v1',
    'app:',
    'app:-x',
    '/app',
    'app/',
    'a//b',
    'app@sha256:12',
    `a@${digest}@${digest}`,
    '../x',
  ])
    assert.is(parseImageRef(text), undefined, text);
});

test('names of the parts', () => {
  const ref = parseImageRef('ghcr.io/team/app:v1')!;
  assert.is(repositoryText(ref), 'ghcr.io/team/app');
  assert.is(programName(ref), 'app');
});

test.run();
