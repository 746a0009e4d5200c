/**
 * `skerry agent`: the composition root of the agent. Wires, decides nothing.
 */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Command, Context, Input } from '../control/cli/command.ts';
import { createLog, stackOf } from '../control/machinery/log.ts';
import { becomeLean } from '../runtime/host/lean-process.ts';
import { createRuntime } from '../runtime/runtime.ts';
import { runAgent } from './agent.ts';
import { AGENT_OPTIONS, ConfigError, configOf } from './config.ts';
import { openServiceCheckpoint } from './proxy/checkpoint.ts';
import { startProxy } from './proxy/proxy.ts';

export const command: Command = {
  name: 'agent',
  summary: 'Runs pods on this box for a cluster',
  operands: '',
  options: AGENT_OPTIONS,
  notes: 'Pods run inside this process: they end with it (gracefully, within --stop-grace) and start again with it.',
  run: (input, context) => run(input, context),
};

async function run(input: Input, { platform, terminal, env, signal }: Context): Promise<number> {
  becomeLean();
  const log = createLog(terminal.error, () => platform.clock.now(), env['SKERRY_LOG'] === 'debug');
  // All pods of this box live in this process: one forgotten promise must not end them.
  process.on('unhandledRejection', error => log('error', 'a promise was rejected unseen', { error: stackOf(error) }));
  try {
    const token = await readToken(input.text('token-file'));
    const config = configOf(name => input.text(name), { hostname: hostname(), token });
    const ready = () => terminal.out(`skerry agent ${config.name} ready`);
    const startNetwork: Parameters<typeof runAgent>[1]['startNetwork'] = async ({
      platform,
      directory,
      ...options
    }) => {
      const { clock, dice, files } = platform;
      const path = join(directory, 'services.json');
      const checkpoint = await openServiceCheckpoint({ clock, files, log, path });
      return startProxy({ ...options, clock, dice, checkpoint });
    };
    await runAgent(config, { platform, runtime: createRuntime(), log, startNetwork, ready }, signal);
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    if (!(error instanceof ConfigError)) throw error;
    terminal.error(`skerry agent: ${error.message}`);
    return 2;
  }
}

async function readToken(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new ConfigError(`--token-file cannot be read: ${(error as Error).message}`);
  }
}
