/**
 * Each node gets a block of pod addresses: the lowest /24 of the cluster's range that no node has. With it, the node is told
 * the cluster's own ranges.
 */
import type { Node } from '../kinds/node.ts';
import { type AddressRanges, RANGE_ANNOTATIONS } from '../machinery/address-ranges.ts';
import { parseCidr, sizeOf, subnetAt } from '../machinery/cidr.ts';
import { NODES } from '../machinery/resources.ts';
import type { Action } from './actions.ts';
import type { Context, Controller } from './controller.ts';

const NODE_PREFIX = 24;

/** `taken`: the blocks of all nodes, also those given a moment ago. */
export function planNodeRanges(node: Node, taken: ReadonlySet<string>, ranges: AddressRanges): Action[] {
  const { metadata } = node;
  const annotations = annotationsOf(ranges);
  const told = isTold(node, ranges);
  if (node.spec.podCIDR && told) return [];
  const block = node.spec.podCIDR ?? freeBlock(taken, ranges.podCidr);
  if (!block) {
    const message = `Node ${metadata.name} status is now: CIDRNotAvailable`;
    return [{ type: 'event', about: node, level: 'Normal', reason: 'CIDRNotAvailable', message }];
  }
  const patch = {
    metadata: { uid: metadata.uid, ...(told ? {} : { annotations }) },
    ...(node.spec.podCIDR ? {} : { spec: { podCIDR: block, podCIDRs: [block] } }),
  };
  return [{ type: 'patch', resource: NODES, key: { name: metadata.name }, patch, absentIsFine: true }];
}

const annotationsOf = (ranges: AddressRanges): Record<string, string> => ({
  [RANGE_ANNOTATIONS.podCidr]: ranges.podCidr,
  [RANGE_ANNOTATIONS.serviceCidr]: ranges.serviceCidr,
});

const isTold = ({ metadata }: Node, ranges: AddressRanges): boolean =>
  Object.entries(annotationsOf(ranges)).every(([name, value]) => metadata.annotations?.[name] === value);

export function freeBlock(taken: ReadonlySet<string>, clusterCidr: string): string | undefined {
  const cidr = parseCidr(clusterCidr);
  if (!cidr) throw new Error(`no CIDR: ${clusterCidr}`);
  const blocks = Number(sizeOf(cidr) / 256n);
  for (let index = 0; index < blocks; index++) {
    const block = subnetAt(cidr, NODE_PREFIX, index);
    if (!taken.has(block)) return block;
  }
  return undefined;
}

export function nodeIpamController({ informers }: Context, ranges: AddressRanges): Controller {
  return {
    name: 'cidrAllocator',
    setUp({ queue, perform }) {
      const nodes = informers.nodes();
      /** Given by us and perhaps not yet seen in the informer: node uid → block. */
      const given = new Map<string, string>();
      nodes.onChange((old, node) => {
        if (!node) given.delete(old!.metadata.uid!);
        else if (!node.spec.podCIDR || !isTold(node, ranges)) queue.add(node.metadata.name);
      });
      return {
        synced: [nodes.synced],
        reconcile: async name => {
          const node = nodes.store.get(name);
          const uid = node?.metadata.uid;
          if (!node || uid === undefined || (given.has(uid) && !node.spec.podCIDR)) return;
          const seen = nodes.store.list().flatMap(({ spec }) => spec.podCIDR ?? []);
          const taken = new Set([...seen, ...given.values()]);
          const [action] = planNodeRanges(node, taken, ranges);
          if (!action) return;
          const block = node.spec.podCIDR ?? freeBlock(taken, ranges.podCidr);
          if (block) given.set(uid, block);
          await perform([action]).catch(error => {
            given.delete(uid);
            throw error;
          });
        },
      };
    },
  };
}
