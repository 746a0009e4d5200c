/** Volumes on disk: right files, right modes, kept current, never outside. */
import { mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { layOutVolumes, mountsOf } from '../../../agent/volumes/lay-out.ts';
import type { Pod } from '../../../control/kinds/pod.ts';
import type { Container } from '../../../control/kinds/types/container.ts';
import type { Volume } from '../../../control/kinds/types/volume-source.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { container } from '../../lib/container.ts';

const test = suite('volumes');

async function within(volumes: Volume[], play: (world: ReturnType<typeof make>) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'skerry-volumes-'));
  try {
    await play(make(directory, volumes));
  } finally {
    await rm(directory, { recursive: true });
  }
}

function make(directory: string, volumes: Volume[]) {
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', uid: 'u', labels: { app: 'web' } },
    spec: { containers: [container('main')], volumes },
  };
  const data: Record<string, string> = { a: 'one', b: 'two' };
  const secret = { key: Buffer.from('hidden').toString('base64') };
  const object = (name: string, content: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'X',
    metadata: { name },
    data: content,
  });
  const context = {
    files: createNodePlatform().files,
    directory,
    facts: { pod, podIP: '10.244.0.2', hostIP: '192.0.2.1', nodeName: 'edge-0', allocatable: {} },
    objects: {
      configMap: async (_: string, name: string) => (name === 'look' ? object(name, data) : undefined),
      secret: async (_: string, name: string) => (name === 'key' ? object(name, secret) : undefined),
    },
    token: async () => 'token',
  };
  const at = (...path: string[]) => join(directory, 'volumes', ...path);
  return {
    data,
    context,
    directory,
    at,
    read: (...path: string[]) => readFile(at(...path), 'utf8'),
    mounts: (volumeMounts: Container['volumeMounts']) => mountsOf(container('main', { volumeMounts }), context),
  };
}

test('a ConfigMap: all keys, then what changed and what went', () =>
  within([{ name: 'v', configMap: { name: 'look', defaultMode: 0o600 } }], async ({ context, data, read, at }) => {
    await layOutVolumes(context);
    assert.is(await read('v', 'a'), 'one');
    assert.is((await stat(at('v', 'a'))).mode & 0o777, 0o600);
    const before = (await stat(at('v', 'a'))).mtimeMs;
    Object.assign(data, { b: 'TWO', c: 'three' });
    await layOutVolumes(context);
    assert.is((await stat(at('v', 'a'))).mtimeMs, before);
    assert.is(await read('v', 'b'), 'TWO');
    delete data['c'];
    await layOutVolumes(context);
    assert.equal((await readdir(at('v'))).sort(), ['a', 'b']);
  }));

test('projected: secrets, fields, tokens and chosen keys in one directory', () => {
  const sources = [
    { configMap: { name: 'look', items: [{ key: 'a', path: 'deep/a.txt' }] } },
    { secret: { name: 'key' } },
    { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    { serviceAccountToken: { path: 'token' } },
  ];
  return within([{ name: 'v', projected: { sources } }], async ({ context, read }) => {
    await layOutVolumes(context);
    assert.equal(
      await Promise.all([read('v', 'deep/a.txt'), read('v', 'key'), read('v', 'labels'), read('v', 'token')]),
      ['one', 'hidden', 'app="web"', 'token'],
    );
  });
});

test('what is missing or leads out', async () => {
  for (const [volume, message] of [
    [
      { name: 'v', configMap: { name: 'none' } },
      'MountVolume.SetUp failed for volume "v" : configmap "none" not found',
    ],
    [{ name: 'v', secret: { secretName: 'none' } }, 'secret "none" not found'],
    [{ name: 'v', configMap: { name: 'look', items: [{ key: 'x', path: 'x' }] } }, 'non-existent config key: x'],
    [{ name: 'v', configMap: { name: 'look', items: [{ key: 'a', path: '../a' }] } }, 'leads out of its volume'],
  ] as const) {
    await within([volume as unknown as Volume], async ({ context }) => {
      const said = await layOutVolumes(context).then(
        () => 'fine',
        error => error.message,
      );
      assert.match(said, message);
    });
  }
});

test('mounts: read-only unless emptyDir; subPath of a directory and of a file', () =>
  within(
    [
      { name: 'look', configMap: { name: 'look' } },
      { name: 'tmp', emptyDir: {} },
    ],
    async world => {
      await layOutVolumes(world.context);
      const mounts = await world.mounts([
        { name: 'look', mountPath: '/look' },
        { name: 'tmp', mountPath: '/tmp' },
        { name: 'tmp', mountPath: '/ro', readOnly: true },
        { name: 'tmp', mountPath: '/sub', subPath: 'x/y' },
        { name: 'look', mountPath: '/app/a.conf', subPath: 'a' },
        { name: 'look', mountPath: '/app/b.conf', subPath: 'b' },
      ]);
      assert.equal(
        mounts.map(({ guest, readOnly }) => `${guest} ${readOnly}`),
        ['/look true', '/tmp false', '/ro true', '/sub false', '/app true'],
      );
      assert.ok((await stat(world.at('tmp', 'x', 'y'))).isDirectory());
      assert.equal((await readdir(mounts[4]!.host)).sort(), ['a.conf', 'b.conf']);
      const out = await world
        .mounts([{ name: 'tmp', mountPath: '/x', subPath: '../..' }])
        .catch(error => error.message);
      assert.match(out, 'leads out of its volume');
    },
  ));

test('a link that a guest left in its emptyDir is not followed', () =>
  within([{ name: 'tmp', emptyDir: {} }], async world => {
    await layOutVolumes(world.context);
    await symlink('/', world.at('tmp', 'root'));
    for (const subPath of ['root', 'root/tmp', 'root/made/here']) {
      const said = await world.mounts([{ name: 'tmp', mountPath: '/x', subPath }]).catch(error => error.message);
      assert.is(said, `subPath "${subPath}" leads out of its volume`);
    }
  }));

test('subPathExpr takes variables of the container', () =>
  within([{ name: 'tmp', emptyDir: {} }], async ({ context, at }) => {
    await layOutVolumes(context);
    const of = (subPathExpr: string) =>
      mountsOf(container('main', { volumeMounts: [{ name: 'tmp', mountPath: '/x', subPathExpr }] }), context, {
        POD: 'web-1',
      });
    assert.is((await of('logs/$(POD)'))[0]!.host, at('tmp', 'logs', 'web-1'));
    assert.match(await of('$(NONE)').catch(error => error.message), 'missing value for "NONE"');
    assert.match(await of('../$(POD)').catch(error => error.message), 'leads out of its volume');
  }));

test.run();
