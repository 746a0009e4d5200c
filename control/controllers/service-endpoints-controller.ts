/** Runs planEndpointSlices and planEndpoints: queues a Service when it, its pods or its endpoints change. */
import type { EndpointSlice } from '../kinds/endpoint-slice.ts';
import type { Endpoints } from '../kinds/endpoints.ts';
import type { Pod } from '../kinds/pod.ts';
import type { Service } from '../kinds/service.ts';
import { equal } from '../machinery/equal.ts';
import { matchesLabels, selectorOf } from '../machinery/labels.ts';
import { type ApiObject, keyText } from '../machinery/meta.ts';
import { ENDPOINT_SLICES, ENDPOINTS } from '../machinery/resources.ts';
import type { Context, Controller, ControllerParts } from './controller.ts';
import { MANAGED_BY, MANAGER, planEndpointSlices, SERVICE_NAME } from './endpoint-slice.ts';
import { planEndpoints } from './endpoints.ts';

const selects = ({ spec }: Service, pod: Pod): boolean =>
  spec.selector !== undefined && matchesLabels(selectorOf({ matchLabels: spec.selector }), pod.metadata.labels);

export function endpointSliceController(context: Context): Controller {
  const { informers } = context;
  return {
    name: 'endpoint-slice-controller',
    concurrency: 5,
    setUp(parts) {
      const services = informers.services();
      const pods = informers.pods();
      const nodes = informers.nodes();
      const slices = informers.part<EndpointSlice>(
        ENDPOINT_SLICES,
        { labelSelector: `${MANAGED_BY}=${MANAGER}` },
        { service: ({ metadata }) => [`${metadata.namespace}/${metadata.labels?.[SERVICE_NAME]}`] },
      );
      queueServices(context, parts);
      slices.onChange((old, slice) => {
        const { namespace, labels } = (slice ?? old!).metadata;
        parts.queue.add(`${namespace}/${labels?.[SERVICE_NAME]}`);
      });
      return {
        synced: [services.synced, pods.synced, nodes.synced, slices.synced],
        reconcile: async key => {
          const service = services.store.get(key);
          // Those of a Service that is gone belong to the garbage collector.
          if (!service) return;
          const selected = podsOf(context, service);
          const own = slices.store.byIndex('service', key);
          await parts.perform(
            planEndpointSlices({ service, pods: selected, slices: own, node: name => nodes.store.get(name) }),
          );
        },
      };
    },
  };
}

export function endpointsController(context: Context): Controller {
  const { informers } = context;
  return {
    name: 'endpoint-controller',
    concurrency: 5,
    setUp(parts) {
      const services = informers.services();
      const pods = informers.pods();
      const endpoints = informers.of<Endpoints>(ENDPOINTS);
      queueServices(context, parts);
      endpoints.onChange((old, current) => parts.queue.add(keyText((current ?? old!).metadata)));
      return {
        synced: [services.synced, pods.synced, endpoints.synced],
        reconcile: async key => {
          const service = services.store.get(key);
          const current = endpoints.store.get(key);
          if (service) await parts.perform(planEndpoints(service, podsOf(context, service), current));
          else if (current) await removeLeftOver(parts, current);
        },
      };
    },
  };
}

/** Endpoints have no owner, as in Kubernetes: whoever made them takes them away; those made by hand carry no Service. */
async function removeLeftOver({ perform }: ControllerParts, { metadata, subsets }: Endpoints): Promise<void> {
  const ours = subsets?.every(subset =>
    [...(subset.addresses ?? []), ...(subset.notReadyAddresses ?? [])].every(a => a.targetRef),
  );
  if (!ours) return;
  const { namespace, name, uid } = metadata;
  await perform([{ type: 'delete', resource: ENDPOINTS, key: { namespace, name }, uid: uid! }]);
}

const podsOf = ({ informers }: Context, service: Service): Pod[] =>
  informers
    .pods()
    .store.byIndex('namespace', service.metadata.namespace ?? '')
    .filter(pod => selects(service, pod));

function queueServices({ informers }: Context, { queue }: ControllerParts): void {
  const services = informers.services();
  services.onChange((old, service) => queue.add(keyText((service ?? old!).metadata)));
  informers.pods().onChange((old, pod) => {
    if (old && pod && !matters(old, pod)) return;
    for (const service of services.store.byIndex('namespace', (pod ?? old!).metadata.namespace ?? ''))
      if ((old && selects(service, old)) || (pod && selects(service, pod))) queue.add(keyText(service.metadata));
  });
}

/** Restart counts and the like change no endpoint. */
const matters = (old: Pod, pod: Pod): boolean =>
  old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
  old.status?.podIP !== pod.status?.podIP ||
  old.status?.phase !== pod.status?.phase ||
  old.spec.nodeName !== pod.spec.nodeName ||
  !sameLabels(old, pod) ||
  readiness(old) !== readiness(pod);

const readiness = (pod: Pod): string | undefined =>
  pod.status?.conditions?.find(condition => condition.type === 'Ready')?.status;

const sameLabels = (a: ApiObject, b: ApiObject): boolean => equal(a.metadata.labels, b.metadata.labels);
