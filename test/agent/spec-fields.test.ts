/** Fields of a pod's spec beyond images, probes and restarts: each does what Kubernetes' does, or the pod says that it does not. */
import { rename, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withHostAliases } from '../../agent/host-aliases.ts';
import type { Pod } from '../../control/kinds/pod.ts';
import type { Container } from '../../control/kinds/types/container.ts';
import { makePod, podPath, statusOf, until } from './node.ts';
import { main, reasons, scene } from './scene.ts';

const test = suite('spec fields');

const image = 'app:v1';
const FILES = ['wasi_snapshot_preview1.path_open'];
const container = (more: object): Container => ({ name: 'main', image, resources: {}, ...more });
const running = (server: Parameters<typeof statusOf>[0]) =>
  until('running', () => statusOf(server, 'web').phase === 'Running' && main(server));

test('what would change the program is refused, by field, and not tried again', async () => {
  for (const [spec, field] of [
    [{ containers: [container({ workingDir: '/app' })] }, 'spec.containers[0].workingDir'],
    [
      { containers: [container({ livenessProbe: { exec: { command: ['x'] } } })] },
      'spec.containers[0].livenessProbe.exec',
    ],
    [{ volumes: [{ name: 'v', hostPath: { path: '/etc' } }] }, 'spec.volumes[0].hostPath'],
  ] as [Partial<Pod['spec']>, string][]) {
    await scene('runs', async ({ server, guests }) => {
      server.put(podPath('web'), makePod('web', spec));
      const waiting = await until('refusal', () =>
        main(server)?.state.waiting?.message ? main(server)!.state.waiting : false,
      );
      assert.is(waiting.reason, 'CreateContainerConfigError');
      assert.ok(waiting.message!.startsWith(`${field}: not supported by Skerry's wasm runtime: `), waiting.message);
      const event = await until('event', () => server.events().find(({ reason }) => reason === 'Failed'));
      assert.is(event.message, `Error: ${waiting.message}`);
      assert.is(guests.sandboxes.length, 0);
    });
  }
});

test('one container is refused, the other runs', () =>
  scene('runs', async ({ server, guests }) => {
    const containers = [container({ workingDir: '/app' }), container({ name: 'side', workingDir: '/' })];
    server.put(podPath('web'), makePod('web', { containers }));
    await until('refusal', () => main(server)?.state.waiting?.reason === 'CreateContainerConfigError');
    await until('side', () => statusOf(server, 'web').containerStatuses?.[1]?.ready);
    assert.is(guests.sandboxes.length, 1);
  }));

