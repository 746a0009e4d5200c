/**
 * Keeps the house in order: who may import whom, how long files and functions may be, what is called only in platform
 * rooms, that every suite runs, and that paths named in ARCHITECTURE.md exist. The tables below are the rules; a failing
 * line names file, line and rule.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const root = join(import.meta.dirname, '..');
const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 60;

/** Room → rooms it may import, besides itself. The longest matching prefix of a path is its room. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'control/machinery': [],
  'control/raft': [],
  'control/platform': [],
  runtime: [],
  'control/kinds': ['control/machinery'],
  'control/codec': ['control/machinery', 'control/kinds'],
  'control/store': ['control/raft', 'control/machinery', 'control/codec', 'control/platform/types.ts'],
  'control/auth': ['control/kinds', 'control/machinery', 'control/platform/types.ts'],
  'control/admission': ['control/kinds', 'control/machinery', 'control/platform/types.ts'],
  'control/client': ['control/kinds', 'control/machinery', 'control/codec', 'control/platform/types.ts'],
  'control/scheduler': ['control/client', 'control/kinds', 'control/machinery', 'control/platform/types.ts'],
  'control/controllers': ['control/client', 'control/kinds', 'control/machinery', 'control/platform/types.ts'],
  'control/registry': ['control/machinery', 'control/client', 'control/platform/types.ts'],
  'control/api': [
    'control/store',
    'control/auth',
    'control/admission',
    'control/registry',
    'control/kinds',
    'control/codec',
    'control/machinery',
    'control/platform/types.ts',
    'control/platform/http2-stream.ts',
  ],
  'control/cli': [
    'control/client',
    'control/kinds',
    'control/machinery',
    'control/codec',
    'control/registry/push.ts',
    'control/registry/reference.ts',
    'control/platform/types.ts',
  ],
  agent: ['runtime', 'control/client', 'control/kinds', 'control/machinery', 'control/codec', 'control/platform'],
};

/** Rooms that only talk to the API: they use the types of Kinds and never load a schema, not even through others. */
const WITHOUT_SCHEMAS = ['control/client', 'control/scheduler', 'control/controllers', 'control/cli', 'agent'];

/** Composition roots: wire anything, decide nothing. */
const ROOTS = ['control/main.ts', 'control/config.ts', 'control/cli/main.ts', 'agent/main.ts', 'agent/config.ts'];

