import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  isAlive,
  lastLines,
  residentBytes,
  startProcess,
  stopProcess,
} from '../../../control/cli/cluster/processes.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';

const { clock } = createNodePlatform();
const folder = mkdtempSync(join(tmpdir(), 'skerry-processes-'));
const script = (name: string, text: string) =>
  startProcess(
    { self: [process.execPath, '-e'], env: process.env, directory: folder },
    { name, role: 'agent', log: join(folder, name), arguments: [text] },
  );

const test = suite('processes');
test.after(() => rmSync(folder, { recursive: true }));

test('a process is started, seen, and stopped politely', async () => {
  const p = script(
    'polite',
    'console.log("up");process.on("SIGTERM",()=>{console.log("bye");process.exit(0)});setInterval(()=>{},1e3)',
  );
  while (!readFileSync(p.log, 'utf8').includes('up')) await clock.sleep(10);
  assert.ok(isAlive(p));
  assert.ok((residentBytes(p.pid) ?? 1e6) > 1e5);
  assert.is(await stopProcess(p, clock, 5_000), 'stopped');
  assert.is(isAlive(p), false);
  assert.is(lastLines(p.log, 1), 'bye');
});

test('one that does not listen is killed', async () => {
  const p = script('stubborn', 'process.on("SIGTERM",()=>{});console.log("up");setInterval(()=>{},1e3)');
  while (!readFileSync(p.log, 'utf8').includes('up')) await clock.sleep(10);
  assert.is(await stopProcess(p, clock, 100), 'killed');
  assert.is(await stopProcess(p, clock, 100), 'gone');
});

test('another process with the same pid is not ours', () => {
  const own = { name: 'x', role: 'agent' as const, log: '', arguments: [], pid: process.pid, began: 'long ago' };
  assert.is(isAlive(own), false);
});

test.run();
