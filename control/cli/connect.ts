/**
 * From options and environment to a client: the kubeconfig that kubectl would use, else the local cluster under the
 * state folder. Called by the commands that talk to a server.
 */
import { readFileSync } from 'node:fs';
import type { Client, Transport } from '../client/client.ts';
import { createClient } from '../client/rest.ts';
import { VERSION } from '../machinery/version.ts';
import { listClusters } from './cluster/record.ts';
import { CommandError, type Context, type Input, type Option } from './command.ts';
import { type Connection, connectionOf } from './kubeconfig.ts';
import { kubeconfigPath, readKubeconfig } from './kubeconfig-file.ts';

/** Options that every such command has. */
export const CONNECT_OPTIONS = {
  namespace: { value: 'NAMESPACE', short: 'n', description: "Namespace; the context's own when absent" },
  kubeconfig: { value: 'FILE', description: 'kubeconfig file to use' },
  context: { value: 'NAME', description: 'Context in the kubeconfig file' },
} as const satisfies Record<string, Option>;

export interface Session {
  client: Client;
  transport: Transport;
  server: string;
  namespace: string;
  close(): void;
}

export const connect = async (input: Input, context: Context): Promise<Session> => {
  const path = input.text('kubeconfig') ?? (await usualKubeconfig(input, context));
  const found = connectionOf(await readKubeconfig(path), input.text('context'), name => readFileSync(name, 'utf8'));
  if ('missing' in found) throw new CommandError(`${path}: ${found.missing}. Start a local cluster with \`skerry up\``);
  return open(found, context, input.text('namespace'));
};

/** A session with a kubeconfig file of our own, without looking at the user's. */
export const connectWith = async (path: string, context: Context): Promise<Session> => {
  const found = connectionOf(await readKubeconfig(path), undefined, name => readFileSync(name, 'utf8'));
  if ('missing' in found) throw new CommandError(`${path}: ${found.missing}`);
  return open(found, context, undefined);
};

/** kubectl's file; when that has no current context, the only local cluster's own. */
async function usualKubeconfig(input: Input, context: Context): Promise<string> {
  const path = kubeconfigPath(context.env);
  if (input.text('context') !== undefined || (await readKubeconfig(path))['current-context']) return path;
  const clusters = await listClusters(context);
  return clusters.length === 1 ? clusters[0]!.kubeconfig : path;
}

async function open(connection: Connection, context: Context, namespace: string | undefined): Promise<Session> {
  const transport = await context.dial(connection);
  return {
    client: createClient({ transport, userAgent: `skerry/${VERSION}` }),
    transport,
    server: connection.server,
    namespace: namespace ?? connection.namespace,
    close: () => transport.close(),
  };
}
