/** A real server on a real port: protocols, certificates, many and rude clients, tunnels, restarts; curl where there is one. */
import { execFile, spawnSync } from 'node:child_process';
import { connect as h2connect, performServerHandshake } from 'node:http2';
import { request } from 'node:https';
import { connect as tcp } from 'node:net';
import { join } from 'node:path';
import { type TLSSocket, connect as tls } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCertificateAuthority, issue, loadCertificateAuthority } from '../../control/machinery/x509.ts';
import { exportPrivateKey, generateKeyPair } from '../../control/machinery/x509-keys.ts';
import { createTlsTransport } from '../../control/platform/http-transport.ts';
import { removeFolder, startLiveServer } from '../lib/live-server.ts';

const test = suite('live');
let live = await startLiveServer();
const admin = () => ({ ca: live.ca, cert: live.cert, key: live.key });

const term = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000, serial: Uint8Array.of(7) };
async function certificateOf(user: string, groups: string[], foreign = false) {
  const own = { certificatePem: live.ca, privateKeyPem: await readKey() };
  const ca = foreign
    ? await createCertificateAuthority({ name: 'skerry-ca', ...term })
    : await loadCertificateAuthority(own);
  const keyPair = await generateKeyPair();
  const cert = await issue(ca, { user, groups, publicKey: keyPair.publicKey, usages: ['client auth'], ...term });
  return { cert, key: await exportPrivateKey(keyPair) };
}
const readKey = async () => (await import('node:fs')).readFileSync(join(live.folder, 'pki/ca.key'), 'utf8');

