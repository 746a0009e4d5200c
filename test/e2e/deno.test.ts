/**
 * The control plane on Deno: kubectl and plain clients over TLS, an agent on Node that joins it, logs through the tunnel,
 * and one state directory that both hosts can serve.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createTlsTransport } from '../../control/platform/http-transport.ts';
import { follow, get, kubectls, manifestOf, pushApp, root, run, until } from '../lib/cluster.ts';
import { denoMissing, type ServerProcess, startServerProcess } from '../lib/server-process.ts';

const missing = denoMissing();
const kubectl = kubectls()[0];
const home = mkdtempSync(join(tmpdir(), 'skerry-deno-'));
const state = join(home, 'server');
const env: NodeJS.ProcessEnv = { ...process.env, HOME: home, SKERRY_HOME: home, NO_COLOR: '1' };
const main = join(root, 'control/cli/main.ts');
const test = suite('deno');
let server: ServerProcess;
let agent: ReturnType<typeof follow> | undefined;

if (missing !== undefined) {
  console.log(`skipped: the server on Deno: ${missing}`);
  test.skip('the server on Deno', () => {});
} else defineTests();

test.before(async () => {
  if (missing === undefined) server = await startServerProcess('deno', state, env);
});
test.after(async () => {
  agent?.child.kill('SIGKILL');
  await server?.stop();
  rmSync(home, { recursive: true, force: true });
});
test.run();

const skerry = (...args: string[]) =>
  run(process.execPath, [main, ...args, '--kubeconfig', server.kubeconfig], { env, timeoutMs: 30_000 });

const done = async (result: ReturnType<typeof run>): Promise<string> => {
  const { code, out, err } = await result;
  assert.is(code, 0, out + err);
  return out;
};

/** One request over HTTP/1.1, with the certificate that is given or none. */
function http1(path: string, identity: { cert?: string; key?: string } = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { ca: server.ca, ...identity, agent: false }, response => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end();
  });
}

function defineTests(): void {
  test('it starts with one line, asks nothing and warns of nothing', async () => {
    assert.match(server.out(), /^skerry server ready https:\/\/127\.0\.0\.1:\d+\n$/);
    assert.is(server.err(), '');
  });

  test('who shows the certificate is who it says, over HTTP/2 and HTTP/1.1', async () => {
    const { url, ca, cert, key } = server;
    const admin = createTlsTransport({ server: url, ca, cert, key });
    const nobody = createTlsTransport({ server: url, ca });
    try {
      assert.is((await admin('/api/v1/namespaces', {})).status, 200);
      assert.is((await nobody('/api/v1/namespaces', {})).status, 403);
      assert.is((await nobody('/readyz', {})).status, 200);
      assert.is(await http1('/api/v1/namespaces', { cert, key }), 200);
      assert.is(await http1('/api/v1/namespaces'), 403);
    } finally {
      admin.close();
      nobody.close();
    }
  });

  if (kubectl === undefined) console.log('skipped: kubectl against the server on Deno: none on this machine');
  (kubectl === undefined ? test.skip : test)('kubectl: create, get, watch, delete', async () => {
    const { path } = kubectl!;
    const access = { ...env, KUBECONFIG: server.kubeconfig };
    const ask = (...args: string[]) => done(run(path, args, { env: access }));
    const watch = follow(path, ['get', 'configmaps', '--watch-only', '-o', 'name'], access);
    try {
      assert.match(await ask('version'), /Server Version: v1\.\d+\.\d+\+skerry/);
      assert.match(await ask('create', 'configmap', 'tide', '--from-literal=height=3'), /configmap\/tide created/);
      assert.is(await ask('get', 'configmap', 'tide', '-o', 'jsonpath={.data.height}'), '3');
      // A watch that began late has missed the first: the next is seen.
      await until(async () => {
        await ask('annotate', '--overwrite', 'configmap', 'tide', `at=${performance.now()}`);
        return watch.text().includes('configmap/tide');
      }, 'the watch shows a change');
      assert.match(await ask('delete', 'configmap', 'tide'), /configmap "tide" deleted/);
      assert.match((await run(path, ['get', 'configmap', 'tide'], { env: access })).err, /NotFound/);
    } finally {
      watch.child.kill();
    }
  });

  test('a second server on the same state is refused, whatever its host', async () => {
    for (const host of ['node', 'deno'] as const) {
      const second = await startServerProcess(host, state, env).then(() => 'it runs', String);
      assert.match(second, /is held by another living process/);
    }
  });

  test('an agent on Node joins; pods become ready, answer, and their logs come back', async () => {
    await startAgent();
    await pushApp({ skerry }, 'hello-http');
    await done(skerry('apply', '-f', manifestOf('hello-http')));
    const table = await until(async () => {
      const { out } = await skerry('get', 'pods');
      return (out.match(/1\/1\s+Running/g)?.length ?? 0) === 3 && out;
    }, 'three pods ready');
    const service = JSON.parse(await done(skerry('get', 'service', 'hello-http', '-o', 'json')));
    const url = `http://127.0.0.1:${service.spec.ports[0].nodePort}`;
    const answer = await until(async () => get(`${url}/who`).catch(() => undefined), 'the node port answers');
    assert.is(answer.status, 200);
    const pod = /hello-http-\w+-\w+/.exec(answer.body)![0];
    assert.ok(table.includes(pod));
    await until(async () => (await done(skerry('logs', pod))).includes('GET /who'), 'the log has the request');
    await followAndLeave(pod, url);
  });

  test('it ends when told, and Node serves what it stored', async () => {
    assert.is(await server.stop(), 0);
    server = await startServerProcess('node', state, env);
    assert.match(await done(skerry('get', 'deployments')), /hello-http\s+3\/3/);
    assert.is(await server.stop(), 0);
    server = await startServerProcess('deno', state, env);
    assert.match(await done(skerry('get', 'deployments')), /hello-http\s+3\/3/);
  });
}

async function startAgent(): Promise<void> {
  const token = readFileSync(join(state, 'join-token'), 'utf8').trim();
  const words = ['--server', server.url, '--token', token, '--state', join(home, 'agent')];
  agent = follow(process.execPath, [main, 'agent', '--name', 'edge-0', ...words], env);
  await until(async () => /edge-0\s+Ready/.test((await skerry('get', 'nodes')).out), 'the node is ready');
}

/** Followers that leave while lines still come must cost the server nothing. */
async function followAndLeave(pod: string, url: string): Promise<void> {
  const { ca, cert, key } = server;
  const leave = new AbortController();
  const transport = createTlsTransport({ server: server.url, ca, cert, key });
  const path = `/api/v1/namespaces/default/pods/${pod}/log?follow=true`;
  const followed = await Promise.all(Array.from({ length: 4 }, () => transport(path, { signal: leave.signal })));
  const busy = async () => {
    for (let i = 0; i < 60; i++) await get(`${url}/busy`).catch(() => {});
  };
  const requests = busy();
  const first = await followed[0]!.body!.getReader().read();
  assert.match(new TextDecoder().decode(first.value), /GET \//);
  leave.abort();
  await requests;
  transport.close();
  assert.is(await http1('/readyz'), 200);
  assert.match(await done(skerry('logs', pod)), /GET \/busy/);
  assert.not.match(server.err(), /error/i);
}
