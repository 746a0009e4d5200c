/**
 * What a pod may know about itself: fields and resources, as environment variables and as files. Pure.
 * Follows the kubelet's fieldpath package and resource helpers.
 */
import type { Pod } from '../control/kinds/pod.ts';
import type { Container } from '../control/kinds/types/container.ts';
import type { ObjectFieldSelector, ResourceFieldSelector } from '../control/kinds/types/container-env.ts';
import { parseQuantity } from '../control/machinery/quantity.ts';
import { configError } from './config-error.ts';
import { containersOf } from './record.ts';

export interface PodFacts {
  pod: Pod;
  podIP?: string;
  hostIP: string;
  nodeName: string;
  /** What a container without a limit may use: cpu, memory. */
  allocatable: Readonly<Record<string, string>>;
}

const SUBSCRIPT = /^metadata\.(labels|annotations)\['([^']+)'\]$/;

/** Throws SetupError for a path that is not offered. */
export function fieldValue(
  { fieldPath }: ObjectFieldSelector,
  { pod, podIP = '', hostIP, nodeName }: PodFacts,
): string {
  const found = SUBSCRIPT.exec(fieldPath);
  if (found) return pod.metadata[found[1] as 'labels' | 'annotations']?.[found[2]!] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return mapText(pod.metadata.labels);
    case 'metadata.annotations':
      return mapText(pod.metadata.annotations);
    case 'spec.nodeName':
      return nodeName;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? 'default';
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIP;
    case 'status.podIP':
    case 'status.podIPs':
      return podIP;
    default:
      throw configError(`unsupported fieldPath: ${fieldPath}`);
  }
}

/** One `key="value"` a line, sorted, as the downward API writes labels into files. */
const mapText = (map: Record<string, string> = {}): string =>
  Object.keys(map)
    .sort()
    .map(key => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');

/** Whole units of the divisor, rounded up. */
export function resourceValue(ref: ResourceFieldSelector, container: Container, facts: PodFacts): string {
  const named = ref.containerName ? containersOf(facts.pod).find(({ name }) => name === ref.containerName) : container;
  if (!named) throw configError(`container ${ref.containerName} not found`);
  const [list, resource = ''] = ref.resource.split(/\.(.*)/s);
  if (list !== 'limits' && list !== 'requests') throw configError(`unsupported container resource : ${ref.resource}`);
  const { limits, requests } = named.resources ?? {};
  const limit = limits?.[resource] ?? facts.allocatable[resource] ?? '0';
  const amount = list === 'limits' ? limit : (requests?.[resource] ?? limits?.[resource] ?? '0');
  const divisor = parseQuantity(ref.divisor ?? '1').nanos || 1_000_000_000n;
  const { nanos } = parseQuantity(amount);
  return String((nanos + divisor - 1n) / divisor);
}
