/**
 * Services: ports, addresses, and what a type needs or forbids.
 */
import { parseAddress } from '../../machinery/cidr.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../machinery/names.ts';
import type { Cause } from '../../machinery/status.ts';
import type { ServicePort, ServiceSpec } from '../types/service.ts';
import {
  duplicateFault,
  duplicateFaults,
  eachFault,
  forbiddenFault,
  invalidFault,
  nameFaults,
  requiredFault,
} from './faults.ts';
import { labelFaults } from './metadata.ts';
import { portFaults, portReferenceFaults } from './ports.ts';

const NODE_PORT_MIN = 30_000;
const NODE_PORT_MAX = 32_767;

export function serviceFaults(spec: ServiceSpec): Cause[] {
  const ports = spec.ports ?? [];
  const headless = spec.clusterIP === 'None';
  const faults: Cause[] = [];
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') faults.push(requiredFault('spec.ports'));
  if (headless && spec.type !== 'ClusterIP') {
    faults.push(invalidFault('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
  }
  return [
    ...faults,
    ...(spec.type === 'ExternalName' ? externalNameFaults(spec) : addressFaults('spec.clusterIPs', spec.clusterIPs)),
    ...addressFaults('spec.externalIPs', spec.externalIPs),
    ...eachFault('spec.ports', ports, (port, field) => servicePortFaults(port, field, spec, ports.length > 1)),
    ...duplicateFaults('spec.ports', ports, port => port.name ?? ''),
    ...doubledPortFaults(ports),
    ...labelFaults('spec.selector', spec.selector),
  ];
}

function servicePortFaults(port: ServicePort, field: string, spec: ServiceSpec, several: boolean): Cause[] {
  const faults: Cause[] = [];
  if (!port.name) {
    if (several) faults.push(requiredFault(`${field}.name`));
  } else faults.push(...nameFaults(`${field}.name`, port.name, dns1123LabelErrors(port.name)));
  faults.push(...portFaults(`${field}.port`, port.port));
  if (port.targetPort !== undefined) faults.push(...portReferenceFaults(`${field}.targetPort`, port.targetPort));
  if (!port.nodePort) return faults;
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') {
    faults.push(forbiddenFault(`${field}.nodePort`, `may not be used when \`type\` is '${spec.type}'`));
  } else if (port.nodePort < NODE_PORT_MIN || port.nodePort > NODE_PORT_MAX) {
    const why = `provided port is not in the valid range. The range of valid ports is ${NODE_PORT_MIN}-${NODE_PORT_MAX}`;
    faults.push(invalidFault(`${field}.nodePort`, port.nodePort, why));
  }
  return faults;
}

function doubledPortFaults(ports: readonly ServicePort[]): Cause[] {
  const seen = new Set<string>();
  return eachFault('spec.ports', ports, ({ port, protocol = 'TCP' }, field) => {
    const key = `${port}/${protocol}`;
    const faults = seen.has(key) ? [duplicateFault(field, { port, protocol })] : [];
    seen.add(key);
    return faults;
  });
}

const addressFaults = (field: string, addresses: readonly string[] | undefined): Cause[] =>
  eachFault(field, addresses, (address, at) =>
    address === 'None' || parseAddress(address) !== undefined
      ? []
      : [invalidFault(at, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')],
  );

function externalNameFaults(spec: ServiceSpec): Cause[] {
  const faults: Cause[] = [];
  if (spec.clusterIPs?.length)
    faults.push(forbiddenFault('spec.clusterIPs', 'may not be set for ExternalName services'));
  if (!spec.externalName) return [...faults, requiredFault('spec.externalName')];
  const name = spec.externalName.replace(/\.$/, '');
  return [...faults, ...nameFaults('spec.externalName', name, dns1123SubdomainErrors(name))];
}

/** A virtual address is for life, as long as the Service has one. */
export function serviceUpdateFaults(next: ServiceSpec, current: ServiceSpec): Cause[] {
  const was = current.clusterIPs?.[0] ?? current.clusterIP;
  const is = next.clusterIPs?.[0] ?? next.clusterIP;
  if (!was || next.type === 'ExternalName' || current.type === 'ExternalName' || was === is) return [];
  const value = `[]string{"${is ?? ''}"}`;
  return [
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${value}: may not change once set`,
      field: 'spec.clusterIPs[0]',
    },
  ];
}
