/** Pods from binding to removal: real workers, images, volumes and logs; a fake server and a fake runtime. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { container } from '../lib/container.ts';
import { createFakeRuntime } from './fake-runtime.ts';
import { createFakeServer } from './fake-server.ts';
import { createTestNode, makePod, podPath, statusOf, until } from './node.ts';
import { main, reasons, scene } from './scene.ts';

const test = suite('pods');

test('a bound pod is pulled, started and reported as running and ready', () =>
  scene('runs', async ({ server, guests }) => {
    server.put(podPath('web'), makePod('web'));
    await until('running', () => statusOf(server, 'web').phase === 'Running');
    const status = statusOf(server, 'web');
    assert.is(status.podIP, '10.244.7.2');
    assert.is(status.hostIP, '192.0.2.1');
    assert.ok(status.conditions?.every(condition => condition.status === 'True'));
    assert.match(main(server)!.imageID, /^app@sha256:/);
    assert.match(main(server)!.containerID!, /^skerry:\/\/[0-9a-f]{64}$/);
    assert.is(guests.last().spec.env['WEB_SERVICE_HOST'], '10.96.0.9');
    assert.equal(guests.last().spec.args, ['app']);
    await until('events', () => reasons(server).includes('Started'));
    assert.equal(reasons(server), ['Pulling', 'Pulled', 'Created', 'Started']);
  }));

test('a deleted pod is stopped with its grace, reported, and removed from the server', () =>
  scene('runs', async ({ server, guests, here }) => {
    const pod = server.put(podPath('web'), makePod('web'));
    await until('running', () => statusOf(server, 'web').phase === 'Running');
    const metadata = { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 1 };
    server.put(podPath('web'), { ...server.objects.get(podPath('web'))!, metadata });
    await until('removed', () => !server.objects.has(podPath('web')));
    await until('forgotten', () => here.pods.list().length === 0);
    assert.ok(guests.last().stopped! > 0);
    assert.equal(await here.node.checkpoints.load(), []);
  }));

test('a pod that the server no longer has is stopped', () =>
  scene('runs', async ({ server, here }) => {
    server.put(podPath('web'), makePod('web'));
    await until('running', () => statusOf(server, 'web').phase === 'Running');
    server.drop(podPath('web'));
    await until('forgotten', () => here.pods.list().length === 0);
  }));

test('a container that fails is restarted at once, then waits as CrashLoopBackOff', () =>
  scene('exit 3', async ({ server, guests }) => {
    server.put(podPath('web'), makePod('web'));
    const seen = await until('back-off', () => {
      const status = main(server);
      return status?.state.waiting?.reason === 'CrashLoopBackOff' ? status : undefined;
    });
    assert.is(guests.sandboxes.length, 2);
    assert.is(seen.restartCount, 1);
    assert.is(seen.lastState.terminated?.exitCode, 3);
    assert.is(seen.lastState.terminated?.reason, 'Error');
    assert.match(
      seen.state.waiting!.message!,
      /^back-off 10s restarting failed container=main pod=web_default\(uid-web\)$/,
    );
    assert.is(statusOf(server, 'web').phase, 'Running');
    await until('event', () => reasons(server).includes('BackOff'));
  }));

test('a pod that runs to its end has Succeeded and is not started again', () =>
  scene('exit 0', async ({ server, guests }) => {
    server.put(podPath('job'), makePod('job', { restartPolicy: 'OnFailure' }));
    await until('end', () => statusOf(server, 'job').phase === 'Succeeded');
    assert.is(main(server, 'job')?.state.terminated?.reason, 'Completed');
    assert.is(guests.sandboxes.length, 1);
  }));

test('a pod whose address some other program uses takes another', () =>
  scene(
    'runs',
    async ({ server, guests }) => {
      guests.takenHosts.add('127.244.7.2');
      server.put(podPath('web'), makePod('web'));
      await until('running', () => statusOf(server, 'web').phase === 'Running' && main(server)?.ready);
      assert.is(statusOf(server, 'web').podIP, '10.244.7.3');
      assert.is(main(server)!.lastState.terminated?.reason, 'StartError');
    },
    'http',
  ));

test('init containers run one by one before the others', () =>
  scene('runs', async ({ server, guests }) => {
    const image = 'app:v1';
    const initContainers = [container('first', { image }), container('second', { image })];
    server.put(podPath('web'), makePod('web', { initContainers }));
    const one = await until('first', () => guests.sandboxes[0]);
    one.end({ code: 0, reason: 'exited' });
    const two = await until('second', () => guests.sandboxes[1]);
    assert.is(two.spec.name, 'default/web/second');
    assert.is(statusOf(server, 'web').phase, 'Pending');
    two.end({ code: 0, reason: 'exited' });
    await until('running', () => statusOf(server, 'web').phase === 'Running');
    assert.is(guests.sandboxes.length, 3);
  }));

test('bad images and modules are said in the words of Kubernetes', async () => {
  const cases: [string, string, Partial<{ imagePullPolicy: 'Never' }>, string, string][] = [
    ['runs', 'gone:v1', {}, 'ErrImagePull', 'not found'],
    ['runs', 'Not An Image', {}, 'InvalidImageName', "couldn't parse image name"],
    ['runs', 'app:v1', { imagePullPolicy: 'Never' }, 'ErrImageNeverPull', 'not present with pull policy of Never'],
    ['bad', 'app:v1', {}, 'CreateContainerError', 'not a WebAssembly module'],
    ['needs env.thing', 'app:v1', {}, 'CreateContainerError', 'unsupported import: env.thing'],
  ];
  for (const [module, image, more, reason, message] of cases) {
    await scene(module, async ({ server }) => {
      server.put(podPath('web'), makePod('web', { containers: [container('main', { image, ...more })] }));
      const waiting = await until(
        reason,
        () => main(server)?.state.waiting?.reason === reason && main(server)!.state.waiting,
      );
      assert.match(waiting.message ?? '', message);
      await until('event', () => reasons(server).includes('Failed'));
      assert.is(statusOf(server, 'web').phase, 'Pending');
    });
  }
});

test('a missing ConfigMap holds the container back until it is there; its volume follows changes', () =>
  scene('runs', async ({ server, guests, here }) => {
    const containers = [
      container('main', {
        image: 'app:v1',
        env: [{ name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'look', key: 'color' } } }],
        volumeMounts: [{ name: 'look', mountPath: '/etc/look' }],
      }),
    ];
    const volumes = [{ name: 'look', configMap: { name: 'look', optional: true } }];
    server.put(podPath('web'), makePod('web', { containers, volumes }));
    await until('refusal', () => main(server)?.state.waiting?.reason === 'CreateContainerConfigError');
    assert.is(main(server)!.state.waiting!.message, 'configmap "look" not found');
    const look = (color: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'look', namespace: 'default' },
      data: { color },
    });
    server.put('/api/v1/namespaces/default/configmaps/look', look('red') as never);
    await until('running', () => statusOf(server, 'web').phase === 'Running');
    assert.is(guests.last().spec.env['COLOR'], 'red');
    const [mount] = guests.last().spec.mounts;
    assert.equal([mount?.guest, mount?.readOnly], ['/etc/look', true]);
    server.put('/api/v1/namespaces/default/configmaps/look', look('blue') as never);
    let color = '';
    await until('update', () => {
      void readFile(join(mount!.host, 'color'), 'utf8').then(text => (color = text));
      return color === 'blue';
    });
    assert.is(here.pods.list().length, 1);
  }));

test('while the server is away pods keep running, and restart from disk with their status', async () => {
  const server = createFakeServer();
  server.pushModule('app', 'v1', Buffer.from('runs'));
  const guests = createFakeRuntime();
  const first = await createTestNode(server, guests.runtime);
  server.put(podPath('web'), makePod('web'));
  await until('running', () => statusOf(server, 'web').phase === 'Running');
  server.reachable(false);
  await new Promise(resolve => setTimeout(resolve, 100));
  assert.is(guests.sandboxes.length, 1);
  assert.is(first.pods.list().length, 1);
  first.die();
  const again = createFakeRuntime();
  const second = await createTestNode(server, again.runtime, first.root);
  await until('started without the server', () => again.sandboxes[0]);
  server.reachable(true);
  const status = await until('reported', () => (main(server)?.restartCount === 1 ? main(server) : undefined));
  assert.is(status.lastState.terminated?.reason, 'ContainerStatusUnknown');
  assert.is(statusOf(server, 'web').podIP, '10.244.7.2');
  server.drop(podPath('web'));
  await until('forgotten', () => second.pods.list().length === 0);
  await second.close();
});

test('a pod deleted while the agent was away is stopped when the server is back', async () => {
  const server = createFakeServer();
  server.pushModule('app', 'v1', Buffer.from('runs'));
  const first = await createTestNode(server, createFakeRuntime().runtime);
  server.put(podPath('web'), makePod('web'));
  await until('running', () => statusOf(server, 'web').phase === 'Running');
  await first.node.checkpoints.settled();
  first.die();
  server.drop(podPath('web'));
  const second = await createTestNode(server, createFakeRuntime().runtime, first.root);
  assert.is(second.pods.list().length, 1);
  await second.pods.synced;
  await until('forgotten', () => second.pods.list().length === 0);
  await second.close();
});

test.run();
