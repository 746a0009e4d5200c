/**
 * The engine for tests: the same commands, applied by the same code, and nothing on a disk. What is acknowledged lives as
 * long as the process.
 */
import type { Clock } from '../../platform/types.ts';
import { createState } from '../apply.ts';
import { createSolo } from '../consensus.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { createReplica } from '../replica.ts';
import { writeSnapshot } from '../snapshot-file.ts';
import type { Store } from '../store.ts';

export interface MemoryStoreOptions {
  clock: Clock;
  limits?: Partial<Limits>;
}

export function createMemoryStore(options: MemoryStoreOptions): Store {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const state = createState();
  const { store } = createReplica({
    id: 'memory',
    state,
    consensus: createSolo(0, limits.batchBytesMax),
    log: { append: async () => undefined },
    clock: options.clock,
    limits,
    appliedIndex: 0,
    applied: () => undefined,
    backup: driver => writeSnapshot(state, () => ({ clusterId: 'memory', index: driver.appliedIndex(), term: 1 })),
    release: async () => undefined,
  });
  return store;
}
