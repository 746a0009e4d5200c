/**
 * Probes and lifecycle actions of containers.
 */
import type { Cause } from '../../machinery/status.ts';
import type { Lifecycle, LifecycleHandler, Probe } from '../types/probe.ts';
import { forbiddenFault, invalidFault, nonNegative, requiredFault } from './faults.ts';
import { portFaults, portReferenceFaults } from './ports.ts';

type Handler = Partial<LifecycleHandler> & Pick<Probe, 'grpc'>;

/** `once`: one success is all that a liveness or startup probe can count. */
export function probeFaults(field: string, probe: Probe | undefined, once: boolean): Cause[] {
  if (probe === undefined) return [];
  const faults = handlerFaults(field, probe);
  for (const part of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    faults.push(...nonNegative(`${field}.${part}`, probe[part]));
  }
  if (once && probe.successThreshold !== undefined && probe.successThreshold !== 1) {
    faults.push(invalidFault(`${field}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0) {
    const at = `${field}.terminationGracePeriodSeconds`;
    faults.push(invalidFault(at, probe.terminationGracePeriodSeconds, 'must be greater than 0'));
  }
  return faults;
}

export const lifecycleFaults = (field: string, lifecycle: Lifecycle | undefined): Cause[] => [
  ...(lifecycle?.postStart === undefined ? [] : handlerFaults(`${field}.postStart`, lifecycle.postStart)),
  ...(lifecycle?.preStop === undefined ? [] : handlerFaults(`${field}.preStop`, lifecycle.preStop)),
];

function handlerFaults(field: string, handler: Handler): Cause[] {
  const faults: Cause[] = [];
  let handlers = 0;
  for (const type of ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const) {
    if (handler[type] === undefined) continue;
    if (handlers++ > 0) faults.push(forbiddenFault(`${field}.${type}`, 'may not specify more than 1 handler type'));
    else faults.push(...actionFaults(`${field}.${type}`, handler, type));
  }
  return handlers === 0 ? [requiredFault(field, 'must specify a handler type')] : faults;
}

function actionFaults(field: string, handler: Handler, type: keyof Handler): Cause[] {
  const { exec, httpGet, tcpSocket, grpc } = handler;
  if (type === 'exec' && !exec?.command?.length) return [requiredFault(`${field}.command`)];
  if (type === 'httpGet' && httpGet !== undefined) {
    const path = httpGet.path === '' ? [requiredFault(`${field}.path`)] : [];
    return [...path, ...portReferenceFaults(`${field}.port`, httpGet.port)];
  }
  if (type === 'tcpSocket' && tcpSocket !== undefined) return portReferenceFaults(`${field}.port`, tcpSocket.port);
  if (type === 'grpc' && grpc !== undefined) return portFaults(`${field}.port`, grpc.port);
  return [];
}
