/**
 * EndpointSlices: which pods answer for a Service. `planEndpointSlices` is pure; it keeps an endpoint in the slice that it
 * is in, so that one pod's change touches one slice.
 *
 * Always: at most 100 endpoints in a slice; names follow from the Service, its ports and a number, so that a slice made
 * twice is one slice.
 */
import type { EndpointSlice } from '../kinds/endpoint-slice.ts';
import type { Node } from '../kinds/node.ts';
import type { Pod } from '../kinds/pod.ts';
import type { Service } from '../kinds/service.ts';
import type { Endpoint, EndpointSlicePort } from '../kinds/types/endpoints.ts';
import { equal } from '../machinery/equal.ts';
import { templateHash } from '../machinery/hash.ts';
import { ENDPOINT_SLICES } from '../machinery/resources.ts';
import type { Action } from './actions.ts';
import { byPorts, type EndpointPort, endpointsOf, type PodEndpoint } from './endpoints-of.ts';
import { ownerReferenceTo } from './ownership.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const MANAGER = 'endpointslice-controller.k8s.io';
const HEADLESS = 'service.kubernetes.io/headless';
const ZONE = 'topology.kubernetes.io/zone';
const SLICE_ENDPOINTS_MAX = 100;

export interface EndpointSliceWorld {
  service: Service;
  /** Those that it selects. */
  pods: readonly Pod[];
  /** Its slices, of this controller. */
  slices: readonly EndpointSlice[];
  node(name: string): Node | undefined;
}

export function planEndpointSlices(world: EndpointSliceWorld): Action[] {
  const { service, slices } = world;
  if (!service.spec.selector || service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp) return [];
  const found = endpointsOf(service, world.pods);
  const groups = byPorts(service, found).map(group => ({
    ports: group.ports,
    endpoints: group.endpoints.map(endpoint => describe(endpoint, world)),
  }));
  // An empty slice says that nobody is there; no slice says that nobody has looked.
  if (groups.length === 0) groups.push({ ports: [], endpoints: [] });
  const actions: Action[] = [];
  const kept = new Set<EndpointSlice>();
  for (const group of groups) {
    const own = slices.filter(slice => equal(portsOfSlice(slice), group.ports) && slice.addressType === 'IPv4');
    actions.push(...fill(service, group, own, kept));
  }
  for (const slice of slices) if (!kept.has(slice)) actions.push(remove(slice));
  return actions;
}

function describe({ pod, address, ready, serving, terminating }: PodEndpoint, world: EndpointSliceWorld): Endpoint {
  const { namespace, name, uid } = pod.metadata;
  const { nodeName } = pod.spec;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    nodeName,
    zone: nodeName ? world.node(nodeName)?.metadata.labels?.[ZONE] : undefined,
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

/** Puts each endpoint into the slice that has it already, the others where there is room, the rest into new slices. */
function fill(
  service: Service,
  { ports, endpoints }: { ports: EndpointPort[]; endpoints: Endpoint[] },
  own: readonly EndpointSlice[],
  kept: Set<EndpointSlice>,
): Action[] {
  const wanted = new Map(endpoints.map(endpoint => [endpoint.targetRef!.uid, endpoint]));
  const bins = own.map(slice => ({ slice, endpoints: [] as Endpoint[] }));
  for (const bin of bins) {
    for (const { targetRef } of bin.slice.endpoints ?? []) {
      const endpoint = wanted.get(targetRef?.uid);
      if (!endpoint) continue;
      wanted.delete(targetRef?.uid);
      bin.endpoints.push(endpoint);
    }
  }
  const waiting = [...wanted.values()];
  for (const bin of bins)
    bin.endpoints.push(...waiting.splice(0, Math.max(0, SLICE_ENDPOINTS_MAX - bin.endpoints.length)));
  const used = bins.filter(bin => bin.endpoints.length > 0);
  const keep = used.length > 0 ? used : waiting.length === 0 ? bins.slice(0, 1) : [];
  const actions: Action[] = [];
  for (const { slice, endpoints: content } of keep) {
    kept.add(slice);
    actions.push(...update(service, slice, content));
  }
  const names = new Set(own.map(slice => slice.metadata.name));
  for (let part = waiting.splice(0, SLICE_ENDPOINTS_MAX); part.length > 0 || keep.length === 0; ) {
    actions.push(create(service, ports, part, freeName(service, ports, names)));
    part = waiting.splice(0, SLICE_ENDPOINTS_MAX);
    if (part.length === 0) break;
  }
  return actions;
}

function freeName(service: Service, ports: readonly EndpointPort[], taken: Set<string>): string {
  const stem = `${service.metadata.name}-${templateHash({ uid: service.metadata.uid, ports })}`;
  let name = stem;
  for (let number = 1; taken.has(name); number++) name = `${stem}-${number}`;
  taken.add(name);
  return name;
}

const portsOfSlice = (slice: EndpointSlice): EndpointSlicePort[] =>
  (slice.ports ?? []).map(({ name = '', protocol = 'TCP', port, appProtocol }) => ({
    name,
    protocol,
    port,
    appProtocol,
  }));

const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === 'None';

const labelsFor = (service: Service): Record<string, string> => ({
  ...service.metadata.labels,
  ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
  [SERVICE_NAME]: service.metadata.name,
  [MANAGED_BY]: MANAGER,
});

function create(service: Service, ports: EndpointPort[], endpoints: Endpoint[], name: string): Action {
  const object: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: service.metadata.namespace,
      labels: labelsFor(service),
      ownerReferences: [ownerReferenceTo(service)],
    },
    addressType: 'IPv4',
    endpoints,
    ports,
  };
  const failed = { reason: 'FailedToUpdateEndpointSlices', message: 'Error creating Endpoint Slice: {error}' };
  return { type: 'create', resource: ENDPOINT_SLICES, object, tells: { about: service, failed } };
}

function update(service: Service, slice: EndpointSlice, endpoints: Endpoint[]): Action[] {
  const labels = labelsFor(service);
  if (equal(plain(slice.endpoints), endpoints) && equal(slice.metadata.labels, labels)) return [];
  const { namespace, name, uid, resourceVersion } = slice.metadata;
  const gone = Object.keys(slice.metadata.labels ?? {}).filter(label => !Object.hasOwn(labels, label));
  const changes = { ...labels, ...Object.fromEntries(gone.map(label => [label, null])) };
  const patch = { metadata: { uid, resourceVersion, labels: changes }, endpoints };
  return [{ type: 'patch', resource: ENDPOINT_SLICES, key: { namespace, name }, patch }];
}

/** Only what we say ourselves: the API may have filled in more. */
const plain = (endpoints: readonly Endpoint[] | undefined): Endpoint[] =>
  (endpoints ?? []).map(({ addresses, conditions: { ready, serving, terminating }, nodeName, zone, targetRef }) => ({
    addresses,
    conditions: { ready, serving, terminating },
    nodeName,
    zone,
    targetRef: targetRef && {
      kind: targetRef.kind,
      namespace: targetRef.namespace,
      name: targetRef.name,
      uid: targetRef.uid,
    },
  }));

const remove = ({ metadata: { namespace, name, uid } }: EndpointSlice): Action => ({
  type: 'delete',
  resource: ENDPOINT_SLICES,
  key: { namespace, name },
  uid: uid!,
});
