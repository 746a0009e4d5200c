/**
 * How guests end: the errors that unwind a guest's stack, and what they mean as a process's exit. 134 for a trap is what a
 * shell shows for abort(), and what other WASI runtimes answer. Thrown in wasi/*, read in worker.ts.
 */
import { type Exit, RuntimeError } from './sandbox.ts';

export const EXIT_CODE = { failed: 128, trap: 134, killed: 137, stopped: 143 };

/** The guest broke the rules of the interface it calls: its stack is unwound and its instance thrown away. */
export class Trap extends Error {}

/** The guest asked to end. */
export class GuestExit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** `outOfMemory`: the instance stood close enough to its memory limit that a refused growth is the likely cause. */
export function exitOf(error: unknown, outOfMemory: boolean): Exit {
  if (error instanceof GuestExit) return { code: error.code, reason: 'exited' };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RuntimeError) return { code: EXIT_CODE.failed, reason: 'failed', message };
  if (outOfMemory) {
    return { code: EXIT_CODE.killed, reason: 'out-of-memory', message: `memory limit reached: ${message}` };
  }
  return { code: EXIT_CODE.trap, reason: 'trap', message };
}
