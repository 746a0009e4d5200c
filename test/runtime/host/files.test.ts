/** Mounts: what leads out of them, and what must not be written. */
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FileError } from '../../../runtime/host/file-stat.ts';
import * as files from '../../../runtime/host/files.ts';

const test = suite('runtime/host/files');
const base = mkdtempSync(join(tmpdir(), 'skerry-files-'));
const inside = join(base, 'mount');
mkdirSync(join(inside, 'sub', 'deep'), { recursive: true });
writeFileSync(join(base, 'secret'), 'outside');
writeFileSync(join(inside, 'plain'), 'plain');
writeFileSync(join(inside, 'sub', 'nested'), 'nested');
symlinkSync('../../secret', join(inside, 'sub', 'up'));
symlinkSync('/etc/passwd', join(inside, 'absolute'));
symlinkSync('sub/nested', join(inside, 'good'));
symlinkSync('..', join(inside, 'sub', 'parent'));
symlinkSync('loop', join(inside, 'loop'));
symlinkSync('../secret', join(inside, 'dots'));
const root = files.openRoot(inside, false);
const readOnly = files.openRoot(inside, true);
test.after(() => rmSync(base, { recursive: true }));

const READ = {
  follow: true,
  create: false,
  directory: false,
  exclusive: false,
  truncate: false,
  read: true,
  write: false,
  append: false,
};
const WRITE = { ...READ, create: true, write: true, read: false };

function text(path: string, options = READ, from = root): string {
  const node = files.open(from, path, options);
  const buffer = new Uint8Array(100);
  const length = files.read(node, buffer, 0);
  files.close(node);
  return Buffer.from(buffer.subarray(0, length)).toString();
}

function errorOf(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return error instanceof FileError ? error.code : `not a FileError: ${error}`;
  }
}

test('paths below the mount', () => {
  assert.is(text('plain'), 'plain');
  assert.is(text('./sub/../plain'), 'plain');
  assert.is(text('sub//nested'), 'nested');
  assert.is(text('good'), 'nested');
  assert.is(text('sub/parent/plain'), 'plain');
  assert.is(text('sub/deep/../nested'), 'nested');
});

test('nothing leads out', () => {
  for (const [path, code] of [
    ['../secret', 'EPERM'],
    ['sub/../../secret', 'EPERM'],
    ['..', 'EPERM'],
    ['/etc/passwd', 'EPERM'],
    ['absolute', 'EPERM'],
    ['sub/up', 'EPERM'],
    ['dots', 'EPERM'],
    ['sub/parent/../secret', 'EPERM'],
    ['loop', 'ELOOP'],
    ['', 'ENOENT'],
    ['plain/', 'ENOTDIR'],
    ['plain\0', 'EINVAL'],
    ['missing', 'ENOENT'],
  ] as const) {
    assert.is(
      errorOf(() => text(path)),
      code,
      JSON.stringify(path),
    );
    assert.ok(errorOf(() => files.statAt(root, path, true)) !== 'none', `stat ${JSON.stringify(path)}`);
  }
  assert.is(
    errorOf(() => text('absolute', { ...READ, follow: false })),
    'ELOOP',
  );
});

test('a directory opened below the mount is a wall as well', () => {
  const sub = files.open(root, 'sub', { ...READ, directory: true });
  assert.is(
    errorOf(() => text('../plain', READ, sub)),
    'EPERM',
  );
  assert.is(
    errorOf(() => text('parent/plain', READ, sub)),
    'EPERM',
  );
  files.close(sub);
});

test('a guest cannot make a link that leads out, nor move a name out', () => {
  assert.is(
    errorOf(() => files.symlink(root, '/etc', 'etc')),
    'EPERM',
  );
  files.symlink(root, '../secret', 'made');
  assert.is(
    errorOf(() => text('made')),
    'EPERM',
  );
  assert.is(
    errorOf(() => files.rename(root, 'made', root, '../moved')),
    'EPERM',
  );
  assert.is(
    errorOf(() => files.link(root, '../secret', root, 'hard')),
    'EPERM',
  );
  files.unlink(root, 'made');
  assert.is(readFileSync(join(base, 'secret'), 'utf8'), 'outside');
});

test('a read-only mount is read-only, whichever way', () => {
  assert.is(text('plain', READ, readOnly), 'plain');
  const node = files.open(readOnly, 'plain', READ);
  const attempts: (() => unknown)[] = [
    () => files.open(readOnly, 'plain', { ...WRITE, create: false }),
    () => files.open(readOnly, 'new', WRITE),
    () => files.open(readOnly, 'plain', { ...READ, truncate: true }),
    () => files.createDirectory(readOnly, 'dir'),
    () => files.removeDirectory(readOnly, 'sub'),
    () => files.unlink(readOnly, 'plain'),
    () => files.symlink(readOnly, 'plain', 'link'),
    () => files.rename(readOnly, 'plain', root, 'moved'),
    () => files.rename(root, 'plain', readOnly, 'moved'),
    () => files.link(readOnly, 'plain', root, 'hard'),
    () => files.link(root, 'plain', readOnly, 'hard'),
    () => files.setTimesAt(readOnly, 'plain', true, 'now', 'now'),
    () => files.setTimes(node, 'now', 'now'),
    () => files.setSize(node, 0),
    () => files.write(node, Buffer.from('x'), 0),
  ];
  for (const act of attempts) assert.is(errorOf(act), 'EROFS', act.toString());
  files.close(node);
  assert.is(readFileSync(join(inside, 'plain'), 'utf8'), 'plain');
});

test('writing, listing, renaming, removing', () => {
  const node = files.open(root, 'sub/new', WRITE);
  files.write(node, Buffer.from('hello'), 0);
  files.close(node);
  assert.is(text('sub/new'), 'hello');
  files.rename(root, 'sub/new', root, 'newer');
  assert.is(Number(files.statAt(root, 'newer', false).size), 5);
  assert.ok(files.list(root).some(entry => entry.name === 'newer' && entry.type === 'file'));
  files.unlink(root, 'newer');
  files.createDirectory(root, 'dir/');
  assert.is(
    errorOf(() => files.unlink(root, 'dir')),
    'EISDIR',
  );
  files.removeDirectory(root, 'dir');
  assert.is(
    errorOf(() => files.statAt(root, 'dir', false)),
    'ENOENT',
  );
});

test('a stream keeps its file, and a closed handle reaches no other', () => {
  const node = files.open(root, 'plain', READ);
  files.hold(node);
  files.close(node);
  assert.ok(node.fd >= 0, 'still held');
  files.close(node);
  assert.is(node.fd, -1);
  assert.ok(errorOf(() => files.read(node, new Uint8Array(1), 0)) !== 'none');
});

test('a directory swapped for a link while it is walked leads nowhere else', () => {
  // The walk holds the directory itself, not its name: exchanging the name behind it changes nothing.
  linkSync(join(inside, 'plain'), join(inside, 'sub', 'deep', 'same'));
  const deep = files.open(root, 'sub/deep', { ...READ, directory: true });
  rmSync(join(inside, 'sub', 'deep'), { recursive: true });
  symlinkSync('/etc', join(inside, 'sub', 'deep'));
  assert.is(
    errorOf(() => text('passwd', READ, deep)),
    'ENOENT',
  );
  assert.is(
    errorOf(() => text('sub/deep/passwd')),
    'EPERM',
  );
  files.close(deep);
});

test.run();
