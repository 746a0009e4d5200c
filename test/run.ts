/**
 * The test runner: finds `*.test.ts`, runs each file in a process of its own, refuses an empty run, stops what hangs, and
 * ends with `N passed, N failed`. uvu alone exits 0 when it finds no file and hangs on a leaked timer.
 *
 *   node test/run.ts [--gates] [--jobs N] [PATTERN …]     PATTERN: part of a file's path
 *
 * `--gates` first checks types, lint and dead code; each is one test in the count. Coverage: `npx c8 node test/run.ts`.
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const FILE_TIMEOUT_MS = 240_000;
const root = join(import.meta.dirname, '..');

interface Outcome {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  output: string;
  ms: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { gates: { type: 'boolean', default: false }, jobs: { type: 'string' } },
});
const started = performance.now();
const files = await find(positionals);
if (files.length === 0) {
  console.error(`no test file matches ${positionals.join(' ') || '*.test.ts'}`);
  process.exit(1);
}
const gates = values.gates ? ['types', 'lint', 'dead'] : [];
const work = [...gates.map(gate => () => runGate(gate)), ...files.map(file => () => runFile(file))];
const outcomes = await inParallel(work, Number(values.jobs ?? Math.max(1, availableParallelism())));
const total = outcomes.reduce(
  (sum, o) => ({ passed: sum.passed + o.passed, failed: sum.failed + o.failed, skipped: sum.skipped + o.skipped }),
  {
    passed: 0,
    failed: 0,
    skipped: 0,
  },
);
for (const o of outcomes) if (o.failed > 0) console.log(`\n${'─'.repeat(20)} ${o.name}\n${o.output.trim()}`);
console.log(`\n${outcomes.length} files and gates in ${((performance.now() - started) / 1000).toFixed(1)} s`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);

async function find(patterns: string[]): Promise<string[]> {
  const all = await readdir(join(root, 'test'), { recursive: true });
  const tests = all.filter(name => name.endsWith('.test.ts')).map(name => join('test', name));
  const wanted = tests.filter(name => patterns.length === 0 || patterns.some(p => name.includes(p)));
  // The slow ones first, so that they do not trail behind the rest.
  return wanted.sort((a, b) => Number(b.includes('/e2e/')) - Number(a.includes('/e2e/')) || a.localeCompare(b));
}

async function runGate(script: string): Promise<Outcome> {
  const { code, output, ms } = await run('npm', ['run', '-s', script], FILE_TIMEOUT_MS);
  return report({
    name: `gate: ${script}`,
    passed: code === 0 ? 1 : 0,
    failed: code === 0 ? 0 : 1,
    skipped: 0,
    output,
    ms,
  });
}

async function runFile(file: string): Promise<Outcome> {
  const { code, output, ms } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', file],
    FILE_TIMEOUT_MS,
  );
  const count = (label: string) =>
    [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].reduce((n, m) => n + Number(m[1]), 0);
  const ran = count('Total');
  const passed = count('Passed');
  const skipped = count('Skipped');
  // A file that ran nothing, died, or whose suite was never started has failed: silence is not success.
  const broken = ran + skipped === 0 || (code !== 0 && ran === passed);
  return report({ name: relative('test', file), passed, failed: ran - passed + (broken ? 1 : 0), skipped, output, ms });
}

function report(outcome: Outcome): Outcome {
  const mark = outcome.failed > 0 ? '✗' : '✓';
  const skipped = outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : '';
  console.log(`${mark} ${outcome.name}  ${outcome.passed} passed${skipped}  ${(outcome.ms / 1000).toFixed(1)} s`);
  for (const line of outcome.output.match(/^skipped:.*$/gm) ?? []) console.log(`    ${line}`);
  return outcome;
}

function run(
  command: string,
  args: string[],
  timeoutMs: number,
): Promise<{ code: number | null; output: string; ms: number }> {
  return new Promise(resolve => {
    const begun = performance.now();
    const child = spawn(command, args, {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    let output = '';
    child.stdout.on('data', chunk => (output += chunk));
    child.stderr.on('data', chunk => (output += chunk));
    const watchdog = setTimeout(() => {
      output += `\nstopped: still running after ${timeoutMs / 1000} s (a timer or socket that was never closed?)\n`;
      stopGroup(child.pid);
    }, timeoutMs);
    child.on('close', code => {
      clearTimeout(watchdog);
      stopGroup(child.pid);
      resolve({ code, output, ms: performance.now() - begun });
    });
  });
}

function stopGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Everything in it has ended already.
  }
}

async function inParallel(work: (() => Promise<Outcome>)[], jobs: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = work.values();
  const worker = async () => {
    for (const next of queue) outcomes.push(await next());
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return outcomes;
}
