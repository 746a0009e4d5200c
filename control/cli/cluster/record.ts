/**
 * What is known of a local cluster, kept in its folder `<state>/<name>/cluster.json`: its processes, its address, and the
 * kubectl context that was current before. Everything a cluster writes is inside that folder, but for the kubeconfig.
 */
import { join } from 'node:path';
import type { AddressRanges } from '../../machinery/address-ranges.ts';
import type { Files } from '../../platform/types.ts';
import { CommandError, type Context, UsageError } from '../command.ts';

export interface ClusterRecord {
  name: string;
  folder: string;
  server: string;
  /** Follow from the port when the cluster is made, and stay. */
  ranges: AddressRanges;
  /** The cluster's own admin file, inside its folder. */
  kubeconfig: string;
  /** The user's kubeconfig that got a context, and what was current in it; absent with `--no-switch`. */
  switched?: { file: string; previous: string };
  processes: ProcessRecord[];
}

export interface ProcessRecord {
  name: string;
  role: 'server' | 'agent';
  pid: number;
  /** When the system says the process began: the same number with another beginning is another process. */
  began: string;
  log: string;
  arguments: string[];
}

export const DEFAULT_NAME = 'local';

export const contextName = (cluster: string): string => `skerry-${cluster}`;

export const folderOf = (context: Context, name: string): string => {
  if (!/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name)) {
    throw new UsageError(`"${name}" cannot name a cluster: lower-case letters, digits and "-", 40 at most`);
  }
  return join(context.directory, name);
};

export const readRecord = async (context: Context, name: string): Promise<ClusterRecord | undefined> => {
  const path = join(folderOf(context, name), 'cluster.json');
  try {
    return JSON.parse(new TextDecoder().decode(await context.platform.files.read(path))) as ClusterRecord;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`);
  }
};

export const writeRecord = (files: Files, record: ClusterRecord): Promise<void> =>
  files.replace(join(record.folder, 'cluster.json'), new TextEncoder().encode(JSON.stringify(record, null, 2) + '\n'));

export const listClusters = async (context: Context): Promise<ClusterRecord[]> => {
  const names = await context.platform.files.list(context.directory).catch(() => [] as string[]);
  const valid = names.filter(name => /^[a-z0-9][-a-z0-9]*$/.test(name)).sort();
  const records = await Promise.all(valid.map(name => readRecord(context, name)));
  return records.filter(record => record !== undefined);
};
