/** The HTTP/2 transport against a real server on a socket (h2c: what is tested here is the same without TLS). */
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createTlsTransport } from '../../../control/platform/http-transport.ts';

const test = suite('platform/http-transport');

interface Bench {
  url: string;
  port: number;
  sessions(): number;
  stop(): Promise<void>;
}

async function serve(answer: (stream: ServerHttp2Stream, path: string) => void, port = 0): Promise<Bench> {
  const server: Http2Server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  let count = 0;
  server.on('session', session => {
    count++;
    sessions.add(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    answer(stream as ServerHttp2Stream, String(headers[':path']));
  });
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    sessions: () => count,
    stop: () =>
      new Promise(resolve => {
        for (const session of sessions) session.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A pipe to `port` that can be told to swallow everything, as a machine does that lost its power. */
async function fragileLine(port: number): Promise<{ url: string; dead(yes: boolean): void; stop(): void }> {
  let dead = false;
  const sockets = new Set<Socket>();
  const server = createTcpServer(near => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.on('data', chunk => dead || to.write(chunk));
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dead: yes => {
      dead = yes;
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const echo = (stream: ServerHttp2Stream, path: string) => {
  stream.respond({ ':status': 200, 'content-type': 'text/plain' });
  if (path.startsWith('/watch')) stream.write('hello\n');
  else stream.end(path);
};

test('one connection carries requests and many watches; an abort ends one of them', async () => {
  const server = await serve(echo);
  const transport = createTlsTransport({ server: server.url });
  const stops = Array.from({ length: 50 }, () => new AbortController());
  const readers = await Promise.all(
    stops.map(async stop => (await transport('/watch', { signal: stop.signal })).body!.getReader()),
  );
  for (const reader of readers) assert.is(new TextDecoder().decode((await reader.read()).value), 'hello\n');
  assert.is(await (await transport('/x?y=1', {})).text(), '/x?y=1');
  stops[0]!.abort(new Error('enough'));
  const ended = await readers[0]!.read().then(
    () => 'ended',
    () => 'failed',
  );
  assert.is(ended, 'failed');
  assert.is(await (await transport('/again', {})).text(), '/again');
  assert.is(server.sessions(), 1);
  transport.close();
  await server.stop();
});

test('a body of strings, bytes and streams arrives', async () => {
  const server = await serve(stream => {
    stream.respond({ ':status': 201 });
    stream.pipe(stream);
  });
  const transport = createTlsTransport({ server: server.url });
  for (const body of ['text', new TextEncoder().encode('text'), new Response('text').body!]) {
    const response = await transport('/', { method: 'POST', body });
    assert.is(response.status, 201);
    assert.is(await response.text(), 'text');
  }
  transport.close();
  await server.stop();
});

test('a large answer that is read slowly holds up no other stream', async () => {
  const server = await serve((stream, path) => {
    stream.respond({ ':status': 200 });
    stream.end(path === '/large' ? Buffer.alloc(8 * 1024 * 1024, 1) : 'small');
  });
  const transport = createTlsTransport({ server: server.url });
  const large = await transport('/large', {});
  for (let i = 0; i < 20; i++) assert.is(await (await transport('/small', {})).text(), 'small');
  assert.is((await large.arrayBuffer()).byteLength, 8 * 1024 * 1024);
  transport.close();
  await server.stop();
});

test('a server that was restarted is found again by the next request', async () => {
  const first = await serve(echo);
  const transport = createTlsTransport({ server: first.url });
  const watch = await transport('/watch', {});
  await first.stop();
  const broken = await watch.text().then(
    () => false,
    () => true,
  );
  assert.ok(broken, 'the watch must not end as if it were complete');
  const refused = await transport('/now', {}).then(
    () => false,
    () => true,
  );
  assert.ok(refused);
  const second = await serve(echo, first.port);
  assert.is(await (await transport('/back', {})).text(), '/back');
  transport.close();
  await second.stop();
});

test('a server that says nothing any more is noticed by ping, and recovered from', async () => {
  const server = await serve(echo);
  const line = await fragileLine(server.port);
  const transport = createTlsTransport({ server: line.url, pingIntervalMs: 40, pingTimeoutMs: 60 });
  const reader = (await transport('/watch', {})).body!.getReader();
  await reader.read();
  line.dead(true);
  const began = performance.now();
  const noticed = await reader.read().then(
    () => false,
    () => true,
  );
  assert.ok(noticed);
  assert.ok(performance.now() - began < 2_000);
  line.dead(false);
  assert.is(await (await transport('/back', {})).text(), '/back');
  transport.close();
  line.stop();
  await server.stop();
});

test('the next of several servers is tried when one is gone', async () => {
  const gone = await serve(echo);
  await gone.stop();
  const server = await serve(echo);
  const transport = createTlsTransport({ server: [gone.url, server.url] });
  await transport('/x', {}).catch(() => {});
  assert.is(await (await transport('/x', {})).text(), '/x');
  transport.close();
  await server.stop();
});

test.run();
