/** `skerry status`: local clusters, their processes and memory, and what the API says of the nodes. */
import type { Client } from '../../client/client.ts';
import type { Node } from '../../kinds/node.ts';
import type { Pod } from '../../kinds/pod.ts';
import { NODES, PODS } from '../../machinery/resources.ts';
import { isAlive, residentBytes } from '../cluster/processes.ts';
import { type ClusterRecord, listClusters } from '../cluster/record.ts';
import type { Command, Context, Input } from '../command.ts';
import { connectWith } from '../connect.ts';
import { columns } from '../print/table.ts';

export const command: Command = {
  name: 'status',
  summary: 'Show local clusters and how they are',
  operands: '',
  options: { output: { value: 'FORMAT', short: 'o', description: '`json` prints everything as JSON' } },
  run: status,
};

interface ProcessState {
  name: string;
  pid: number;
  state: 'running' | 'stopped';
  memoryMiB: number | undefined;
}

async function status(input: Input, context: Context): Promise<number> {
  const clusters = await Promise.all((await listClusters(context)).map(record => stateOf(record, context)));
  if (input.text('output') === 'json') {
    context.terminal.out(JSON.stringify(clusters, null, 2));
    return 0;
  }
  if (clusters.length === 0) context.terminal.out(`no cluster in ${context.directory}; \`skerry up\` starts one`);
  for (const cluster of clusters) {
    context.terminal.out(`${cluster.name}   ${cluster.server}   ${cluster.api}`);
    const rows = cluster.processes.map(p => [
      p.name,
      String(p.pid),
      p.state,
      p.memoryMiB === undefined ? '-' : `${p.memoryMiB} MiB`,
    ]);
    context.terminal.out(columns(['PROCESS', 'PID', 'STATE', 'MEMORY'], rows));
  }
  return 0;
}

async function stateOf(record: ClusterRecord, context: Context) {
  const processes: ProcessState[] = record.processes.map(p => {
    const bytes = isAlive(p) ? residentBytes(p.pid) : undefined;
    return {
      name: p.name,
      pid: p.pid,
      state: isAlive(p) ? 'running' : 'stopped',
      memoryMiB: bytes === undefined ? undefined : Math.round(bytes / 1048576),
    };
  });
  const serverRuns = record.processes.some(p => p.role === 'server' && isAlive(p));
  const api = serverRuns ? await summary(record, context) : 'stopped';
  return { name: record.name, server: record.server, folder: record.folder, api, processes };
}

async function summary(record: ClusterRecord, context: Context): Promise<string> {
  const session = await connectWith(record.kubeconfig, context);
  try {
    return await counts(session.client);
  } catch (error) {
    return `does not answer: ${(error as Error).message}`;
  } finally {
    session.close();
  }
}

async function counts(client: Client): Promise<string> {
  const [nodes, pods] = await Promise.all([client.list<Node>(NODES), client.list<Pod>(PODS)]);
  const ready = nodes.items.filter(n => n.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True'));
  const running = pods.items.filter(p => p.status?.phase === 'Running');
  return `${ready.length}/${nodes.items.length} nodes ready, ${running.length}/${pods.items.length} pods running`;
}
