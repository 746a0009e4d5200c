/**
 * Ports: numbers, names, and the ports that probes and Services refer to by either. Called by pods and Services.
 */
import { portNameErrors } from '../../machinery/names.ts';
import type { Cause } from '../../machinery/status.ts';
import type { ContainerPort } from '../types/container.ts';
import { duplicateFault, eachFault, invalidFault, nameFaults, requiredFault } from './faults.ts';

const PORT_MAX = 65_535;

export const portFaults = (field: string, port: number): Cause[] =>
  port >= 1 && port <= PORT_MAX ? [] : [invalidFault(field, port, `must be between 1 and ${PORT_MAX}, inclusive`)];

export const portReferenceFaults = (field: string, port: number | string): Cause[] =>
  typeof port === 'number' ? portFaults(field, port) : nameFaults(field, port, portNameErrors(port));

export function containerPortFaults(field: string, ports: readonly ContainerPort[] | undefined): Cause[] {
  const names = new Set<string>();
  return eachFault(field, ports, (port, at) => {
    const faults: Cause[] = [];
    if (port.name) {
      faults.push(...nameFaults(`${at}.name`, port.name, portNameErrors(port.name)));
      if (names.has(port.name)) faults.push(duplicateFault(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (port.containerPort === 0) faults.push(requiredFault(`${at}.containerPort`));
    else faults.push(...portFaults(`${at}.containerPort`, port.containerPort));
    if (port.hostPort) faults.push(...portFaults(`${at}.hostPort`, port.hostPort));
    return faults;
  });
}
