/** Real processes, killed with -9 while they write: what was acknowledged is there afterwards, and revisions go on upwards. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { openEmbeddedStore } from '../../../control/store/engines/embedded.ts';
import { text } from '../../contract/store-lines.ts';

const ROUNDS = 6;
const test = suite('crash');
const platform = createNodePlatform();
const writer = fileURLToPath(new URL('./writer.ts', import.meta.url));

test('kill -9 loses nothing that was acknowledged, and no revision is given twice', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'skerry-crash-'));
  const acknowledged = new Map<string, number>();
  let newestRevision = 0;
  let writes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const output = await runAndKill(directory, (round + 1) * 1_000_000, 60 + round * 90);
    const lines = output.split('\n').slice(0, -1);
    const opened = lines.shift();
    if (opened === undefined) continue;
    assert.ok(
      Number(opened.split(' ')[1]) >= newestRevision,
      `round ${round} opened at ${opened}, after ${newestRevision}`,
    );
    for (const line of lines) {
      const [key, number, revision] = line.split(' ') as [string, string, string];
      if (key.startsWith('/w/')) acknowledged.set(key, Math.max(acknowledged.get(key) ?? 0, Number(number)));
      newestRevision = Math.max(newestRevision, Number(revision));
      writes++;
    }
    const store = await openEmbeddedStore({ directory, platform });
    assert.ok(store.revision() > newestRevision, 'revisions go on behind all that were given');
    newestRevision = store.revision();
    const found = new Map(
      (await store.range('/w/', '/w0')).items.map(item => [item.key, Number(text(item.value).split(' ')[0])]),
    );
    for (const [key, number] of acknowledged)
      assert.ok((found.get(key) ?? -1) >= number, `${key}: ${number} was acknowledged, ${found.get(key)} is there`);
    await store.close();
  }
  assert.ok(writes > 1000, `only ${writes} writes`);
  await rm(directory, { recursive: true });
});

function runAndKill(directory: string, first: number, afterMs: number): Promise<string> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', writer, directory, `${first}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    let armed = false;
    child.stdout.on('data', chunk => {
      output += chunk;
      if (!armed) setTimeout(() => child.kill('SIGKILL'), afterMs);
      armed = true;
    });
    child.on('close', () => resolve(output));
  });
}

test('a directory that a living process has is refused, and free once that process is killed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'skerry-lock-'));
  const child = spawn(process.execPath, [writer, directory, '1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise(resolve => child.stdout.once('data', resolve));
  child.stdout.resume();
  const refused = await openEmbeddedStore({ directory, platform }).then(
    () => 'opened',
    error => error.code,
  );
  const ended = new Promise(resolve => child.on('close', resolve));
  child.kill('SIGKILL');
  await ended;
  assert.is(refused, 'ELOCKED');
  await (await openEmbeddedStore({ directory, platform })).close();
  await rm(directory, { recursive: true });
});

test.run();
