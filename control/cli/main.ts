/**
 * The command line: finds the command, reads its arguments, runs it. Composition root; the commands are in commands/,
 * each loaded only when it is called, so that `skerry server` on a small box carries nothing of the others.
 */
import { join, resolve } from 'node:path';
import { stackOf } from '../machinery/log.ts';
import { createDenoPlatform, DENO_RUN } from '../platform/deno.ts';
import { createNodePlatform } from '../platform/node.ts';
import { type Command, CommandError, type Context, helpOf, readInput, UsageError } from './command.ts';

const COMMANDS: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  up: () => import('./commands/up.ts'),
  down: () => import('./commands/down.ts'),
  status: () => import('./commands/status.ts'),
  demo: () => import('./commands/demo.ts'),
  run: () => import('./commands/run.ts'),
  push: () => import('./commands/push.ts'),
  get: () => import('./commands/get.ts'),
  apply: () => import('./commands/apply.ts'),
  delete: () => import('./commands/delete.ts'),
  logs: () => import('./commands/logs.ts'),
  kubeconfig: () => import('./commands/kubeconfig.ts'),
  server: () => import('../main.ts'),
  agent: () => import('../../agent/main.ts'),
};

/** The program that runs this file, and what it is told before the file's name. */
const host =
  process.versions['deno'] === undefined
    ? { platform: createNodePlatform(), command: [process.execPath, ...process.execArgv] }
    : { platform: createDenoPlatform(), command: [process.execPath, ...DENO_RUN] };
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort(new Error(signal)));
// A pipe that is closed early (`skerry get pods | head -1`) is no failure.
process.stdout.on('error', error => process.exit((error as { code?: string }).code === 'EPIPE' ? 0 : 1));

const context: Context = {
  platform: host.platform,
  terminal: {
    out: text => void process.stdout.write(text + '\n'),
    write: text => void process.stdout.write(text),
    error: text => void process.stderr.write(text + '\n'),
    rich: process.stdout.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb',
  },
  env: process.env,
  directory: resolve(process.env['SKERRY_HOME'] ?? join(process.cwd(), '.skerry')),
  signal: ending.signal,
  dial: async connection => (await import('../platform/http-transport.ts')).createTlsTransport(connection),
  self: [...host.command, join(import.meta.dirname, 'main' + import.meta.filename.slice(-3))],
};

process.exitCode = await main(process.argv.slice(2));

async function main([name, ...rest]: string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return showCommands(rest[0]);
  if (name === '--version' || name === 'version') {
    const { SKERRY_VERSION, VERSION } = await import('../machinery/version.ts');
    context.terminal.out(`skerry ${SKERRY_VERSION} (Kubernetes ${VERSION})`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    context.terminal.error(`skerry: there is no command "${name}"; \`skerry help\` lists them`);
    return 2;
  }
  const { command } = await load();
  if (rest.includes('--help') || rest.includes('-h')) {
    context.terminal.out(helpOf(command));
    return 0;
  }
  try {
    return await command.run(readInput(command, rest), context);
  } catch (error) {
    return explain(command, error);
  }
}

function explain(command: Command, error: unknown): number {
  const { terminal } = context;
  if (error instanceof UsageError) {
    terminal.error(`skerry ${command.name}: ${error.message}\nSee \`skerry ${command.name} --help\`.`);
    return 2;
  }
  if (error instanceof CommandError) terminal.error(`skerry ${command.name}: ${error.message}`);
  else if (error instanceof Error && error.name === 'StatusError')
    terminal.error(`Error from server: ${error.message}`);
  else if (ending.signal.aborted) return 130;
  else terminal.error(`skerry ${command.name}: ${stackOf(error)}`);
  return 1;
}

async function showCommands(topic?: string): Promise<number> {
  if (topic !== undefined && Object.hasOwn(COMMANDS, topic)) {
    context.terminal.out(helpOf((await COMMANDS[topic]!()).command));
    return 0;
  }
  const all = await Promise.all(Object.values(COMMANDS).map(load => load()));
  context.terminal.out('Kubernetes for WebAssembly on small edge boxes.\n\nUsage: skerry COMMAND [options]\n');
  for (const { command } of all) context.terminal.out(`  ${command.name.padEnd(12)}${command.summary}`);
  context.terminal.out('\n`skerry COMMAND --help` says more. SKERRY_HOME moves the state folder from ./.skerry.');
  return 0;
}
