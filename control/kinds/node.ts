/**
 * Node: a machine that runs pods.
 */

import { parseCidr } from '../machinery/cidr.ts';
import { equal } from '../machinery/equal.ts';
import { labelValueErrors, qualifiedNameErrors } from '../machinery/names.ts';
import { NODES } from '../machinery/resources.ts';
import type { Cause } from '../machinery/status.ts';
import { ageColumn, NONE, nameColumn, text, wide } from './columns.ts';
import { apiObject, filled, optional, type Static } from './schema.ts';
import { isolateStatus } from './status-subresource.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import type { Taint } from './types/node.ts';
import { NodeSpec, NodeStatus } from './types/node.ts';
import {
  duplicateFaults,
  eachFault,
  forbiddenFault,
  invalidFault,
  nameFaults,
  requiredFault,
} from './validation/faults.ts';

const schema = apiObject('io.k8s.api.core.v1.Node', 'A machine that runs pods.', ObjectMeta, {
  spec: filled(2, NodeSpec),
  status: optional(3, NodeStatus),
});

export type Node = Static<typeof schema>;

export const node: Kind<Node> = {
  ...NODES,
  singular: 'node',
  listKind: 'NodeList',
  shortNames: ['no'],
  description: 'A machine that runs pods.',
  schema,
  columns: [
    nameColumn,
    text('Status', 'Ready or not, and whether new pods are kept away.', statusText),
    text('Roles', 'Roles of the node, from its labels.', rolesText),
    ageColumn,
    text('Version', 'Version of the node agent.', o => o.status?.nodeInfo?.kubeletVersion ?? ''),
    wide(text('Internal-IP', 'Address inside of the cluster.', o => addressOf(o, 'InternalIP'))),
    wide(text('External-IP', 'Address seen from outside.', o => addressOf(o, 'ExternalIP'))),
    wide(text('OS-Image', 'Operating system.', o => o.status?.nodeInfo?.osImage || '<unknown>')),
    wide(text('Kernel-Version', 'Version of its kernel.', o => o.status?.nodeInfo?.kernelVersion || '<unknown>')),
    wide(
      text(
        'Container-Runtime',
        'Runtime and its version.',
        o => o.status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
      ),
    ),
  ],
  allowUnconditionalUpdate: true,
  generation: false,
  selectableFields: { 'spec.unschedulable': o => String(o.spec.unschedulable === true) },
  subresources: { status: true },
  setDefaults({ spec }) {
    if (spec.podCIDR && !spec.podCIDRs?.length) spec.podCIDRs = [spec.podCIDR];
    else if (!spec.podCIDR && spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
  },
  // A node tells its status when it registers; nobody else creates nodes.
  prepareForUpdate: isolateStatus,
  validate: ({ spec }) => [
    ...eachFault('spec.podCIDRs', spec.podCIDRs, (range, field) =>
      parseCidr(range) === undefined
        ? [invalidFault(field, range, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
        : [],
    ),
    ...duplicateFaults('spec.taints', spec.taints ?? [], taint => `${taint.key}:${taint.effect}`, ''),
    ...eachFault('spec.taints', spec.taints, taintFaults),
  ],
  validateUpdate(next, current) {
    const was = current.spec.podCIDRs ?? [];
    if (was.length === 0 || equal(next.spec.podCIDRs ?? [], was)) return [];
    return [forbiddenFault('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')];
  },
};

function taintFaults(taint: Taint, field: string): Cause[] {
  const faults = nameFaults(`${field}.key`, taint.key, qualifiedNameErrors(taint.key));
  if (taint.value) faults.push(...nameFaults(`${field}.value`, taint.value, labelValueErrors(taint.value)));
  if ((taint.effect as string) === '') faults.push(requiredFault(`${field}.effect`));
  return faults;
}

function statusText({ spec, status }: Node): string {
  const ready = status?.conditions?.find(condition => condition.type === 'Ready')?.status;
  const word = ready === undefined ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady';
  return spec.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function rolesText({ metadata }: Node): string {
  const roles: string[] = [];
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX)) roles.push(key.slice(ROLE_PREFIX.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.push(value);
  }
  return (
    roles
      .filter(role => role !== '')
      .sort()
      .join(',') || NONE
  );
}

const addressOf = ({ status }: Node, type: string): string =>
  status?.addresses?.find(address => address.type === type)?.address || NONE;
