/**
 * A whole agent in this process against a whole server in this process, with real guests: from its token to its pods, and
 * again from what it kept on disk while no server answers.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { aliasOf } from '../../agent/addresses.ts';
import { type AgentDeps, runAgent } from '../../agent/agent.ts';
import { ConfigError, configOf } from '../../agent/config.ts';
import { createClient } from '../../control/client/rest.ts';
import type { Node } from '../../control/kinds/node.ts';
import type { Pod } from '../../control/kinds/pod.ts';
import { NODES, PODS } from '../../control/machinery/resources.ts';
import { createTlsTransport } from '../../control/platform/http-transport.ts';
import { createNodePlatform } from '../../control/platform/node.ts';
import { pushModule } from '../../control/registry/push.ts';
import { createRuntime } from '../../runtime/runtime.ts';
import { container } from '../lib/container.ts';
import { webGuest } from '../lib/guests.ts';
import { removeFolder, startLiveServer } from '../lib/live-server.ts';
import { createFakeRuntime } from './fake-runtime.ts';

const test = suite('agent');

const folder = mkdtempSync(join(tmpdir(), 'skerry-agent-test-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

function startAgent(flags: Record<string, string>, deps: Partial<AgentDeps> = {}) {
  const stop = new AbortController();
  const logs: string[] = [];
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const refuse = () => Promise.reject(new Error('this test has no network'));
  const config = configOf(name => ({ name: 'edge-0', 'stop-grace': '1', ...flags })[name as string], {
    hostname: 'box',
    token: undefined,
  });
  const ended = runAgent(
    config,
    {
      platform: createNodePlatform(),
      runtime: createFakeRuntime().runtime,
      log: (level, message, fields) => void logs.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
      startNetwork: async () => ({
        network: () => ({ resolve: refuse, connect: refuse }),
        serviceEnv: () => ({}),
        synced: Promise.resolve(),
      }),
      ready: resolve,
      ...deps,
    },
    stop.signal,
  );
  // Whoever awaits it hears of a failure; until then it is no unhandled rejection.
  ended.catch(() => {});
  return {
    ...{ logs, ready, ended },
    async stop() {
      stop.abort(new Error('stopped by the test'));
      await ended;
    },
  };
}

async function eventually<T>(what: string, look: () => Promise<T | undefined | false>, waitMs = 15_000): Promise<T> {
  for (const deadline = performance.now() + waitMs; ; ) {
    const seen = await look().catch(() => undefined);
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

const answer = (ip: string) => fetch(`http://${aliasOf(ip)}:8080/`).then(async r => r.ok && (await r.text()) !== '');

test('a pod runs, ends with its agent, and answers again on its address after a restart without a server', async () => {
  const server = await startLiveServer();
  const { url, ca, cert, key } = server;
  const transport = createTlsTransport({ server: url, ca, cert, key });
  const state = join(folder, 'drill');
  const flags = { server: url, state, token: readFileSync(join(server.folder, 'join-token'), 'utf8').trim() };
  let agent = startAgent(flags, { runtime: createRuntime() });
  try {
    await agent.ready;
    const client = createClient({ transport, userAgent: 'test' });
    const [ready] = (await client.get<Node>(NODES, { name: 'edge-0' })).status!.conditions!.slice(-1);
    assert.equal([ready!.type, ready!.status], ['Ready', 'True']);
    await pushModule({ transport, reference: 'web:v1', bytes: await webGuest() });
    await client.create<Pod>(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default' },
      spec: { containers: [container('main', { image: 'web:v1', ports: [{ containerPort: 8080 }] })] },
    });
    const look = () => client.get<Pod>(PODS, { namespace: 'default', name: 'web' });
    const pod = await eventually('running', async () => {
      const seen = await look();
      return seen.status?.phase === 'Running' && seen;
    });
    const ip = pod.status!.podIP!;
    assert.ok(await answer(ip));

    await agent.stop();
    await answer(ip).then(
      () => assert.unreachable('the pod outlived its agent'),
      () => {},
    );
    const { reason } = (await client.get<Node>(NODES, { name: 'edge-0' })).status!.conditions!.slice(-1)[0]!;
    assert.is(reason, 'KubeletNotReady');
    transport.close();
    await server.stop();

    agent = startAgent({ server: url, state }, { runtime: createRuntime() });
    await eventually('the answer of a pod whose server is away', () => answer(ip));
    assert.ok(agent.logs.some(line => line.startsWith('info this node could not be registered yet')));
  } finally {
    await agent.stop();
    await server.stop();
    removeFolder(server);
  }
});

test('what a person has to put right is a ConfigError', async () => {
  const refusal = async (flags: Record<string, string>): Promise<string> => {
    const { ended } = startAgent({ server: 'https://127.0.0.1:1', ...flags });
    const error: unknown = await ended.catch(thrown => thrown);
    assert.ok(error instanceof ConfigError, String(error));
    return (error as ConfigError).message;
  };
  const state = join(folder, 'fresh');
  assert.match(await refusal({ state }), '--token is missing');
  assert.match(await refusal({ state, token: 'x' }), '--token is no join token');
  const token = `skerry.${'0'.repeat(64)}.abcdef.${'0'.repeat(16)}`;
  const first = startAgent({ server: 'https://127.0.0.1:1', state, token });
  await eventually('waiting for the server', async () => first.logs.length > 0);
  assert.is(await refusal({ state, token }), `another agent is running with --state ${state}`);
  await first.stop().catch(() => {});
  assert.match(await refusal({ state }), '--token is missing', 'the lock went with its agent');
});

test('told to stop while it waits for its first server, it stops', async () => {
  const closed: string[] = [];
  const { runtime } = createFakeRuntime();
  const agent = startAgent(
    {
      server: 'https://127.0.0.1:1',
      state: join(folder, 'waiting'),
      token: `skerry.${'0'.repeat(64)}.abcdef.${'0'.repeat(16)}`,
    },
    { runtime: { ...runtime, close: async () => void closed.push('runtime') } },
  );
  await eventually('waiting for the server', async () => agent.logs.length > 0);
  await agent.stop().then(
    () => {},
    error => assert.is(error.message, 'stopped by the test'),
  );
  assert.equal(closed, ['runtime']);
});

test.run();
