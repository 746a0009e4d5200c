/**
 * Holds a pod to the disk it may use: `sizeLimit` of its emptyDirs and `ephemeral-storage` limits of its containers, measured
 * now and then. A pod that has used more is evicted. Follows the kubelet's eviction manager, also in its words.
 *
 * Always: a pod without such a limit costs nothing.
 */
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../control/kinds/pod.ts';
import { addQuantities, formatQuantity, parseQuantity, wholeValue } from '../control/machinery/quantity.ts';
import { logDirectory, type PodRun, podDirectory } from './pod-run.ts';
import { containersOf } from './record.ts';

export const EVICTED = 'Evicted';

const MEASURE_EVERY_MS = 10_000;
/** `lstat` counts in these, whatever the file system's own blocks are. */
const BLOCK_BYTES = 512;
const RESOURCE = 'ephemeral-storage';

interface DiskLimit {
  bytes: number;
  /** What counts against it. */
  directories: readonly string[];
  message: string;
}

/** Measures when it is time. Answers when that is next; never, for a pod without limits. */
export async function measureDisk(run: PodRun): Promise<number> {
  const { clock } = run.node;
  if (run.failure || run.over || !run.sandboxReady) return Number.POSITIVE_INFINITY;
  const limits = diskLimits(run);
  if (limits.length === 0) return Number.POSITIVE_INFINITY;
  if (clock.now() < run.measureDiskAt) return run.measureDiskAt;
  for (const { bytes, directories, message } of limits) {
    const used = await Promise.all(directories.map(usedBytes));
    if (used.reduce((sum, size) => sum + size, 0) <= bytes) continue;
    run.failure = { reason: EVICTED, message };
    return 0;
  }
  run.measureDiskAt = clock.now() + MEASURE_EVERY_MS;
  return run.measureDiskAt;
}

function diskLimits(run: PodRun): DiskLimit[] {
  const { pod } = run;
  const root = podDirectory(run);
  const limits: DiskLimit[] = [];
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    if (limit === undefined || wholeValue(parseQuantity(limit)) <= 0) continue;
    const message = `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
    limits.push({ bytes: wholeValue(parseQuantity(limit)), directories: [join(root, 'volumes', name)], message });
  }
  const each = pod.spec.containers.flatMap(({ name, resources }) => {
    const limit = resources?.limits?.[RESOURCE];
    if (limit === undefined) return [];
    const message = `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
    const directories = [logDirectory(run, name), join(root, 'messages', name)];
    return [{ bytes: wholeValue(parseQuantity(limit)), directories, message }];
  });
  if (each.length === 0) return limits;
  const bytes = each.reduce((sum, limit) => sum + limit.bytes, 0);
  const logs = containersOf(pod).map(({ name }) => logDirectory(run, name));
  const message = `Pod ephemeral local storage usage exceeds the total limit of containers ${totalText(pod)}. `;
  return [...limits, { bytes, directories: [root, ...logs], message }, ...each];
}

const totalText = ({ spec }: Pod): string => {
  const [first, ...more] = spec.containers.flatMap(({ resources }) => {
    const limit = resources?.limits?.[RESOURCE];
    return limit === undefined ? [] : [parseQuantity(limit)];
  });
  return formatQuantity(more.reduce(addQuantities, first!));
};

/** As `du`: what is not there uses nothing; links count for themselves. */
async function usedBytes(directory: string): Promise<number> {
  const entries: Dirent[] = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  let total = 0;
  for (const entry of entries) {
    const stat = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    total += (stat?.blocks ?? 0) * BLOCK_BYTES;
  }
  return total;
}
