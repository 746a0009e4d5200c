/**
 * Starts this process anew with what makes a process of many threads small. By default V8 hands the pages of a thread that
 * has ended to the others, which never give them back: 20 pods that ended left 240 MiB. And the C library keeps a heap of
 * its own for every thread. Both can be said only when a process starts. Called first thing by the agent.
 */
const NODE_MAJOR = 26;
const FLAGS = ['--no-memory-pool-share-memory-on-teardown'];
const ARENAS = { MALLOC_ARENA_MAX: '2' };

/** Does not return where it has an effect: same process id, same arguments, same open streams. */
export function becomeLean(): void {
  const { execve, versions, execPath, execArgv, argv, env, platform } = process;
  // Another Node may not know the flags, and would not start.
  const known = platform === 'linux' && versions.node.startsWith(`${NODE_MAJOR}.`) && !('deno' in versions);
  if (!known || execve === undefined || FLAGS.every(flag => execArgv.includes(flag))) return;
  execve(execPath, [execPath, ...FLAGS, ...execArgv, ...argv.slice(1)], { ...ARENAS, ...env });
}
