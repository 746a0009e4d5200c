/** `skerry up`: a local cluster, started in the background; running it again repairs what is missing. */
import { join } from 'node:path';
import { type ClusterRecord, contextName, DEFAULT_NAME, folderOf, writeRecord } from '../cluster/record.ts';
import { PREFERRED_PORT, startCluster, throwIfDead } from '../cluster/start.ts';
import { stopCluster } from '../cluster/stop.ts';
import { readyNodes, waitFor } from '../cluster/wait.ts';
import { type Command, CommandError, type Context, type Input, UsageError } from '../command.ts';
import { connectWith } from '../connect.ts';
import { merge, renamed } from '../kubeconfig.ts';
import { kubeconfigPath, readKubeconfig, writeKubeconfig } from '../kubeconfig-file.ts';
import { createSteps, type Steps } from '../print/steps.ts';

const WAIT_SECONDS_MAX = 600;

export const command: Command = {
  name: 'up',
  summary: 'Start a local cluster (a server and agents as processes of yours)',
  operands: '[NAME]',
  options: {
    servers: { value: 'N', default: '1', description: 'Servers: 1' },
    agents: { value: 'N', default: '2', description: 'Agents, each a node of the cluster' },
    port: { value: 'P', default: String(PREFERRED_PORT), description: 'API port; the next free one when taken' },
    wait: { value: 'TIME', default: '30s', description: 'How long to wait for Ready, such as 30s or 2m' },
    fg: { description: 'Stay in the foreground; Ctrl-C stops the cluster' },
    'no-switch': { description: 'Leave your kubeconfig alone' },
    output: { value: 'FORMAT', short: 'o', description: '`json` prints the result as JSON' },
  },
  run: up,
};

async function up(input: Input, context: Context): Promise<number> {
  const name = input.operands[0] ?? DEFAULT_NAME;
  if (input.operands.length > 1) throw new UsageError(`one name at most, not ${input.operands.join(' ')}`);
  requireOneServer(input);
  const asJson = input.text('output') === 'json';
  const quiet = { ...context.terminal, out: () => {} };
  const steps = createSteps(asJson ? quiet : context.terminal, context.platform.clock);
  const record = await bringUp(
    {
      name,
      agents: input.number('agents', 0, 64)!,
      port: input.number('port', 1, 65_535)!,
      waitMs: waitMilliseconds(input.text('wait')!),
      switchContext: !input.on('no-switch'),
    },
    context,
    steps,
  );
  if (asJson) context.terminal.out(JSON.stringify(record, null, 2));
  else context.terminal.out(nextSteps(record));
  if (!input.on('fg')) return 0;
  await new Promise(resolve => context.signal.addEventListener('abort', resolve, { once: true }));
  await stopCluster(record, context, { keep: true });
  return 0;
}

export interface UpOptions {
  name: string;
  agents: number;
  port: number;
  waitMs: number;
  switchContext: boolean;
}

/** Starts what is missing, waits for Ready, gives kubectl a context. Also the first step of `skerry demo`. */
export async function bringUp(options: UpOptions, context: Context, steps: Steps): Promise<ClusterRecord> {
  const folder = folderOf(context, options.name);
  let record!: ClusterRecord;
  await steps.step('server', async () => {
    record = await startCluster({ ...options, folder }, context);
    return record.server;
  });
  const agents = record.processes.filter(p => p.role === 'agent').map(p => p.name);
  await steps.step('nodes', async () => {
    await nodesReady(record, agents, options.waitMs, context);
    return agents.length === 0 ? 'none' : `${agents.join(', ')} Ready`;
  });
  if (options.switchContext) {
    await steps.step('kubectl', async () => {
      const previous = await switchContext(record, context);
      return `context ${contextName(record.name)}${previous ? ` (was ${previous}; \`skerry down\` puts it back)` : ''}`;
    });
  }
  return record;
}

async function nodesReady(record: ClusterRecord, agents: string[], waitMs: number, context: Context): Promise<void> {
  const session = await connectWith(record.kubeconfig, context);
  try {
    const look = () => {
      throwIfDead(record.processes);
      return readyNodes(session.client, agents);
    };
    const describe = () => `the nodes ${agents.join(', ')} were not all Ready; their logs are in ${record.folder}`;
    await waitFor(look, { clock: context.platform.clock, waitMs, describe, signal: context.signal });
  } finally {
    session.close();
  }
}

/** Answers the context that was current before. Ours is remembered once: a second `up` must not remember itself. */
async function switchContext(record: ClusterRecord, context: Context): Promise<string> {
  const file = record.switched?.file ?? kubeconfigPath(context.env);
  const user = await readKubeconfig(file);
  const own = renamed(await readKubeconfig(record.kubeconfig), contextName(record.name));
  const current = user['current-context'] ?? '';
  const previous = current === contextName(record.name) ? (record.switched?.previous ?? '') : current;
  record.switched = { file, previous };
  await writeRecord(context.platform.files, record);
  await writeKubeconfig(context.platform.files, file, merge(user, own));
  return previous;
}

function nextSteps(record: ClusterRecord): string {
  return [
    '',
    ` kubectl   kubectl --kubeconfig ${record.kubeconfig} get nodes`,
    ` next      skerry run FILE.wasm        or: kubectl apply -f app.yaml`,
    ` logs      ${join(record.folder, '*.log')}`,
  ].join('\n');
}

function requireOneServer(input: Input): void {
  const servers = input.number('servers', 1, 3);
  if (servers !== 1) {
    throw new CommandError(`--servers ${servers}: this release runs one server; the replicated store is not in it yet`);
  }
}

/** `30s`, `2m`, or seconds without a unit. */
export function waitMilliseconds(text: string): number {
  const match = /^(\d+)(s|m)?$/.exec(text);
  const seconds = match ? Number(match[1]) * (match[2] === 'm' ? 60 : 1) : Number.NaN;
  if (!(seconds >= 1 && seconds <= WAIT_SECONDS_MAX)) {
    throw new UsageError(`--wait takes a time from 1s to ${WAIT_SECONDS_MAX}s, not "${text}"`);
  }
  return seconds * 1000;
}
