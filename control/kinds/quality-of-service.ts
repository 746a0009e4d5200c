/**
 * Quality of service: who is stopped first when a node runs short. Guaranteed pods limit cpu and memory of every container
 * and ask for just that; BestEffort ones ask for nothing; all others are Burstable.
 */
import { compareQuantities, parseQuantity } from '../machinery/quantity.ts';
import type { Container } from './types/container.ts';
import type { PodSpec } from './types/pod-spec.ts';

const COUNTED = ['cpu', 'memory'];

export function qosClassOf(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  if (containers.every(asksForNothing)) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

const asksForNothing = ({ resources }: Container): boolean =>
  COUNTED.every(name => !isPositive(resources.requests?.[name]) && !isPositive(resources.limits?.[name]));

const isGuaranteed = ({ resources }: Container): boolean =>
  COUNTED.every(name => {
    const limit = resources.limits?.[name];
    const request = resources.requests?.[name] ?? limit;
    if (limit === undefined || request === undefined || !isPositive(limit)) return false;
    return compare(limit, request) === 0;
  });

const isPositive = (amount: string | undefined): boolean => amount !== undefined && compare(amount, '0') > 0;

const compare = (a: string, b: string): number => compareQuantities(parseQuantity(a), parseQuantity(b));
