/** Binding what should be bound: changes, takeover of an address that somebody else had, and what cannot be had. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createListeners, RETRY_MS } from '../../../agent/proxy/listen.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';

const { clock } = createNodePlatform();
const test = suite('proxy listen');

function start(name: string) {
  const logged: string[] = [];
  const listeners = createListeners({
    clock,
    log: (_level, message) => void logged.push(message),
    accept: (key, socket) => void socket.end(`${name} ${key}`),
  });
  return { ...listeners, logged };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(server => once(server, 'listening')));
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => new Promise(done => server.close(done))));
  return ports;
}

async function ask(port: number): Promise<string> {
  let text = '';
  try {
    for await (const part of connect(port, '127.0.0.1')) text += part;
    return text;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}

async function until(check: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !check(); i++) await sleep(10);
  assert.ok(check());
}

test('opens what is new, closes what is gone', async () => {
  const [a, b] = (await freePorts(2)) as [number, number];
  const one = start('one');
  one.want([`127.0.0.1:${a}`]);
  await until(() => one.bound().length === 1);
  assert.is(await ask(a), `one 127.0.0.1:${a}`);
  one.want([`127.0.0.1:${b}`]);
  await until(() => one.bound()[0] === `127.0.0.1:${b}`);
  assert.equal([await ask(a), await ask(b)], ['ECONNREFUSED', `one 127.0.0.1:${b}`]);
  one.close();
  assert.is(await ask(b), 'ECONNREFUSED');
});

test('the second agent takes over everything at once when the first goes', async () => {
  const ports = await freePorts(20);
  const keys = ports.map(port => `127.0.0.1:${port}`);
  const first = start('first');
  const second = start('second');
  first.want(keys);
  await until(() => first.bound().length === 20);
  second.want(keys);
  await sleep(RETRY_MS * 2);
  assert.equal([second.bound(), second.logged], [[], []]);
  first.close();
  const began = performance.now();
  await until(() => second.bound().length === 20);
  assert.ok(performance.now() - began < RETRY_MS * 3, `${performance.now() - began} ms`);
  assert.is(await ask(ports[19]!), `second ${keys[19]}`);
  second.close();
});

test('an address that is wanted no more is not waited for', async () => {
  const [port] = (await freePorts(1)) as [number];
  const first = start('first');
  const second = start('second');
  first.want([`127.0.0.1:${port}`]);
  await until(() => first.bound().length === 1);
  second.want([`127.0.0.1:${port}`]);
  await sleep(20);
  second.want([]);
  first.close();
  await sleep(RETRY_MS * 1.5);
  assert.equal(second.bound(), []);
});

test('what this host does not have is said once and left', async () => {
  const one = start('one');
  one.want(['192.0.2.1:40000']);
  await until(() => one.logged.length === 1);
  assert.match(one.logged[0]!, 'cannot listen at 192.0.2.1:40000');
  one.close();
});

test.run();
