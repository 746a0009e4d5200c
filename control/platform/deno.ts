/**
 * Clock, dice and disk of Deno: its Node builtins behave alike (O_DSYNC is really set, SQLite's lock holds against Node's),
 * so what differs is how a program of ours is started. What this host needs of its own goes here and nowhere else.
 * Called by `control/cli/main.ts`.
 */
import { createNodePlatform } from './node.ts';
import type { Platform } from './types.ts';

export const createDenoPlatform = (): Platform => createNodePlatform();

/** Deno without rights asks on the terminal; a server has nobody to answer. */
export const DENO_RUN = ['run', '--allow-all', '--no-prompt'] as const;
