/**
 * Stops a local cluster: agents first, so that pods end while the server still listens, then the server; puts the user's
 * kubectl context back; removes the cluster's folder unless it is to be kept.
 */
import type { Context } from '../command.ts';
import { remove } from '../kubeconfig.ts';
import { readKubeconfig, writeKubeconfig } from '../kubeconfig-file.ts';
import { stopProcess } from './processes.ts';
import { type ClusterRecord, contextName, writeRecord } from './record.ts';

const STOP_GRACE_MS = 10_000;

export const stopCluster = async (
  record: ClusterRecord,
  context: Context,
  options: { keep: boolean },
): Promise<void> => {
  const { clock, files } = context.platform;
  for (const role of ['agent', 'server'] as const) {
    const processes = record.processes.filter(p => p.role === role);
    await Promise.all(processes.map(p => stopProcess(p, clock, STOP_GRACE_MS)));
  }
  if (record.switched) {
    const { file, previous } = record.switched;
    await writeKubeconfig(files, file, remove(await readKubeconfig(file), contextName(record.name), previous));
  }
  if (options.keep) await writeRecord(files, { ...record, processes: [], switched: undefined });
  else await files.remove(record.folder, { recursive: true });
};