async function withHooks(play: (port: number, asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['user-agent']}`);
    response.writeHead(500).end();
  });
  const port = await new Promise<number>(resolve =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  try {
    await play(port, asked);
  } finally {
    server.close();
  }
}

test('hooks ask the container after its start and before its stop; any answer will do', () =>
  withHooks((port, asked) =>
    scene('runs', async ({ server }) => {
      const hook = (path: string) => ({ httpGet: { host: '127.0.0.1', port, path } });
      const lifecycle = { postStart: hook('/up'), preStop: hook('/down') };
      const pod = server.put(podPath('web'), makePod('web', { containers: [container({ lifecycle })] }));
      await running(server);
      await until('postStart', () => asked.length === 1);
      const metadata = { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 1 };
      server.put(podPath('web'), { ...server.objects.get(podPath('web'))!, metadata });
      await until('removed', () => !server.objects.has(podPath('web')));
      assert.equal(asked, ['/up kube-lifecycle/1.32', '/down kube-lifecycle/1.32']);
      assert.not(reasons(server).some(reason => reason.startsWith('FailedP')));
    }),
  ));

test('a hook after the start that nobody answers ends the container', () =>
  scene('runs', async ({ server, guests }) => {
    const lifecycle = { postStart: { httpGet: { host: '127.0.0.1', port: 1 } } };
    server.put(podPath('web'), makePod('web', { restartPolicy: 'Never', containers: [container({ lifecycle })] }));
    await until('end', () => main(server)?.state.terminated);
    assert.is(guests.last().stopped! > 0, true);
    await until('event', () => reasons(server).includes('FailedPostStartHook'));
  }));

test('a hook that waits holds the next container back, and not the end of the pod', () =>
  scene('runs', async ({ server, guests }) => {
    const lifecycle = { postStart: { sleep: { seconds: 60 } } };
    const containers = [container({ lifecycle }), container({ name: 'side' })];
    server.put(podPath('web'), makePod('web', { containers }));
    await until('first', () => main(server)?.state.running);
    assert.is(guests.sandboxes.length, 1);
    server.drop(podPath('web'));
    await until('stopped', () => guests.sandboxes[0]!.stopped !== undefined);
  }));

test('the termination message is what the guest wrote into its file, and never what lies behind a link', async () => {
  const end = async (write: (file: string) => Promise<void>, message?: string) => {
    let said: string | undefined;
    await scene(
      'runs',
      async ({ server, guests }) => {
        server.put(podPath('web'), makePod('web', { restartPolicy: 'Never' }));
        await running(server);
        const mount = guests.last().spec.mounts.find(({ guest }) => guest === '/dev')!;
        await write(join(mount.host, 'termination-log'));
        guests.last().end({ code: 1, reason: message ? 'trap' : 'exited', message });
        said = (await until('end', () => main(server)?.state.terminated)).message;
      },
      'command',
      FILES,
    );
    return said;
  };
  assert.is(await end(file => writeFile(file, 'disk is full')), 'disk is full');
  assert.is(await end(file => writeFile(file, 'in page 7'), 'unreachable'), 'unreachable: in page 7');
  assert.is(await end(file => writeFile(file, `${'x'.repeat(5000)}end`).then(() => {})), `${'x'.repeat(4093)}end`);
  assert.is(await end(file => writeFile(file, '').then(() => {})), undefined);
  const link = async (file: string) => {
    await symlink('/etc/hostname', `${file}.new`);
    await rename(`${file}.new`, file);
  };
  assert.is(await end(link), undefined);
});

test('FallbackToLogsOnError: the end of the log, of a container that failed', async () => {
  for (const [code, message] of [
    [1, 'first\nlast\n'],
    [0, undefined],
  ] as const) {
    await scene('runs', async ({ server, guests }) => {
      const containers = [container({ terminationMessagePolicy: 'FallbackToLogsOnError' })];
      server.put(podPath('web'), makePod('web', { restartPolicy: 'Never', containers }));
      await running(server);
      assert.equal(guests.last().spec.mounts, [], 'a module that opens no files gets no directory');
      void guests.last().spec.stderr(Buffer.from('first\nlast\n'));
      guests.last().end({ code, reason: 'exited' });
      assert.is((await until('end', () => main(server)?.state.terminated)).message, message);
    });
  }
});

test('an emptyDir over its limit, and a container over its disk limit: the pod is evicted', async () => {
  const volumes = [{ name: 'cache', emptyDir: { sizeLimit: '64Ki' } }];
  const limits = { limits: { 'ephemeral-storage': '64Ki' } };
  const volumeMounts = [{ name: 'cache', mountPath: '/cache' }];
  const plain = [{ name: 'cache', emptyDir: {} }];
  for (const [spec, message] of [
    [
      { volumes, containers: [container({ volumeMounts })] },
      'Usage of EmptyDir volume "cache" exceeds the limit "64Ki". ',
    ],
    [
      { volumes: plain, containers: [container({ volumeMounts, resources: limits })] },
      'Pod ephemeral local storage usage exceeds the total limit of containers 64Ki. ',
    ],
  ] as [Partial<Pod['spec']>, string][]) {
    await scene('runs', async ({ server, guests, here }) => {
      server.put(podPath('web'), makePod('web', spec));
      await running(server);
      await writeFile(join(guests.last().spec.mounts[0]!.host, 'big'), Buffer.alloc(100_000, 'x'));
      const { run } = here.pods.list()[0]!;
      run.measureDiskAt = 0;
      run.wake();
      await until('evicted', () => statusOf(server, 'web').phase === 'Failed');
      const status = statusOf(server, 'web');
      assert.equal([status.reason, status.message], ['Evicted', message]);
      const condition = status.conditions?.find(({ type }) => type === 'DisruptionTarget');
      assert.equal([condition?.status, condition?.reason], ['True', 'TerminationByKubelet']);
      await until('event', () => server.events().some(event => event.reason === 'Evicted' && event.type === 'Warning'));
      assert.is(guests.sandboxes.length, 1);
    });
  }
});

test("a RuntimeClass means its handler's engine; one that is missing, or whose handler is, is said", async () => {
  const classPath = (name: string) => `/apis/node.k8s.io/v1/runtimeclasses/${name}`;
  const runtimeClass = (name: string, handler: string) =>
    ({ apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler }) as never;
  await scene('runs', async ({ server, guests }) => {
    server.put(classPath('fast'), runtimeClass('fast', 'wasmer-wasi'));
    server.put(podPath('web'), makePod('web', { runtimeClassName: 'fast' }));
    await running(server);
    assert.is(guests.last().spec.module.engine, 'wasmer-wasi');
  });
  for (const [name, message] of [
    ['none', 'Failed to create pod sandbox: RuntimeClass "none" not found'],
    [
      'odd',
      'Failed to create pod sandbox: no runtime handler "kata" (of RuntimeClass "odd"); this node has "wasm", "wasmer-wasi"',
    ],
  ] as const) {
    await scene('runs', async ({ server }) => {
      server.put(classPath('odd'), runtimeClass('odd', 'kata'));
      server.put(podPath('web'), makePod('web', { runtimeClassName: name }));
      const event = await until('event', () => server.events()[0]);
      assert.equal([event.reason, event.message], ['FailedCreatePodSandBox', message]);
    });
  }
});

test('hosts and host names of the pod', async () => {
  const spec = { hostname: 'db-0', subdomain: 'db', setHostnameAsFQDN: true };
  await scene('runs', async ({ server, guests }) => {
    server.put(podPath('web'), makePod('web', spec));
    await running(server);
    assert.is(guests.last().spec.env['HOSTNAME'], 'db-0.db.default.svc.cluster.local');
  });
  const connected: string[] = [];
  const inner = {
    resolve: async () => ['10.96.0.9'],
    connect: async (host: string, port: number) => {
      connected.push(host);
      return { host, port };
    },
  };
  const hostAliases = [
    { ip: '192.0.2.7', hostnames: ['printer', 'printer.lan'] },
    { ip: '192.0.2.8', hostnames: ['printer'] },
  ];
  const network = withHostAliases(inner, makePod('web', { hostAliases }));
  assert.equal(await network.resolve('Printer'), ['192.0.2.7', '192.0.2.8']);
  assert.equal(await network.resolve('web'), ['10.96.0.9']);
  await network.connect('printer.lan.', 9100);
  await network.connect('web', 80);
  assert.equal(connected, ['192.0.2.7', 'web']);
  assert.is(withHostAliases(inner, makePod('web')), inner);
});

test('memory ends at the limit; without one, at what the node gives to pods', () =>
  scene('runs', async ({ server, guests }) => {
    const limited = container({ name: 'limited', resources: { limits: { memory: '32Mi' } } });
    server.put(podPath('web'), makePod('web', { containers: [container({}), limited] }));
    await until('both', () => guests.sandboxes.length === 2);
    assert.equal(
      guests.sandboxes.map(({ spec }) => spec.limits.memoryBytes),
      [1024 ** 3, 32 * 1024 ** 2],
    );
  }));

test.run();
