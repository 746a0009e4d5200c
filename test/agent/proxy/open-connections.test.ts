/** Connections at the end of an agent: still ones end at once and cleanly, busy ones later, none stays. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createOpenConnections } from '../../../agent/proxy/open-connections.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';

const { clock } = createNodePlatform();
const test = suite('proxy open connections');

async function pair(): Promise<{ near: Socket; far: Socket; close(): void }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  far.on('error', () => {});
  near.on('error', () => {});
  return { near, far, close: () => server.close() };
}

test('a still connection ends with an end; a busy one is left alone until its time is up', async () => {
  const connections = createOpenConnections(clock);
  const [still, busy] = [await pair(), await pair()];
  for (const { near, far } of [still, busy]) {
    connections.add(near);
    near.resume();
    far.resume();
  }
  const chatter = setInterval(() => busy.far.write('x'), 20);
  const ends: string[] = [];
  const begun = performance.now();
  const ended = (name: string, socket: Socket) =>
    once(socket, 'close').then(([hadError]) =>
      ends.push(`${name} ${hadError} ${Math.round((performance.now() - begun) / 1000)} s`),
    );
  const both = Promise.all([ended('still', still.far), ended('busy', busy.near)]);
  connections.end();
  await both;
  clearInterval(chatter);
  busy.far.destroy();
  still.close();
  busy.close();
  assert.equal(ends, ['still false 0 s', 'busy false 2 s']);
});

test.run();
