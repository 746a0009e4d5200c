/**
 * How long to wait before a container starts again, or an image is asked for again: the first failure is answered at once,
 * then 10 s, 20 s, … up to 5 min; a long quiet time forgets it all. Pure; pod-worker keeps one entry per container and image.
 *
 * Follows client-go's flowcontrol.Backoff and the kubelet's doBackOff.
 */
export interface BackOff {
  delayMs: number;
  /** When the delay was last set, on the clock's scale. */
  updatedAt: number;
}

const BACK_OFF_FIRST_MS = 10_000;
const BACK_OFF_MAX_MS = 300_000;

const expired = (entry: BackOff, eventAt: number): boolean => eventAt - entry.updatedAt > 2 * BACK_OFF_MAX_MS;

/** Milliseconds still to wait after the failure at `failedAt`; 0 when a new try may begin. */
export const remaining = (entry: BackOff | undefined, failedAt: number, now: number): number => {
  if (entry === undefined || expired(entry, failedAt)) return 0;
  return Math.max(0, failedAt + entry.delayMs - now);
};

/** The entry after one more try that follows the failure at `failedAt`. */
export const next = (entry: BackOff | undefined, failedAt: number, now: number): BackOff => {
  if (entry === undefined || expired(entry, failedAt)) return { delayMs: BACK_OFF_FIRST_MS, updatedAt: now };
  return { delayMs: Math.min(entry.delayMs * 2, BACK_OFF_MAX_MS), updatedAt: now };
};

/** As Go prints a duration of whole seconds: `10s`, `1m20s`, `5m0s`. */
export const durationText = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
};
