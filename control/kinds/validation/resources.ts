/**
 * Requests and limits. Called for every container of a pod.
 */
import { qualifiedNameErrors } from '../../machinery/names.ts';
import { compareQuantities, parseQuantity } from '../../machinery/quantity.ts';
import type { Cause } from '../../machinery/status.ts';
import type { ResourceList } from '../types/atoms.ts';
import type { ResourceRequirements } from '../types/container.ts';
import { invalidFault, nameFaults } from './faults.ts';

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];

export function resourcesFaults(field: string, resources: ResourceRequirements | undefined): Cause[] {
  if (resources === undefined) return [];
  const { limits, requests } = resources;
  const faults = [...listFaults(`${field}.limits`, limits), ...listFaults(`${field}.requests`, requests)];
  if (faults.length > 0 || limits === undefined || requests === undefined) return faults;
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined || compareQuantities(parseQuantity(request), parseQuantity(limit)) <= 0) continue;
    faults.push(invalidFault(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
  }
  return faults;
}

function listFaults(field: string, list: ResourceList | undefined): Cause[] {
  const faults: Cause[] = [];
  for (const [name, amount] of Object.entries(list ?? {})) {
    const at = `${field}[${name}]`;
    faults.push(...nameFaults(at, name, qualifiedNameErrors(name)));
    if (!name.includes('/') && !COMPUTE.includes(name) && !name.startsWith('hugepages-')) {
      faults.push(invalidFault(at, name, 'must be a standard resource for containers'));
    }
    if (amount.startsWith('-')) faults.push(invalidFault(at, amount, 'must be greater than or equal to 0'));
  }
  return faults;
}
