/**
 * A whole server killed with -9 again and again while sixteen clients write: whatever was acknowledged is there afterwards,
 * nothing is there twice, and of writers who race for one object each step is won once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createTlsTransport, type TlsTransport } from '../../control/platform/http-transport.ts';
import { type ServerProcess, startServerProcess } from '../lib/server-process.ts';

const ROUNDS = Number(process.env['SKERRY_KILL_ROUNDS'] ?? 6);
const WRITERS = 16;
const test = suite('kill');
const folder = mkdtempSync(join(tmpdir(), 'skerry-kill-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const MAPS = '/api/v1/namespaces/default/configmaps';
type ConfigMap = { metadata: { name: string; resourceVersion: string }; data: { n: string } };

/** Undefined when the server is gone; the answer otherwise, whatever its code. */
async function ask(to: TlsTransport, method: string, path: string, body?: object) {
  try {
    const headers = body && { 'content-type': 'application/json' };
    const answer = await to(path, { method, headers, body: body && JSON.stringify(body) });
    return { code: answer.status, object: (await answer.json()) as ConfigMap };
  } catch {
    return undefined;
  }
}

/** What is known to be so, and what may be so because its answer was lost. */
const own = new Map<string, number>();
let shared = 0;
let sharedUnknown = 0;
let newest = 0;
let conflicts = 0;

/** Counts in an object of its own, and races the others for a shared one, until the server is gone. */
async function write(to: TlsTransport, name: string): Promise<void> {
  for (;;) {
    const n = (own.get(name) ?? 0) + 1;
    const body = { metadata: { name }, data: { n: String(n) } };
    const mine = await ask(to, n === 1 ? 'POST' : 'PUT', n === 1 ? MAPS : `${MAPS}/${name}`, body);
    if (!mine) return;
    // The one that was acknowledged to nobody, before the kill.
    if (mine.code === 409 && n === 1) own.set(name, 1);
    else if (mine.code < 300) own.set(name, n);
    else assert.unreachable(`${name}: ${mine.code}`);
    const seen = await ask(to, 'GET', `${MAPS}/shared`);
    if (!seen) return;
    const next = { ...seen.object, data: { n: String(Number(seen.object.data.n) + 1) } };
    const raced = await ask(to, 'PUT', `${MAPS}/shared`, next);
    if (!raced) {
      sharedUnknown++;
      return;
    }
    if (raced.code === 200) {
      shared++;
      newest = Math.max(newest, Number(raced.object.metadata.resourceVersion));
    } else {
      assert.is(raced.code, 409);
      conflicts++;
    }
  }
}

async function check(to: TlsTransport, round: number): Promise<void> {
  const list = await to(`${MAPS}?limit=0`, {});
  const { items } = (await list.json()) as { items: ConfigMap[] };
  const found = new Map(items.map(item => [item.metadata.name, Number(item.data.n)]));
  for (const [name, n] of own) {
    const there = found.get(name) ?? -1;
    assert.ok(there === n || there === n + 1, `round ${round}: ${name} was ${n}, is ${there}`);
    own.set(name, there);
  }
  const there = found.get('shared')!;
  assert.ok(
    there >= shared && there <= shared + sharedUnknown,
    `round ${round}: ${shared} steps were won, ${sharedUnknown} may have been, ${there} are counted`,
  );
  [shared, sharedUnknown] = [there, 0];
  const made = await ask(to, 'POST', MAPS, { metadata: { name: `after-${round}` }, data: { n: '0' } });
  assert.ok(Number(made?.object.metadata.resourceVersion) > newest, 'revisions go on behind all that were given');
}

test(`${ROUNDS} times kill -9 under ${WRITERS} writers`, async () => {
  for (let round = 0; round <= ROUNDS; round++) {
    const server: ServerProcess = await startServerProcess('node', folder);
    const to = createTlsTransport({ server: server.url, ca: server.ca, cert: server.cert, key: server.key });
    try {
      if (round === 0) await ask(to, 'POST', MAPS, { metadata: { name: 'shared' }, data: { n: '0' } });
      await check(to, round);
      if (round === ROUNDS) break;
      const writing = Array.from({ length: WRITERS }, (_, i) => write(to, `writer-${i}`));
      setTimeout(() => process.kill(server.pid, 'SIGKILL'), 150 + round * 40);
      await Promise.all(writing);
    } finally {
      to.close();
      await server.stop();
    }
  }
  const written = [...own.values()].reduce((sum, n) => sum + n, 0);
  assert.ok(written > ROUNDS * WRITERS && shared > ROUNDS, `${written} and ${shared} writes`);
  assert.ok(conflicts > 0, 'they did race');
});

test.run();
