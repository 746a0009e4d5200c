/**
 * What happens by itself: history is compacted when it is long, and once a minute by age; volatile keys are settled then too.
 * Nothing runs while there is neither history nor anything to settle: an idle store does no work. Called by replica.ts.
 */
import type { Clock } from '../platform/types.ts';
import type { State } from './apply.ts';
import type { Driver } from './driver.ts';
import type { Limits } from './limits.ts';

export interface Upkeep {
  /** After something was applied. */
  look(): void;
  stop(): void;
}

/** Compaction starts this far past a limit, so that it does not run after every write. */
const SLACK = 1.1;

export function createUpkeep(state: State, driver: () => Driver, clock: Clock, limits: Limits): Upkeep {
  const { history, revisions } = state;
  let cancel: (() => void) | undefined;
  let compacting = false;
  let stopped = false;

  const compact = async (time: number): Promise<void> => {
    if (compacting) return;
    const revision = history.excess({ events: limits.historyEventsMax, bytes: limits.historyBytesMax, time });
    if (revision <= revisions.compactedRevision()) return;
    compacting = true;
    // A failed write shows in the alarm, and the next round tries again.
    await driver()
      .compact(revision)
      .catch(() => undefined);
    compacting = false;
  };

  const round = async () => {
    await driver()
      .settle()
      .catch(() => undefined);
    await compact(clock.now() - limits.historyMsMin);
    cancel = undefined;
    if (history.events() > 0 && !stopped) arm();
  };

  const arm = () => {
    cancel = clock.after(limits.volatilePersistMs, () => void round(), { background: true });
  };

  return {
    look() {
      if (stopped) return;
      if (!cancel && history.events() > 0) arm();
      if (history.events() > limits.historyEventsMax * SLACK || history.bytes() > limits.historyBytesMax * SLACK)
        void compact(0);
    },
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
