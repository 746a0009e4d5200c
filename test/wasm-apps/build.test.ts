/** Builds every example app and looks at what came out: imports, exports, size; and runs the commands on Node's own WASI. */
import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { WASI } from 'node:wasi';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AppName, appNames, buildApp } from '../../wasm-apps/build.ts';

const root = join(import.meta.dirname, '..', '..');
const test = suite('wasm-apps');

const COMPONENTS: { name: AppName; maxBytes: number; imports: string[] }[] = [
  { name: 'hello-http', maxBytes: 20_000, imports: ['wasi:cli/environment', 'wasi:cli/stdout', 'wasi:http/types'] },
  { name: 'caller', maxBytes: 28_000, imports: ['wasi:http/outgoing-handler', 'wasi:io/poll', 'wasi:http/types'] },
  { name: 'hello-js', maxBytes: 2_000_000, imports: ['wasi:cli/environment', 'wasi:http/types'] },
];

for (const { name, maxBytes, imports } of COMPONENTS) {
  test(`${name} is a wasi:http component`, async () => {
    const bytes = await readFile(await buildApp(name));
    assert.equal([...bytes.subarray(0, 8)], [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
    assert.ok(bytes.length < maxBytes, `${bytes.length} bytes`);
    const wit = await componentWit(bytes);
    assert.match(wit, /export wasi:http\/incoming-handler@0\.2\./);
    for (const wanted of imports) assert.ok(wit.includes(`import ${wanted}@0.2.`), `${wanted} in:\n${wit}`);
    assert.not.match(wit, /9\.9\.99/);
  });
}

test('a small component asks for nothing that it does not use', async () => {
  const wit = await componentWit(await readFile(await buildApp('hello-http')));
  for (const unused of ['outgoing-handler', 'filesystem', 'sockets', 'random'])
    assert.not.ok(wit.includes(`import wasi:http/${unused}`) || wit.includes(`import wasi:${unused}`), unused);
});

async function run(name: AppName, args: string[], env: Record<string, string>) {
  const module = await WebAssembly.compile(await readFile(await buildApp(name)));
  const modules = new Set(WebAssembly.Module.imports(module).map(i => i.module));
  const wasi = new WASI({ version: 'preview1', args: [name, ...args], env, returnOnExit: true, stdout: 2, stderr: 2 });
  const instance = new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports);
  return { code: wasi.start(instance), modules: [...modules] };
}

test('counter is a preview 1 command that ends with 0', async () => {
  assert.equal(await run('counter', ['2'], {}), { code: 0, modules: ['wasi_snapshot_preview1'] });
  assert.equal((await run('counter', [], { COUNT: '1', INTERVAL_MS: '1' })).code, 0);
});

test('crash-loop ends with 3, or with the code it is told', async () => {
  assert.equal(await run('crash-loop', [], {}), { code: 3, modules: ['wasi_snapshot_preview1'] });
  assert.equal((await run('crash-loop', [], { EXIT_CODE: '9' })).code, 9);
});

test('builds again only when a source is newer', async () => {
  const path = await buildApp('counter');
  const built = (await stat(path)).mtimeMs;
  await buildApp('counter');
  assert.is((await stat(path)).mtimeMs, built);
  await utimes(path, 1, 1);
  await buildApp('counter');
  assert.ok((await stat(path)).mtimeMs > 1_000);
});

test('every app has a manifest for its own image, and a README that names its commands', async () => {
  const folders = (await readdir(join(root, 'wasm-apps'), { withFileTypes: true })).filter(e => e.isDirectory());
  assert.equal(
    folders
      .map(f => f.name)
      .filter(name => name !== 'wasi' && name !== 'wit')
      .sort(),
    [...appNames].sort(),
  );
  for (const name of appNames) {
    const manifest = await readFile(join(root, 'wasm-apps', name, 'manifest.yaml'), 'utf8');
    assert.ok(manifest.includes(`image: ${name}:v1`), name);
    const readme = await readFile(join(root, 'wasm-apps', name, 'README.md'), 'utf8');
    assert.ok(readme.includes(`node wasm-apps/build.ts ${name}\n`), name);
  }
});

test.run();
