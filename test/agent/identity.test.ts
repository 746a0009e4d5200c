/** Joining with a token, and keeping the identity: against a small TLS server that signs what it is asked to. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { joinCluster, loadIdentity } from '../../agent/identity.ts';
import { renewIdentity } from '../../agent/renewal.ts';
import { createClient } from '../../control/client/rest.ts';
import { fingerprint, readCertificate } from '../../control/machinery/x509.ts';
import { createTlsTransport } from '../../control/platform/http-transport.ts';
import { createNodePlatform } from '../../control/platform/node.ts';
import { createTestAuthority } from './authority.ts';
import { until } from './node.ts';

const test = suite('identity');

async function withServer(
  play: (world: {
    url: string;
    directory: string;
    token(hash?: string, secret?: string): Promise<string>;
    authority: Awaited<ReturnType<typeof createTestAuthority>>;
  }) => Promise<void>,
) {
  const authority = await createTestAuthority();
  const requests = new Map<string, string>();
  const server = createSecureServer({
    ...(await authority.server()),
    ca: authority.pem,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on('request', async (request, response) => {
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (request.url === '/cacerts') return send(200, authority.pem);
    if (request.headers.authorization === 'Bearer abcdef.wrongwrongwrong0')
      return send(401, {
        kind: 'Status',
        status: 'Failure',
        reason: 'Unauthorized',
        message: 'Unauthorized',
        code: 401,
      });
    if (request.method === 'POST') {
      let text = '';
      for await (const chunk of request) text += chunk;
      const body = JSON.parse(text);
      requests.set(body.metadata.name, body.spec.request);
      return send(201, body);
    }
    const name = request.url!.slice(request.url!.lastIndexOf('/') + 1);
    const certificate = await authority.sign(Buffer.from(requests.get(name)!, 'base64').toString(), 2);
    send(200, { metadata: { name }, status: { certificate: Buffer.from(certificate).toString('base64') } });
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', session => void sessions.add(session));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const directory = await mkdtemp(join(tmpdir(), 'skerry-identity-'));
  try {
    await play({
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      directory,
      authority,
      token: async (hash, secret = '0123456789abcdef') =>
        `skerry.${hash ?? (await fingerprint(authority.pem))}.abcdef.${secret}`,
    });
  } finally {
    for (const session of sessions) session.destroy();
    server.close();
    await rm(directory, { recursive: true });
  }
}

const deps = (server: string, directory: string, signal = new AbortController().signal) => ({
  ...createNodePlatform(),
  ...{ server, directory, signal, name: 'edge-0', log: () => {} },
});

test('joins with a token and finds itself again; key and certificate are for the owner only', () =>
  withServer(async ({ url, directory, token }) => {
    const joined = await joinCluster(deps(url, directory), await token());
    const { user, groups } = readCertificate(joined.cert);
    assert.equal([user, groups], ['system:node:edge-0', ['system:nodes']]);
    assert.equal(await loadIdentity(deps(url, directory), undefined), joined);
    for (const file of ['agent.key', 'agent.crt']) {
      assert.is((await stat(join(directory, 'pki', file))).mode & 0o777, 0o600);
    }
    assert.is(await loadIdentity({ ...deps(url, directory), name: 'edge-1' }, undefined), undefined);
    assert.is(await loadIdentity(deps(url, directory), await token('0'.repeat(64))), undefined);
  }));

test('a wrong server, a wrong token, no token: said clearly, nothing is kept', () =>
  withServer(async ({ url, directory, token }) => {
    const refused = async (given: string | undefined): Promise<string> => {
      try {
        await joinCluster(deps(url, directory), given);
        return 'joined';
      } catch (error) {
        return (error as Error).message;
      }
    };
    assert.match(await refused(await token('0'.repeat(64))), 'another certificate authority than the token says');
    assert.match(await refused(await token(undefined, 'wrongwrongwrong0')), 'the server refused the token');
    assert.match(await refused('what'), '--token is no join token');
    assert.match(await refused(undefined), '--token is missing');
    assert.is(await loadIdentity(deps(url, directory), undefined), undefined);
  }));

test('the certificate is renewed before it runs out, without a restart', () =>
  withServer(async ({ url, directory, token }) => {
    const stop = new AbortController();
    const shared = deps(url, directory, stop.signal);
    const identity = await joinCluster(shared, await token());
    const transport = createTlsTransport({ server: url, ...identity });
    const client = createClient({ transport, userAgent: 'test' });
    const seen: string[] = [];
    const running = renewIdentity({ ...shared, client, identity, renewed: next => void seen.push(next.cert) });
    await until('renewal', () => seen.length > 0);
    assert.is.not(seen[0], identity.cert);
    stop.abort();
    await running;
    assert.is((await loadIdentity(shared, undefined))?.cert, seen.at(-1));
    transport.close();
  }));

test.run();
