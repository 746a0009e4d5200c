#!/usr/bin/env node
// Starts the command line on the Node that the `node` package brought, whatever Node runs this file: Skerry needs
// Node 26 (JSPI, type stripping), boxes have 20 and up. Plain JavaScript, because an old Node must be able to read it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 26;
const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, '../dist/control/cli/main.js');
const main = existsSync(built) ? built : join(here, '../control/cli/main.ts');

const bundled = () => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin/node');
  } catch {
    return '';
  }
};

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) {
  await import(main);
} else {
  const node = bundled();
  if (!existsSync(node)) {
    console.error(
      `skerry: needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}, and the npm package "node" did not bring its own\n` +
        'skerry: its install script may have been blocked; allow it:  npm install -g --allow-scripts=node skerry',
    );
    process.exit(1);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}
