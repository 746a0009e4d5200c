/** A process that becomes lean is the same process, told the same, and does so once. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('runtime/host/lean-process');
const LEAN = new URL('../../../runtime/host/lean-process.ts', import.meta.url).href;
const SCRIPT = `
  console.log('begun');
  (await import('${LEAN}')).becomeLean();
  const { pid, execArgv, argv, env } = process;
  console.log(JSON.stringify({ pid, flags: execArgv.filter(flag => flag.startsWith('--no-memory')), rest: argv.slice(1), arenas: env.MALLOC_ARENA_MAX }));`;

const run = async (env: Record<string, string> = {}) => {
  const args = ['--input-type=module', '-e', SCRIPT, 'one', 'two'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', chunk => (text += chunk));
  const [code] = await once(child, 'close');
  assert.is(code, 0);
  const lines = text.trim().split('\n');
  return { pid: child.pid, begun: lines.length - 1, said: JSON.parse(lines.at(-1)!) };
};

if (process.platform !== 'linux') console.log('skipped: lean process: it becomes one on Linux only');
const lean = process.platform === 'linux' ? test : test.skip;

lean('same id, same arguments, begun twice', async () => {
  const { pid, begun, said } = await run();
  assert.is(begun, 2);
  const flags = ['--no-memory-pool-share-memory-on-teardown'];
  assert.equal(said, { pid, flags, rest: ['one', 'two'], arenas: '2' });
});

lean('what the person set stays', async () => {
  assert.is((await run({ MALLOC_ARENA_MAX: '7' })).said.arenas, '7');
});

lean('this Node knows the flag', async () => {
  const child = execFile(process.execPath, ['--v8-options']);
  let text = '';
  child.stdout!.on('data', chunk => (text += chunk));
  await once(child, 'close');
  assert.match(text, '--memory-pool-share-memory-on-teardown');
});

test.run();
