/** What a sandbox may have at most. Every figure is a wall of its own; see README.md for what each was tested with. */
import { PAGE_BYTES } from './binary/core-module.ts';
import type { Limits } from './sandbox.ts';

/** Linear memory of a sandbox whose spec sets no limit: what 32-bit addresses can reach. */
const MEMORY_BYTES_DEFAULT = 4_294_967_296;
const REQUESTS_DEFAULT = 128;
/** Guest calls under way in one process. Some 32,000 suspended stacks exhaust its memory mappings and abort it. */
export const CALLS_UNDER_WAY_MAX = 12_000;
const MODULE_BYTES_MAX = 268_435_456;
/** Shares of one core at nice 0, and how much one step of nice is worth to Linux's scheduler. */
const MILLIS_AT_NICE_0 = 1_000;
const NICE_STEP = 1.25;
const NICE_MAX = 19;

export { MODULE_BYTES_MAX };

export function memoryBytesMax(limits: Limits): number {
  return Math.min(limits.memoryBytes ?? MEMORY_BYTES_DEFAULT, MEMORY_BYTES_DEFAULT);
}

export function pagesMax(limits: Limits): number {
  return Math.floor(memoryBytesMax(limits) / PAGE_BYTES);
}

export function requestsMax(limits: Limits): number {
  return Math.max(1, Math.min(limits.requestsMax ?? REQUESTS_DEFAULT, CALLS_UNDER_WAY_MAX));
}

/** A thread can only be made nicer than the process, so a weight above one core's is one core's. */
export function niceOf(limits: Limits): number | undefined {
  if (limits.cpuMillis === undefined) return undefined;
  const steps = Math.log(MILLIS_AT_NICE_0 / Math.max(1, limits.cpuMillis)) / Math.log(NICE_STEP);
  return Math.max(0, Math.min(NICE_MAX, Math.round(steps)));
}

/**
 * Whether a trap is likely to come from growth that the limit refused. A guest that is refused has used most of its limit,
 * or asked for more than was left in one piece; only the first can be seen from outside.
 */
export function nearLimit(memoryBytes: number, limitBytes: number): boolean {
  return memoryBytes >= limitBytes * 0.75;
}
