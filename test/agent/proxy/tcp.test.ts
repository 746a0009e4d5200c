/** The relay with real sockets: nothing lost, doubled or mixed up; ends stay ends, aborts stay aborts; dead endpoints are passed over. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPicker } from '../../../agent/proxy/pick.ts';
import type { Endpoint } from '../../../agent/proxy/rules.ts';
import { relay } from '../../../agent/proxy/tcp.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';

const { clock } = createNodePlatform();
const test = suite<{ close: (() => void)[] }>('proxy tcp');
test.before.each(context => {
  context.close = [];
});
test.after.each(({ close }) => {
  for (const end of close) end();
});

type Context = { close: (() => void)[] };

async function serve(context: Context, accept: (socket: Socket) => void, paused = false): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: paused }, socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    accept(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.close.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

const endpointAt = (port: number): Endpoint => ({ key: `127.0.0.1:${port}`, ip: '127.0.0.1', port });

/** A proxy in front of these ports; answers its own. */
async function proxy(context: Context, ports: number[], events: string[] = []): Promise<number> {
  const picker = createPicker();
  const endpoints = ports.map(endpointAt);
  return serve(
    context,
    client =>
      relay(
        client,
        {
          pick: tried => picker.pick({ id: 'r' }, endpoints, { now: clock.monotonic(), tried }),
          failed(endpoint) {
            events.push(`failed ${ports.indexOf(endpoint.port)}`);
            picker.failed(endpoint, clock.monotonic());
          },
          worked: picker.worked,
          address: ({ ip, port }) => ({ host: ip, port }),
        },
        clock,
      ),
    true,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise(done => server.close(done));
  return port;
}

/** A generator of pseudo-random bytes that two sides can follow. */
function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Sends `total` bytes in parts of random size, reads the echo with random pauses; answers both hashes. */
async function exchange(port: number, total: number, seed: number): Promise<[sent: string, received: string]> {
  const dice = random(seed);
  const sent = createHash('sha256');
  const received = createHash('sha256');
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const reading = (async () => {
    let reads = 0;
    for await (const part of socket as AsyncIterable<Buffer>) {
      received.update(part);
      if (++reads % 16 === 0 && dice() < 0.3) await sleep(dice() * 8);
    }
  })();
  for (let left = total; left > 0; ) {
    const part = Buffer.alloc(Math.min(left, 1 + Math.floor(dice() * 200_000)), Math.floor(dice() * 256));
    for (let i = 0; i < part.length; i += 97) part[i] = (i * seed + left) & 255;
    sent.update(part);
    left -= part.length;
    if (!socket.write(part)) await once(socket, 'drain');
    if (dice() < 0.1) await sleep(dice() * 10);
  }
  socket.end();
  await reading;
  return [sent.digest('hex'), received.digest('hex')];
}

test('16 echo streams with random pauses on all sides arrive as they were sent', async context => {
  const dice = random(7);
  const echo = await serve(context, socket => {
    socket.on('data', chunk => {
      if (!socket.write(chunk)) socket.pause();
      else if (dice() < 0.02) {
        socket.pause();
        setTimeout(() => socket.resume(), dice() * 10);
      }
    });
    socket.on('drain', () => socket.resume());
    socket.on('end', () => socket.end());
  });
  const port = await proxy(context, [echo]);
  const streams = Array.from({ length: 16 }, (_, i) => exchange(port, 6_000_000 + i * 4321, i + 1));
  for (const [sent, received] of await Promise.all(streams)) assert.is(received, sent);
});

test('a side that does not read stops the other side, and little is kept in between', async context => {
  let written = 0;
  const flood = await serve(context, socket => {
    const part = Buffer.alloc(64 * 1024);
    const go = () => {
      while (socket.write(part)) written += part.length;
      written += part.length;
    };
    socket.on('drain', go);
    go();
  });
  const client = connect(await proxy(context, [flood]), '127.0.0.1');
  context.close.push(() => client.destroy());
  await once(client, 'connect');
  client.pause();
  await sleep(300);
  const before = written;
  await sleep(200);
  assert.is(written, before);
  // Kernel buffers on both hops, and one buffer of ours.
  assert.ok(written < 40_000_000, `${written} bytes were taken`);
});

test('half-close: the answer may come long after the question has ended', async context => {
  const late = await serve(context, socket => {
    let got = '';
    socket.on('data', chunk => (got += chunk));
    socket.on('end', () => setTimeout(() => socket.end(`got ${got}`), 50));
  });
  const socket = connect({ port: await proxy(context, [late]), host: '127.0.0.1', allowHalfOpen: true });
  socket.end('question');
  let answer = '';
  for await (const part of socket) answer += part;
  assert.is(answer, 'got question');
});

test('an abort is an abort on the other side, not an end', async context => {
  const aborting = await serve(context, socket => {
    socket.write('half of ');
    setTimeout(() => socket.resetAndDestroy(), 30);
  });
  const socket = connect(await proxy(context, [aborting]), '127.0.0.1');
  socket.resume();
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  assert.is(error.code, 'ECONNRESET');

  const ended = Promise.withResolvers<string>();
  const listening = await serve(context, s => {
    s.resume();
    s.on('end', () => ended.resolve('end'));
    s.on('error', () => ended.resolve('error'));
  });
  const client = connect(await proxy(context, [listening]), '127.0.0.1');
  client.write('x');
  await sleep(50);
  client.resetAndDestroy();
  assert.is(await ended.promise, 'error');
});

test('dead endpoints are passed over, then left out; with none the client is refused', async context => {
  const alive = await serve(context, socket => socket.end('alive'));
  const dead = [await freePort(), await freePort()];
  const events: string[] = [];
  const port = await proxy(context, [...dead, alive], events);
  const ask = async (to: number) => {
    const socket = connect(to, '127.0.0.1');
    let text = '';
    for await (const part of socket) text += part;
    return text;
  };
  for (let i = 0; i < 5; i++) assert.is(await ask(port), 'alive');
  assert.equal(events, ['failed 0', 'failed 1']);
  const refused = await ask(await proxy(context, dead)).catch((error: NodeJS.ErrnoException) => error.code);
  assert.is(refused, 'ECONNRESET');
  assert.is(await ask(await proxy(context, [])).catch(e => e.code), 'ECONNRESET');
});

test('a client that goes away while an endpoint is dialled leaves nothing open', async context => {
  const gone = Promise.withResolvers<void>();
  const slow = await serve(context, socket => {
    socket.resume();
    socket.on('close', () => gone.resolve());
    socket.on('end', () => socket.end());
  });
  const client = connect(await proxy(context, [slow]), '127.0.0.1');
  await once(client, 'connect');
  client.destroy();
  await gone.promise;
});

test.run();
