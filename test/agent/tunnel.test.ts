/** The agent's end of the tunnel against the server's: requests, streams, reconnection, and logs through it. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runTunnel } from '../../agent/tunnel.ts';
import { createRoutes } from '../../agent/tunnel-routes.ts';
import { createTunnels } from '../../control/api/tunnel.ts';
import { createNodePlatform } from '../../control/platform/node.ts';
import { createTestAuthority } from './authority.ts';
import { createFakeRuntime } from './fake-runtime.ts';
import { createFakeServer } from './fake-server.ts';
import { createTestNode, makePod, NODE_NAME, podPath, statusOf, until } from './node.ts';

const test = suite('tunnel');

test('logs, health and statistics go back through the tunnel, also after it was cut', async () => {
  const authority = await createTestAuthority();
  const { clock, dice } = createNodePlatform();
  const tunnels = createTunnels({ clock, log: () => {} });
  const paths: string[] = [];
  const listener = createServer({ ...(await authority.server()), ca: authority.pem, requestCert: true });
  listener.on('upgrade', (request, socket, head) => {
    paths.push(`${request.headers.upgrade} ${request.url}`);
    tunnels.accept(NODE_NAME, socket, head);
  });
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve));
  const server = createFakeServer();
  server.pushModule('app', 'v1', Buffer.from('runs'));
  const guests = createFakeRuntime();
  const here = await createTestNode(server, guests.runtime);
  const stop = new AbortController();
  const identity = await authority.node(NODE_NAME);
  const handle = createRoutes({ pods: here.pods, logs: here.node.logs, clock, nodeName: NODE_NAME, log: () => {} });
  const running = runTunnel({
    server: `https://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    nodeName: NODE_NAME,
    identity: () => identity,
    ...{ handle, clock, dice, log: () => {}, signal: stop.signal },
  });
  const ask = async (path: string): Promise<string> => {
    const response = await tunnels.request(NODE_NAME, path);
    return `${response.status} ${await response.text()}`;
  };
  try {
    await until('tunnel', () => tunnels.nodes().includes(NODE_NAME));
    assert.equal(paths, [`skerry-tunnel/1 /apis/skerry.dev/v1/nodes/${NODE_NAME}/tunnel`]);
    assert.is(await ask('/healthz'), '200 ok');
    assert.match(await ask('/containerLogs/default/web/main'), /^404 pod "web"/);
    server.put(podPath('web'), makePod('web'));
    await until('running', () => statusOf(server, 'web').phase === 'Running');
    const guest = guests.last();
    await guest.spec.stdout(Buffer.from('hello\nworld\n'));
    assert.is(await ask('/containerLogs/default/web/main'), '200 hello\nworld\n');
    assert.is(await ask('/containerLogs/default/web/main?tailLines=1'), '200 world\n');
    assert.match(await ask('/containerLogs/default/web/main?previous=true'), /^400 previous terminated container/);
    const follow = await tunnels.request(NODE_NAME, '/containerLogs/default/web/main?follow=true&tailLines=0');
    const reader = follow.body!.getReader();
    await guest.spec.stdout(Buffer.from('more\n'));
    assert.is(Buffer.from((await reader.read()).value!).toString(), 'more\n');
    await reader.cancel();
    const stats = JSON.parse((await ask('/stats/summary')).slice(4));
    assert.is(stats.pods[0].containers[0].memory.workingSetBytes, 65536);
    tunnels.close();
    await until('tunnel again', () => tunnels.nodes().includes(NODE_NAME));
    assert.is(await ask('/healthz'), '200 ok');
  } finally {
    stop.abort();
    tunnels.close();
    listener.close();
    listener.closeAllConnections();
    await running;
    await here.close();
  }
});

test.run();
