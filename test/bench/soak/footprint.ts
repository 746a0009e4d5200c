/**
 * What a cluster's processes hold right now: memory, threads, open files; what agents keep on disk for pods; which pod
 * addresses are claimed. Read from /proc and the agents' folders, so that nothing measured is asked.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestCluster } from '../../lib/cluster.ts';

export interface Footprint {
  name: string;
  rssMiB: number;
  threads: number;
  files: number;
  /** Of agents: folders and files that belong to pods. */
  pods?: number;
  logs?: number;
  checkpoints?: number;
}

/** The port on which agents claim an address; see agent/address-claim.ts. */
const CLAIM_PORT_HEX = 'FFFF';
const LISTENING = '0A';

export const footprints = (cluster: TestCluster): Footprint[] =>
  cluster.record().processes.flatMap(({ name, pid }) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const number = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      const files = readdirSync(`/proc/${pid}/fd`).length;
      const shared = { name, rssMiB: number('VmRSS') / 1024, threads: number('Threads'), files };
      if (name.startsWith('server')) return [shared];
      const count = (folder: string) => entries(join(cluster.folder, name, folder));
      return [{ ...shared, pods: count('pods'), logs: count('logs'), checkpoints: count('checkpoints') }];
    } catch {
      return []; // It is being restarted.
    }
  });

const entries = (folder: string): number => {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
};

/** How many pod addresses of this cluster are claimed on this box. */
export function addressClaims(podCidr: string): number {
  const second = Number(podCidr.split('.')[1]).toString(16).padStart(2, '0').toUpperCase();
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return lines.filter(line => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    // Addresses are little-endian there: 127.244.1.5 is 0501F47F.
    return state === LISTENING && local.endsWith(`:${CLAIM_PORT_HEX}`) && local.slice(4, 8) === `${second}7F`;
  }).length;
}

export const footprintText = (one: Footprint): string => {
  const disk =
    one.pods === undefined ? '' : `, ${one.pods} pod dirs, ${one.logs} log dirs, ${one.checkpoints} checkpoints`;
  return `${one.name} ${one.rssMiB.toFixed(0)} MiB, ${one.threads} threads, ${one.files} files${disk}`;
};
