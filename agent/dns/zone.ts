/**
 * What names mean inside the cluster (Kubernetes DNS specification 1.1): Services, headless endpoints, pods by address.
 * Pure: answers from what `source` has at that moment.
 *
 * Always: names compare without case; what is below the cluster's domain is never asked of anybody else.
 */
export interface ZoneSource {
  service(namespace: string, name: string): ZoneService | undefined;
  /** Those of a headless Service that may be named: ready ones, or all when it publishes them. */
  endpoints(namespace: string, name: string): readonly ZoneEndpoint[];
}

export interface ZoneService {
  clusterIP?: string;
  /** For ExternalName: the name that it stands for. */
  externalName?: string;
}

export interface ZoneEndpoint {
  ip: string;
  hostname?: string;
}

export type Answer =
  | { is: 'addresses'; addresses: string[] }
  | { is: 'alias'; name: string }
  /** It would be in the cluster and is not. */
  | { is: 'absent' }
  /** Not for us to know. */
  | { is: 'outside'; name: string };

const ABSENT: Answer = { is: 'absent' };
/** A name with fewer dots is looked for below the search domains first. */
const NDOTS = 5;

export function createZone(source: ZoneSource, domain: string): (name: string, namespace: string) => Answer {
  const suffix = `.${domain}`;
  const within = (name: string): Answer => lookUp(source, name.slice(0, -suffix.length).split('.'));

  return (asked, namespace) => {
    const absolute = asked.endsWith('.');
    const name = (absolute ? asked.slice(0, -1) : asked).toLowerCase();
    if (!absolute && name.split('.').length - 1 < NDOTS) {
      for (const search of [`${namespace}.svc${suffix}`, `svc${suffix}`, domain]) {
        const answer = within(`${name}.${search}`);
        if (answer.is !== 'absent') return answer;
      }
    }
    if (name === domain) return ABSENT;
    return name.endsWith(suffix) ? within(name) : { is: 'outside', name };
  };
}

/** `labels` is what stands before the cluster's domain. */
function lookUp(source: ZoneSource, labels: string[]): Answer {
  const kind = labels.at(-1);
  const namespace = labels.at(-2);
  if (namespace === undefined) return ABSENT;
  if (kind === 'svc' && labels.length === 3) return serviceAnswer(source, namespace, labels[0]!);
  if (kind === 'svc' && labels.length === 4) return endpointAnswer(source, namespace, labels[1]!, labels[0]!);
  if (kind === 'pod' && labels.length === 3) return podAnswer(labels[0]!);
  return ABSENT;
}

function serviceAnswer(source: ZoneSource, namespace: string, name: string): Answer {
  const service = source.service(namespace, name);
  if (!service) return ABSENT;
  if (service.externalName !== undefined) return { is: 'alias', name: service.externalName };
  if (service.clusterIP && service.clusterIP !== 'None') return { is: 'addresses', addresses: [service.clusterIP] };
  return addresses(source.endpoints(namespace, name));
}

/** By hostname, or by the address with dashes, which every endpoint has. */
function endpointAnswer(source: ZoneSource, namespace: string, name: string, host: string): Answer {
  if (source.service(namespace, name)?.clusterIP !== 'None') return ABSENT;
  return addresses(source.endpoints(namespace, name).filter(e => e.hostname === host || dashed(e.ip) === host));
}

function podAnswer(label: string): Answer {
  const address = label.replaceAll('-', '.');
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(address) ? { is: 'addresses', addresses: [address] } : ABSENT;
}

const dashed = (ip: string): string => ip.replaceAll('.', '-');

const addresses = (endpoints: readonly ZoneEndpoint[]): Answer =>
  endpoints.length > 0 ? { is: 'addresses', addresses: [...new Set(endpoints.map(e => e.ip))] } : ABSENT;
