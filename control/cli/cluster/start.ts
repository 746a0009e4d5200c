/**
 * Starts a local cluster, or what is missing of one: a server and its agents as separate processes, each with a folder and
 * a log under the cluster's own folder. A start that fails is rolled back and shows the failing process's last lines.
 */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { rangesOfPort } from '../../machinery/address-ranges.ts';
import { CommandError, type Context } from '../command.ts';
import { isAlive, lastLines, startProcess } from './processes.ts';
import { type ClusterRecord, type ProcessRecord, readRecord, writeRecord } from './record.ts';
import { stopCluster } from './stop.ts';

export interface StartOptions {
  name: string;
  folder: string;
  agents: number;
  port: number;
  waitMs: number;
}

export const PREFERRED_PORT = 6443;
/** On one box nobody waits five minutes to see pods move: agents renew every 2 s, and silence is noticed after 6. */
const LOCAL_PATIENCE = ['--node-grace', '6', '--default-toleration-seconds', '2'];
const PORTS_TRIED = 100;
const POLL_MS = 15;
const LOG_LINES_SHOWN = 20;

export const startCluster = async (options: StartOptions, context: Context): Promise<ClusterRecord> => {
  const existing = await readRecord(context, options.name);
  const record = existing ?? (await newRecord(options));
  await context.platform.files.makeDirectory(options.folder, { mode: 0o700 });
  const missing = wantedProcesses(options, record).filter(
    wanted => !record.processes.some(p => p.name === wanted.name && isAlive(p)),
  );
  const started: ProcessRecord[] = [];
  try {
    for (const wanted of missing) {
      // Agents join with the token that the server writes.
      if (wanted.role === 'agent') await serverReady(record, started, options.waitMs, context);
      await context.platform.files.makeDirectory(join(options.folder, wanted.name), { mode: 0o700 });
      const entry = startProcess(context, wanted);
      started.push(entry);
      record.processes = [...record.processes.filter(p => p.name !== wanted.name), entry];
      // Written after each start: whatever happens next, `skerry down` knows this process.
      await writeRecord(context.platform.files, record);
    }
    await serverReady(record, started, options.waitMs, context);
    return record;
  } catch (error) {
    if (existing === undefined) await stopCluster(record, context, { keep: false });
    throw error;
  }
};

/** The port asked for, or the next free one: another cluster may have it. */
async function newRecord(options: StartOptions): Promise<ClusterRecord> {
  for (let port = options.port; port < options.port + PORTS_TRIED; port++) {
    if (!(await isFree(port))) continue;
    return {
      name: options.name,
      folder: options.folder,
      server: `https://127.0.0.1:${port}`,
      ranges: rangesOfPort(port),
      kubeconfig: join(options.folder, 'server-0', 'admin.kubeconfig'),
      processes: [],
    };
  }
  throw new CommandError(`no free port from ${options.port} to ${options.port + PORTS_TRIED - 1}`);
}

function wantedProcesses(
  options: StartOptions,
  record: ClusterRecord,
): Pick<ProcessRecord, 'name' | 'role' | 'log' | 'arguments'>[] {
  const log = (name: string) => join(options.folder, `${name}.log`);
  const state = (name: string) => join(options.folder, name);
  const listen = record.server.slice('https://'.length);
  const ranges = ['--pod-cidr', record.ranges.podCidr, '--service-cidr', record.ranges.serviceCidr];
  const agents = Array.from({ length: options.agents }, (_, i) => `edge-${i}`);
  return [
    {
      name: 'server-0',
      role: 'server',
      log: log('server-0'),
      arguments: ['server', '--state', state('server-0'), '--listen', listen, ...ranges, ...LOCAL_PATIENCE],
    },
    ...agents.map(name => ({
      name,
      role: 'agent' as const,
      log: log(name),
      arguments: [
        ...['agent', '--name', name, '--server', record.server, '--state', state(name)],
        ...['--token-file', join(state('server-0'), 'join-token'), '--node-ip', '127.0.0.1', '--heartbeat', '2'],
      ],
    })),
  ];
}

/** Its admin file says that everything agents need is written, its port that it listens; until then it has to live. */
async function serverReady(
  record: ClusterRecord,
  started: ProcessRecord[],
  waitMs: number,
  context: Context,
): Promise<void> {
  const { clock, files } = context.platform;
  const deadline = clock.monotonic() + waitMs;
  const port = Number(new URL(record.server).port);
  while ((await files.stat(record.kubeconfig)) === undefined || (await isFree(port))) {
    throwIfDead(started);
    if (clock.monotonic() > deadline) {
      throw new CommandError(`the server was not ready within ${waitMs / 1000} s\n${logsOf(record.processes)}`);
    }
    await clock.sleep(POLL_MS, context.signal);
  }
}

/** Rejects with a process's last log lines when one of them has ended. */
export const throwIfDead = (processes: readonly ProcessRecord[]): void => {
  const dead = processes.filter(p => !isAlive(p));
  if (dead.length > 0) throw new CommandError(`${dead[0]!.name} ended unexpectedly\n${logsOf(dead)}`);
};

function logsOf(processes: readonly ProcessRecord[]): string {
  return processes.map(p => `--- ${p.log}\n${lastLines(p.log, LOG_LINES_SHOWN)}`).join('\n');
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
