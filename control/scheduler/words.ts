/** Why a pod waits, in the words that kubectl's users search for. */
import type { Refusals } from './decide.ts';

/** `0/2 nodes are available: 2 Insufficient memory. preemption: 0/2 nodes are available: …` */
export function refusalText({ nodes, reasons, unresolvable }: Refusals): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const none = `0/${nodes} nodes are available`;
  const preemption = new Map([
    ['No preemption victims found for incoming pod', nodes - unresolvable],
    ['Preemption is not helpful for scheduling', unresolvable],
  ]);
  return `${none}: ${histogram(reasons)} preemption: ${none}: ${histogram(preemption)}`;
}

function histogram(counts: ReadonlyMap<string, number>): string {
  const parts = [...counts].filter(([, count]) => count > 0).map(([reason, count]) => `${count} ${reason}`);
  return `${parts.sort().join(', ')}.`;
}