/** HTTP/1.1, without an agent unless one is given. */
const http1 = (path: string, options: object = {}): Promise<{ code: number; text: string }> =>
  new Promise((resolve, reject) => {
    const asked = request(`${live.url}${path}`, { agent: false, ...admin(), ...options }, answer => {
      let text = '';
      answer.on('data', chunk => (text += chunk));
      answer.on('end', () => resolve({ code: answer.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.end();
  });

const curl = (...args: string[]): Promise<string> =>
  new Promise((resolve, reject) =>
    execFile(
      'curl',
      [
        '-sS',
        '--cacert',
        join(live.folder, 'pki/ca.crt'),
        '--cert',
        join(live.folder, 'pki/admin.crt'),
        '--key',
        join(live.folder, 'pki/admin.key'),
        ...args,
      ],
      (error, out, err) => (error ? reject(new Error(err || String(error))) : resolve(out)),
    ),
  );

test('HTTP/2, HTTP/1.1 and no ALPN on one port', async () => {
  const transport = createTlsTransport({ server: live.url, ...admin() });
  assert.is((await transport('/readyz', {})).status, 200);
  transport.close();
  assert.is((await http1('/readyz')).text, 'ok');
  assert.is((await http1('/readyz', { ALPNProtocols: [] })).text, 'ok');
});

const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) console.log('skipped: curl: it is not installed');
(hasCurl ? test : test.skip)('curl: create, list, watch, in both protocols', async () => {
  const maps = `${live.url}/api/v1/namespaces/default/configmaps`;
  for (const protocol of ['--http2', '--http1.1', '--no-alpn']) {
    const name = `by-curl${protocol.replace(/[^a-z0-9]/g, '')}`;
    const body = JSON.stringify({ metadata: { name } });
    const created = JSON.parse(await curl(protocol, '-H', 'content-type: application/json', '-d', body, maps));
    assert.is(created.metadata.name, name);
    assert.ok(JSON.parse(await curl(protocol, maps)).items.length > 0);
    const watched = await curl(
      protocol,
      '-N',
      `${maps}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3D${name}`,
    );
    assert.is(JSON.parse(watched.trim()).object.metadata.name, name);
  }
});

test('who shows nothing is anonymous, who shows something wrong is nobody', async () => {
  const nothing = { cert: undefined, key: undefined };
  assert.is((await http1('/healthz', nothing)).code, 200);
  assert.is((await http1('/api/v1/nodes', nothing)).code, 403);
  assert.is((await http1('/cacerts', nothing)).text, live.ca);
  assert.is((await http1('/healthz', await certificateOf('jane', [], true))).code, 401);
  assert.is((await http1('/healthz', { ...nothing, headers: { authorization: 'Bearer nonsense' } })).code, 401);
  const jane = await http1('/api/v1/nodes', await certificateOf('jane', ['dev']));
  assert.is(jane.code, 403);
  assert.match(jane.text, /User \\"jane\\" cannot list resource \\"nodes\\"/);
  // Nobody becomes somebody by saying so.
  assert.is(
    (await http1('/api/v1/nodes', { ...nothing, headers: { identity: 'admin', 'x-remote-user': 'admin' } })).code,
    403,
  );
});

test('a service-account token works until its account is gone', async () => {
  const transport = createTlsTransport({ server: live.url, ...admin() });
  const send = async (method: string, path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' };
    return (await transport(path, { method, headers, body: body && JSON.stringify(body) })).json();
  };
  await send('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
  const { status } = (await send('POST', '/api/v1/namespaces/default/serviceaccounts/robot/token', { spec: {} })) as {
    status: { token: string };
  };
  const headers = { authorization: `Bearer ${status.token}` };
  const none = { cert: undefined, key: undefined };
  const refused = await http1('/api/v1/nodes', { ...none, headers });
  assert.match(refused.text, /User \\"system:serviceaccount:default:robot\\" cannot list/);
  await send('DELETE', '/api/v1/namespaces/default/serviceaccounts/robot');
  assert.is((await http1('/api/v1/nodes', { ...none, headers })).code, 401);
  transport.close();
});

test('hundreds of connections, new and resumed', async () => {
  let session: Buffer | undefined;
  const once = (resumed: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket: TLSSocket = tls(
        {
          port: live.port,
          host: '127.0.0.1',
          ...admin(),
          ALPNProtocols: ['http/1.1'],
          session: resumed ? session : undefined,
        },
        () => socket.write('GET /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
      );
      let text = '';
      socket.on('session', ticket => {
        session = ticket;
      });
      socket.on('data', chunk => (text += chunk));
      socket.on('end', () => (text.startsWith('HTTP/1.1 200') ? resolve() : reject(new Error(text.slice(0, 200)))));
      socket.on('error', reject);
    });
  for (let round = 0; round < 15; round++) await Promise.all(Array.from({ length: 20 }, (_, i) => once(i % 2 === 0)));
});

test('rude clients cost only their own connection', async () => {
  const socket = (text: string) =>
    new Promise<void>(resolve => {
      const s = tcp(live.port, '127.0.0.1', () => s.write(text));
      s.on('error', () => resolve());
      s.on('close', () => resolve());
      setTimeout(() => s.destroy(), 100);
    });
  await Promise.all([
    socket('GET / HTTP/1.1\r\n\r\n'),
    socket('\x16\x03\x01\x02'),
    socket('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  ]);
  for (let i = 0; i < 30; i++) {
    await new Promise<void>(resolve => {
      const s = tls({ port: live.port, host: '127.0.0.1', ...admin() }, () => {
        s.write('POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{"a":');
        setTimeout(() => s.destroy(), i % 3);
      });
      s.on('error', () => {});
      s.on('close', () => resolve());
    });
  }
  // A watch that is dropped in the middle, over HTTP/2.
  for (let i = 0; i < 30; i++) {
    const session = h2connect(live.url, admin());
    session.on('error', () => {});
    const stream = session.request({ ':path': '/api/v1/namespaces?watch=true' });
    stream.on('error', () => {});
    await new Promise(resolve => stream.once('data', resolve));
    session.destroy();
  }
  assert.is((await http1('/readyz')).text, 'ok');
  assert.equal(
    live.logs.filter(line => line.startsWith('error')),
    [],
  );
});

test('a refused upgrade is over, also when the client does not hang up', async () => {
  const options = { port: live.port, host: '127.0.0.1', ca: live.ca, allowHalfOpen: true };
  const socket = tls(options, () =>
    socket.write('GET /version HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
  );
  const head = await new Promise<string>((resolve, reject) => {
    socket.on('error', () => {});
    socket.once('data', data => resolve(String(data)));
    socket.once('close', () => reject(new Error('no answer')));
  });
  assert.match(head, /^HTTP\/1\.1 401 /);
  await new Promise(resolve => setTimeout(resolve, 100));
  // The other end is gone: what is written now is answered with a reset.
  for (let i = 0; i < 50 && !socket.destroyed; i++) {
    socket.write('x');
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  assert.ok(socket.destroyed);
});

/** What the agent does: upgrade, then serve HTTP/2 on the same socket. */
async function openTunnel(node: string, credentials: { cert: string; key: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls(
      { port: live.port, host: '127.0.0.1', ca: live.ca, ...credentials, ALPNProtocols: ['http/1.1'] },
      () =>
        socket.write(
          `GET /apis/skerry.dev/v1/nodes/${node}/tunnel HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: skerry-tunnel/1\r\n\r\n`,
        ),
    );
    socket.on('error', reject);
    socket.once('data', (data: Buffer) => {
      const line = data.toString().split('\r\n')[0]!;
      if (!line.includes(' 101 ')) socket.destroy();
      else {
        // What came behind the answer is HTTP/2 already.
        socket.pause();
        socket.unshift(data.subarray(data.indexOf('\r\n\r\n') + 4));
        const agent = performServerHandshake(socket);
        agent.on('error', () => {});
        agent.on('stream', (stream, headers) => stream.end(`${node} answers ${headers[':path']}`));
      }
      resolve(line);
    });
  });
}

test('a tunnel is for the node whose certificate opens it, and carries logs', async () => {
  const edge = await certificateOf('system:node:edge-7', ['system:nodes']);
  assert.match(await openTunnel('edge-8', edge), / 403 /);
  assert.match(await openTunnel('edge-7', await certificateOf('jane', [])), / 403 /);
  assert.match(await openTunnel('edge-7', edge), / 101 /);
  const transport = createTlsTransport({ server: live.url, ...admin() });
  const send = async (method: string, path: string, body: object, type = 'application/json') =>
    (await transport(path, { method, headers: { 'content-type': type }, body: JSON.stringify(body) })).status;
  const pods = '/api/v1/namespaces/default/pods';
  for (let i = 0; i < 50 && (await http1('/api/v1/namespaces/default/serviceaccounts/default')).code !== 200; i++) {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  assert.is(
    await send('POST', pods, {
      metadata: { name: 'p' },
      spec: { nodeName: 'edge-7', containers: [{ name: 'c', image: 'x:1' }] },
    }),
    201,
  );
  const containerStatuses = [
    { name: 'c', state: { running: {} }, ready: true, restartCount: 0, image: 'x:1', imageID: '' },
  ];
  await send('PATCH', `${pods}/p/status`, { status: { containerStatuses } }, 'application/merge-patch+json');
  const log = await http1(`${pods}/p/log?tailLines=3`);
  assert.is(log.text, 'edge-7 answers /containerLogs/default/p/c?tailLines=3');
  transport.close();
});

test('the registry: agents pull, the administrator pushes, others stay out', async () => {
  assert.is((await http1('/v2/')).code, 200);
  const edge = await certificateOf('system:node:edge-7', ['system:nodes']);
  assert.is((await http1('/v2/', edge)).code, 200);
  assert.is((await http1('/v2/a/blobs/uploads/', { ...edge, method: 'POST' })).code, 403);
  assert.is((await http1('/v2/a/blobs/uploads/', { method: 'POST' })).code, 202);
  const joining = await certificateOf('system:bootstrap:abcdef', ['system:bootstrappers']);
  assert.is((await http1('/v2/', joining)).code, 403);
  assert.is((await http1('/v2/', { cert: undefined, key: undefined })).code, 401);
});

test('after a restart everything is there: objects, revision, keys, token', async () => {
  const before = await http1('/api/v1/namespaces/default/configmaps');
  const token = (await import('node:fs')).readFileSync(join(live.folder, 'join-token'), 'utf8');
  const { folder, ca } = live;
  const begun = performance.now();
  await live.stop();
  assert.ok(performance.now() - begun < 5_000, 'stops soon');
  live = await startLiveServer(folder);
  assert.is(live.ca, ca);
  const after = await http1('/api/v1/namespaces/default/configmaps');
  assert.equal(JSON.parse(after.text).items, JSON.parse(before.text).items);
  assert.is((await import('node:fs')).readFileSync(join(folder, 'join-token'), 'utf8'), token);
});

test.after(async () => {
  await live.stop();
  removeFolder(live);
});
test.run();