/** Where node's own modules may be imported; elsewhere the platform is an argument. */
const NODE_ROOMS = ['control/platform', 'runtime/host', 'agent', 'control/cli', 'test', 'wasm-apps', ...ROOTS];
const NODE_EXTRA: [RegExp, RegExp][] = [
  [/^control\/(auth|api|registry)\//, /^node:(crypto|zlib)$/],
  [/^control\/api\/(tunnel|websocket|listen)[^/]*\.ts$/, /^node:(net|tls|http|http2|stream)$/],
];

/** What is not deterministic comes in as an argument. */
const BANNED =
  /(?<![.\w])(Date\.now\(|new Date\(\)|Math\.random\(|setTimeout\(|setInterval\(|setImmediate\(|queueMicrotask\(|process\.|Deno\.|fetch\((?!\w+\??:))/;
/** The same, in a file that has something else called `process` (a guest's). */
const OWN_PROCESS = /[({,]\s*process(: \w+)?[,})]/;
const BANNED_FREE = [
  'control/platform',
  'control/cli/cluster/processes.ts',
  'runtime/host',
  'test',
  'wasm-apps',
  'bin',
  ...ROOTS,
];

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', '*.ts'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(name => name !== '' && existsSync(join(root, name)) && !/^wasm-apps\/[^/]+\//.test(name));
const sources = new Map(files.map(name => [name, readFileSync(join(root, name), 'utf8')]));
const within = (name: string, rooms: readonly string[]) =>
  rooms.some(room => name === room || name.startsWith(room + '/'));
const product = files.filter(name => !name.startsWith('test/'));

const test = suite('tidy');

test('imports run downwards only', () => {
  const wrong: string[] = [];
  for (const name of product) {
    if (within(name, ROOTS)) continue;
    const room = Object.keys(MAY_IMPORT)
      .filter(r => within(name, [r]))
      .sort((a, b) => b.length - a.length)[0];
    for (const target of imports(name)) {
      if (!target.startsWith('.')) continue;
      const path = relative(root, resolve(root, dirname(name), target));
      if (room === undefined || !within(path, [room, ...MAY_IMPORT[room]!])) wrong.push(`${name} imports ${path}`);
    }
  }
  assert.equal(wrong, []);
});

test('clients of the API load no schemas', () => {
  const wrong = product.filter(name => within(name, WITHOUT_SCHEMAS) && allLoaded(name).has('control/kinds/schema.ts'));
  assert.equal(wrong, []);
});

test('node builtins and non-deterministic calls stay in the platform rooms', () => {
  const wrong: string[] = [];
  for (const name of product) {
    for (const target of imports(name)) {
      if (!target.startsWith('node:') || within(name, NODE_ROOMS)) continue;
      if (!NODE_EXTRA.some(([room, builtin]) => room.test(name) && builtin.test(target)))
        wrong.push(`${name} imports ${target}`);
    }
    if (within(name, BANNED_FREE)) continue;
    const ownProcess = OWN_PROCESS.test(sources.get(name)!);
    lines(name).forEach((line, i) => {
      const found = BANNED.exec(withoutText(line));
      if (found && !(ownProcess && found[1] === 'process.')) wrong.push(`${name}:${i + 1} calls ${found[1]}`);
    });
  }
  assert.equal(wrong, []);
});

test('files and functions fit', () => {
  const wrong: string[] = [];
  for (const name of files) {
    const all = lines(name);
    if (all.length > FILE_LINES_MAX + 1) wrong.push(`${name} has ${all.length} lines, ${FILE_LINES_MAX} at most`);
    for (const f of longFunctions(all))
      if (!name.startsWith('test/')) wrong.push(`${name}:${f.line} is a function of ${f.length} lines`);
  }
  assert.equal(wrong, []);
});

test('every file opens with what it is', () => {
  const wrong = product.filter(name => !/^(#!.*\n)?\s*(\/\*\*|\/\/)/.test(sources.get(name)!));
  assert.equal(wrong, []);
});

test('every suite is run', () => {
  const wrong = files
    .filter(name => name.endsWith('.test.ts'))
    .filter(name => {
      const text = sources.get(name)!;
      return (text.match(/\bsuite(<[^>]*>)?\(/g)?.length ?? 0) > (text.match(/\.run\(\)/g)?.length ?? 0);
    });
  assert.equal(wrong, []);
});

test('no barrels, no vague names, no unfinished words', () => {
  const wrong: string[] = [];
  for (const name of product) {
    if (/(^|\/)(index|utils?|helpers?|manager|misc|common)\.ts$/.test(name))
      wrong.push(`${name}: says nothing about what is in it`);
    lines(name).forEach((line, i) => {
      if (/\b(TODO|FIXME|XXX|HACK)\b/.test(line)) wrong.push(`${name}:${i + 1} ${line.trim()}`);
    });
  }
  assert.equal(wrong, []);
});

test('paths named in the documents exist', () => {
  const wrong: string[] = [];
  for (const document of ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md']) {
    const path = join(root, document);
    if (!existsSync(path)) continue;
    for (const [, named] of readFileSync(path, 'utf8').matchAll(
      /`((?:control|agent|runtime|wasm-apps|test|bin)\/[\w./-]+)`/g,
    )) {
      if (!existsSync(join(root, named!))) wrong.push(`${document}: ${named}`);
    }
  }
  assert.equal(wrong, []);
});

test.run();

function lines(name: string): string[] {
  return sources.get(name)!.split('\n');
}

function imports(name: string): string[] {
  const text = sources.get(name)!;
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'([^']+)'/g)].map(m => m[1]!);
}

/** What is in memory once this file is imported: everything but `import type` and what is imported later, when needed. */
function allLoaded(name: string, found = new Set<string>()): Set<string> {
  const text = sources.get(name) ?? '';
  for (const [, target] of text.matchAll(/^(?:import|export) (?!type\b)(?:[^';]* from )?'(\.[^']+)'/gm)) {
    const path = relative(root, resolve(root, dirname(name), target!));
    if (found.has(path)) continue;
    found.add(path);
    allLoaded(path, found);
  }
  return found;
}

/** A line without comments and string contents, so that prose does not trip the rules. */
function withoutText(line: string): string {
  if (/^\s*(\*|\/\*|\/\/)/.test(line)) return '';
  return line.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''").replace(/\/\/.*$/, '');
}

/**
 * Functions are found by their indentation, which the formatter guarantees: a head at some depth, ended by the first
 * closing brace at the same depth. A function whose body only returns named closures is measured by those instead.
 */
function longFunctions(all: string[]): { line: number; length: number }[] {
  const found: { line: number; length: number }[] = [];
  const head =
    /^(\s*)(?:export )?(?:default )?(?:async )?(?:function\b.*|(?:const|let) \w+(?::.*)? = .*=>|\w+(?:<.*>)?\(.*\).*) \{$/;
  for (let i = 0; i < all.length; i++) {
    const match = head.exec(all[i]!);
    if (!match || /^\s*(if|for|while|switch|else|return|describe)\b/.test(all[i]!)) continue;
    const end = all.findIndex((line, j) => j > i && line.startsWith(match[1] + '}'));
    if (end < 0) continue;
    const nested = innerFunctionLines(all, i, end, match[1]!);
    const length = end - i + 1 - nested;
    if (length > FUNCTION_LINES_MAX) found.push({ line: i + 1, length });
  }
  return found;
}

/** Lines of closures one level in: they are functions of their own and counted as such. */
function innerFunctionLines(all: string[], from: number, to: number, indent: string): number {
  let count = 0;
  const inner = new RegExp(
    `^${indent}  (?:async )?(?:function\\b.*|const \\w+(?::.*)? = .*=>|\\w+(?:<.*>)?\\(.*\\).*) \\{$`,
  );
  for (let i = from + 1; i < to; i++) {
    if (!inner.test(all[i]!) || /^\s*(if|for|while|switch)\b/.test(all[i]!)) continue;
    const end = all.findIndex((line, j) => j > i && line.startsWith(`${indent}  }`));
    if (end > 0 && end < to) {
      count += end - i;
      i = end;
    }
  }
  return count;
}
