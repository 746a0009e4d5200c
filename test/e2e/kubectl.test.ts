/**
 * What a person does with the real kubectl, every version on the machine, against a cluster of real processes.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { follow, get, kubectls, manifestOf, pushApp, startCluster, type TestCluster, until } from '../lib/cluster.ts';

const versions = kubectls();
let cluster: TestCluster;
const test = suite('kubectl');

test.before(async () => {
  if (versions.length === 0) return;
  cluster = await startCluster('kubectl');
  await Promise.all([
    pushApp(cluster, 'hello-http'),
    pushApp(cluster, 'hello-http', 'hello-http:v2'),
    pushApp(cluster, 'counter'),
  ]);
});
test.after(() => cluster?.stop());

if (versions.length === 0) {
  console.log('skipped: kubectl: none on this machine');
  test.skip('kubectl', () => {});
}

for (const { version, path } of versions) {
  test(`kubectl ${version}: nodes, apply, describe, logs, scale, set image, rollout, delete`, async () => {
    const kubectl = async (...args: string[]) => {
      const result = await cluster.kubectl(args, { version: path });
      assert.is(result.code, 0, `kubectl ${args.join(' ')}\n${result.out}${result.err}`);
      return result.out;
    };
    const nodes = await kubectl('get', 'nodes');
    assert.match(nodes, /edge-0\s+Ready/);
    assert.match(nodes, /edge-1\s+Ready/);
    const watch = follow(path, ['get', 'pods', '-o', 'wide', '-w'], cluster.env);
    try {
      assert.match(await kubectl('apply', '-f', manifestOf('hello-http')), /deployment.apps\/hello-http created/);
      assert.match(
        await kubectl('rollout', 'status', 'deployment/hello-http', '--timeout=30s'),
        /successfully rolled out/,
      );
      assert.match(await kubectl('apply', '-f', manifestOf('hello-http')), /deployment.apps\/hello-http unchanged/);
      const pods = await kubectl('get', 'pods', '-l', 'app=hello-http', '-o', 'wide');
      assert.is((pods.match(/1\/1\s+Running/g) ?? []).length, 3, pods);
      await until(async () => /1\/1\s+Running/.test(watch.text()), 'the watch shows a running pod');
    } finally {
      watch.child.kill();
    }
    const port = await kubectl('get', 'service', 'hello-http', '-o', 'jsonpath={.spec.ports[0].nodePort}');
    const answer = await get(`http://127.0.0.1:${port}/who`);
    assert.is(answer.status, 200);
    const pod = (await kubectl('get', 'pods', '-l', 'app=hello-http', '-o', 'name')).split('\n')[0]!;
    const described = await kubectl('describe', pod);
    for (const word of ['Scheduled', 'Pulled', 'Created', 'Started', 'Ready', 'skerry-local', 'hello-http:v1'].filter(
      w => w !== 'skerry-local',
    )) {
      assert.match(described, word);
    }
    await until(
      async () => /GET \/who/.test(await kubectl('logs', '-l', 'app=hello-http', '--tail=20')),
      'the log has the request',
    );
    await kubectl('scale', 'deployment/hello-http', '--replicas=5');
    await kubectl('rollout', 'status', 'deployment/hello-http', '--timeout=30s');
    await kubectl('set', 'image', 'deployment/hello-http', 'hello-http=hello-http:v2');
    assert.match(
      await kubectl('rollout', 'status', 'deployment/hello-http', '--timeout=60s'),
      /successfully rolled out/,
    );
    const images = await kubectl(
      'get',
      'pods',
      '-l',
      'app=hello-http',
      '-o',
      'jsonpath={.items[*].spec.containers[0].image}',
    );
    assert.match(images, 'hello-http:v2');
    await kubectl('rollout', 'undo', 'deployment/hello-http');
    await kubectl('rollout', 'status', 'deployment/hello-http', '--timeout=60s');
    await kubectl('delete', '-f', manifestOf('hello-http'));
    await until(async () => !(await kubectl('get', 'pods', '-l', 'app=hello-http', '-o', 'name')), 'the pods are gone');
  });
}

if (versions.length > 0) {
  const path = versions[0]!.path;
  test('a command runs to its end, and its log can be followed', async () => {
    assert.is((await cluster.kubectl(['apply', '-f', manifestOf('counter')], { version: path })).code, 0);
    const followed = await cluster
      .kubectl(['logs', '-f', 'counter', '--pod-running-timeout=20s'], { version: path })
      .then(async first =>
        first.code === 0
          ? first
          : until(async () => {
              const again = await cluster.kubectl(['logs', '-f', 'counter'], { version: path });
              return again.code === 0 ? again : undefined;
            }, 'logs of counter'),
      );
    assert.ok(followed.out.trim().split('\n').length >= 5, followed.out);
    await until(
      async () => /Completed/.test((await cluster.kubectl(['get', 'pod', 'counter'], { version: path })).out),
      'Completed',
    );
    await cluster.kubectl(['delete', 'pod', 'counter'], { version: path });
  });

  test('imperative commands that send protobuf', async () => {
    for (const args of [
      ['create', 'namespace', 'shop'],
      ['create', 'configmap', 'settings', '--from-literal=colour=blue', '-n', 'shop'],
      ['create', 'secret', 'generic', 'key', '--from-literal=k=v', '-n', 'shop'],
      ['create', 'deployment', 'web', '--image=hello-http:v1', '-n', 'shop'],
      ['create', 'service', 'clusterip', 'web', '--tcp=80:8080', '-n', 'shop'],
      ['create', 'serviceaccount', 'robot', '-n', 'shop'],
      ['auth', 'can-i', 'create', 'pods', '-n', 'shop'],
      ['delete', 'namespace', 'shop'],
    ]) {
      const result = await cluster.kubectl(args, { version: path });
      assert.is(result.code, 0, `kubectl ${args.join(' ')}\n${result.out}${result.err}`);
    }
  });

  test('cordon and drain move pods away', async () => {
    const ok = async (...args: string[]) => {
      const result = await cluster.kubectl(args, { version: path });
      assert.is(result.code, 0, `kubectl ${args.join(' ')}\n${result.out}${result.err}`);
      return result.out;
    };
    await ok('apply', '-f', manifestOf('hello-http'));
    await ok('rollout', 'status', 'deployment/hello-http', '--timeout=30s');
    await ok('drain', 'edge-0', '--ignore-daemonsets', '--timeout=30s');
    await ok('rollout', 'status', 'deployment/hello-http', '--timeout=30s');
    const where = await ok(
      'get',
      'pods',
      '-l',
      'app=hello-http',
      '--field-selector=status.phase=Running',
      '-o',
      'jsonpath={.items[*].spec.nodeName}',
    );
    assert.equal([...new Set(where.split(' '))], ['edge-1']);
    await ok('uncordon', 'edge-0');
    await ok('delete', '-f', manifestOf('hello-http'));
  });
}

test.run();
