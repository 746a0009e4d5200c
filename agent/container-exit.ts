/** How a sandbox ended, as Kubernetes says it: reason, exit code, message. Pure. */
import type { ContainerStateTerminated } from '../control/kinds/types/container-status.ts';
import type { Exit } from '../runtime/sandbox.ts';

/** Kubernetes' limit for a termination message. */
const MESSAGE_LENGTH_MAX = 4096;

const START_ERROR_CODE = 128;

export function terminatedOf(
  exit: Exit,
  about: { startedAt: string; finishedAt: string; containerID: string },
  lastWords = '',
): ContainerStateTerminated {
  const message = [exit.message, lastWords].filter(Boolean).join(': ').slice(0, MESSAGE_LENGTH_MAX);
  return { exitCode: codeOf(exit), reason: reasonOf(exit), ...(message ? { message } : {}), ...about };
}

function reasonOf({ reason, code }: Exit): string {
  switch (reason) {
    case 'out-of-memory':
      return 'OOMKilled';
    case 'failed':
      return 'StartError';
    case 'exited':
    case 'stopped':
    case 'trap':
    case 'killed':
      return code === 0 ? 'Completed' : 'Error';
  }
}

const codeOf = ({ reason, code }: Exit): number => {
  if (reason === 'out-of-memory') return 137;
  return reason === 'failed' && code === 0 ? START_ERROR_CODE : code;
};
