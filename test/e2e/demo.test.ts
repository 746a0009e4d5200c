/** The main job, as `npm start` runs it, and the same from the packed package under whatever Node the machine has. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root, run } from '../lib/cluster.ts';

const home = mkdtempSync(join(tmpdir(), 'skerry-demo-'));
const env = { ...process.env, HOME: home, SKERRY_HOME: join(home, 'state'), KUBECONFIG: '', NO_COLOR: '1' };
const test = suite('demo');
test.after(() => rmSync(home, { recursive: true, force: true }));

test('skerry demo shows every step and leaves nothing behind', async () => {
  const { code, out, err } = await run(process.execPath, [join(root, 'control/cli/main.ts'), 'demo'], {
    env,
    timeoutMs: 120_000,
  });
  assert.is(code, 0, out + err);
  for (const step of ['server', 'nodes', 'push', 'apply', 'rollout', 'requests', 'stop'])
    assert.match(out, `✓ ${step}`);
  assert.match(out, '10 × 200');
  assert.is((out.match(/1\/1\s+Running/g) ?? []).length, 3, out);
  assert.ok(new Set(out.match(/Hello from hello-http-\S+/g)).size >= 2, out);
  assert.equal(readdirSync(join(home, 'state')), ['.cache']);
  assert.is(existsSync(join(home, '.kube')), false, 'a demo leaves the kubeconfig alone');
});

test('up, status, run, get, logs, down, with the kubectl context put back', async () => {
  mkdirSync(join(home, '.kube'));
  const mine =
    'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: [{name: prod, context: {cluster: prod, user: me}}]\ncurrent-context: prod\n';
  writeFileSync(join(home, '.kube', 'config'), mine);
  const skerry = (...args: string[]) =>
    run(process.execPath, [join(root, 'control/cli/main.ts'), ...args], { env, cwd: home });
  const ok = async (...args: string[]) => {
    const { code, out, err } = await skerry(...args);
    assert.is(code, 0, `skerry ${args.join(' ')}\n${out}${err}`);
    return out;
  };
  try {
    await ok('up', 'cli', '--port', '17443', '--agents', '1');
    assert.match(readFileSync(join(home, '.kube', 'config'), 'utf8'), 'current-context: skerry-cli');
    await ok('up', 'cli', '--port', '17443', '--agents', '1');
    assert.match(await ok('status'), /cli\s+https:\S+\s+1\/1 nodes ready/);
    const url = (
      await ok('run', join(root, 'wasm-apps/hello-http/build/hello-http.wasm'), '--name', 'hi', '--replicas', '2')
    )
      .trim()
      .split('\n')
      .at(-1)!
      .trim();
    assert.match(url, /^http:\/\/127\.0\.0\.1:3\d{4}\/$/);
    const pods = await ok('get', 'pods');
    assert.is((pods.match(/hi-\S+\s+1\/1\s+Running/g) ?? []).length, 2, pods);
    assert.match((await skerry('get', 'bogus')).err, `the server doesn't have a resource type "bogus"`);
    assert.match((await skerry('logs', 'nothing')).err, 'pods "nothing" not found');
    assert.is((await skerry('frobnicate')).code, 2);
    assert.match(await ok('kubeconfig', 'cli', '--path'), 'admin.kubeconfig');
  } finally {
    await ok('down', 'cli');
  }
  assert.match(readFileSync(join(home, '.kube', 'config'), 'utf8'), 'current-context: prod');
  assert.equal(readdirSync(join(home, 'state')), ['.cache']);
  assert.match(await ok('down', 'cli'), 'no cluster');
});

test('the packed package runs as an installed command', async () => {
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', home], { cwd: root, timeoutMs: 180_000 });
  assert.is(packed.code, 0, packed.err);
  const tarball = readdirSync(home).find(name => name.endsWith('.tgz'))!;
  const installed = join(home, 'lib', 'node_modules');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', join(home, tarball), '-C', installed]);
  // The dependencies are this checkout's own, so that the test needs no network.
  symlinkSync(join(root, 'node_modules'), join(installed, 'package', 'node_modules'));
  const skerry = join(installed, 'package', 'bin', 'skerry.js');
  assert.match(
    (await run(skerry, ['--version'], { env })).out,
    /^skerry \d+\.\d+\.\d+ \(Kubernetes v1\.32\.\d+\+skerry\)$/m,
  );
  const { code, out, err } = await run(skerry, ['demo'], { env, timeoutMs: 120_000 });
  assert.is(code, 0, out + err);
  assert.match(out, '10 × 200');
});

test.run();
