/**
 * Clock, dice and disk of Deno: its Node builtins behave alike (measured: O_DSYNC is really set), so only the name differs.
 * A separate file, because what a host needs of its own goes here and nowhere else. Called by `control/main.ts`.
 */
import { createNodePlatform } from './node.ts';
import type { Platform } from './types.ts';

export const createDenoPlatform = (): Platform => createNodePlatform();
