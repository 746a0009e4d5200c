/** Two pods cannot have one host port of a node, unless on different addresses. */
import type { Filter } from '../framework.ts';
import type { HostPort } from '../node-info.ts';

const REFUSAL = ["node(s) didn't have free ports for the requested pod ports"];
const ANY = '0.0.0.0';

export const ports: Filter = {
  name: 'NodePorts',
  curedBy: ['node-added', 'pod-deleted'],
  check(pod, node) {
    if (pod.ports.length === 0) return undefined;
    for (const other of node.pods.values())
      for (const taken of other.ports) if (pod.ports.some(wanted => clash(wanted, taken))) return REFUSAL;
    return undefined;
  },
};

const clash = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY || b.ip === ANY);
