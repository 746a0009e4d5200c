/**
 * Tells the server what is true about each pod: only the newest status, only what changed, again until it is taken. One
 * request under way per pod; while the server is away nothing piles up.
 *
 * Always: what the server was told is compared with what it answers and what the watch says, by resourceVersion, so a status
 * that somebody overwrote is put right.
 */
import { createBackoff } from '../control/client/backoff.ts';
import type { Client } from '../control/client/client.ts';
import type { Pod } from '../control/kinds/pod.ts';
import type { PodStatus } from '../control/kinds/types/pod-status.ts';
import type { Log } from '../control/machinery/log.ts';
import { PODS } from '../control/machinery/resources.ts';
import { isReason } from '../control/machinery/status.ts';
import type { Clock, Dice } from '../control/platform/types.ts';
import { statusPatch } from './status-patch.ts';

const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 5_000;

export interface StatusReporter {
  open(pod: Pod): PodReporter;
}

export interface PodReporter {
  /** The watch brought this version of the pod. */
  seen(pod: Pod): void;
  want(status: PodStatus): void;
  /** Resolves when the server has the newest status, or has no such pod any more. */
  settled(): Promise<void>;
  close(): void;
}

interface Deps {
  client: Pick<Client, 'patch'>;
  clock: Clock;
  dice: Dice;
  log: Log;
  signal: AbortSignal;
}

export function createStatusReporter(deps: Deps): StatusReporter {
  return {
    open(pod) {
      const stop = new AbortController();
      const state = {
        base: pod,
        wanted: undefined as PodStatus | undefined,
        sending: undefined as Promise<void> | undefined,
      };
      const signal = AbortSignal.any([deps.signal, stop.signal]);
      const send = (): Promise<void> => {
        state.sending ??= sendUntilTaken(deps, state, signal).finally(() => {
          state.sending = undefined;
        });
        return state.sending;
      };
      return {
        seen(newer) {
          if (!isNewer(newer, state.base)) return;
          state.base = newer;
          if (state.wanted && !state.sending) void send();
        },
        want(status) {
          state.wanted = status;
          void send();
        },
        settled: () => (state.wanted ? send() : Promise.resolve()),
        close: () => stop.abort(),
      };
    },
  };
}

async function sendUntilTaken(
  { client, clock, dice, log }: Deps,
  state: { base: Pod; wanted?: PodStatus },
  signal: AbortSignal,
): Promise<void> {
  const backoff = createBackoff({ initialMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS, dice });
  while (!signal.aborted) {
    const { namespace, name, uid } = state.base.metadata;
    const patch = statusPatch(uid, state.base.status ?? {}, state.wanted ?? {});
    if (!patch) return;
    try {
      const answer = await client.patch<Pod>(PODS, { namespace, name }, patch, {
        type: 'strategic',
        subresource: 'status',
        signal,
      });
      if (isNewer(answer, state.base)) state.base = answer;
      // An answer that still differs would be sent for ever: the server knows better (it dropped a field).
      const again = statusPatch(uid, answer.status ?? {}, state.wanted ?? {});
      if (!again || JSON.stringify(again) === JSON.stringify(patch)) return;
    } catch (error) {
      if (signal.aborted || isReason(error, 'NotFound', 'Conflict')) return;
      const refused = isReason(error, 'Invalid', 'BadRequest', 'Forbidden');
      log(refused ? 'error' : 'debug', `the status of pod ${namespace}/${name} was not taken`, {
        error: String(error),
      });
      await clock.sleep(refused ? RETRY_MAX_MS : backoff.next(), signal).catch(() => {});
    }
  }
}

const isNewer = (a: Pod, b: Pod): boolean =>
  Number(a.metadata.resourceVersion ?? 0) > Number(b.metadata.resourceVersion ?? 0);
