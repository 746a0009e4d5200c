/**
 * What this node runs, on disk: one file per pod with the pod as the server last said it, its status and its address. Read
 * once when the agent starts, so that pods run again without the server; written by pod workers.
 *
 * Always: a file is whole or absent; one that cannot be read is dropped with a warning, never guessed at.
 */
import { join } from 'node:path';
import type { Pod } from '../control/kinds/pod.ts';
import type { PodStatus } from '../control/kinds/types/pod-status.ts';
import type { Log } from '../control/machinery/log.ts';
import type { Files } from '../control/platform/types.ts';

export interface PodCheckpoint {
  pod: Pod;
  status?: PodStatus;
  ip?: string;
}

export interface Checkpoints {
  load(): Promise<PodCheckpoint[]>;
  /** The newest call for a pod wins; earlier ones may be skipped. */
  save(checkpoint: PodCheckpoint): Promise<void>;
  forget(uid: string): Promise<void>;
  /** Everything that was to be written is on disk. */
  settled(): Promise<void>;
}

export function createCheckpoints(directory: string, files: Files, log: Log): Checkpoints {
  const waiting = new Map<string, PodCheckpoint | undefined>();
  const writing = new Map<string, Promise<void>>();
  const path = (uid: string) => join(directory, `${uid}.json`);

  const write = async (uid: string): Promise<void> => {
    while (waiting.has(uid)) {
      const next = waiting.get(uid);
      waiting.delete(uid);
      if (next) await files.replace(path(uid), Buffer.from(JSON.stringify(next)), { mode: 0o600 });
      else await files.remove(path(uid)).catch(absent);
    }
  };
  const request = (uid: string, checkpoint: PodCheckpoint | undefined): Promise<void> => {
    waiting.set(uid, checkpoint);
    const current = writing.get(uid);
    if (current) return current;
    const started = write(uid)
      .catch(error => log('error', 'a pod could not be written to disk', { uid, error: String(error) }))
      .finally(() => writing.delete(uid));
    writing.set(uid, started);
    return started;
  };

  return {
    async load() {
      await files.makeDirectory(directory, { mode: 0o700 });
      const found: PodCheckpoint[] = [];
      for (const name of await files.list(directory)) {
        if (!name.endsWith('.json')) continue;
        try {
          found.push(
            JSON.parse(Buffer.from(await files.read(join(directory, name))).toString('utf8')) as PodCheckpoint,
          );
        } catch (error) {
          log('warn', 'a pod that was written to disk cannot be read back', { file: name, error: String(error) });
        }
      }
      return found;
    },
    save: checkpoint => request(checkpoint.pod.metadata.uid!, checkpoint),
    forget: uid => request(uid, undefined),
    async settled() {
      while (writing.size > 0) await Promise.all(writing.values());
    },
  };
}

const absent = (error: { code?: string }): void => {
  if (error.code !== 'ENOENT') throw error;
};
