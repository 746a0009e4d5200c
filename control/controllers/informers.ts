/**
 * The informers that controllers share: one watch for each resource, however many read it. Each starts with its first
 * reader.
 */
import { createInformer, type Informer } from '../client/informer.ts';
import type { ListWatchOptions } from '../client/list-watch.ts';
import { byController, byNamespace, type IndexFunction } from '../client/store-index.ts';
import type { Deployment } from '../kinds/deployment.ts';
import type { Namespace } from '../kinds/namespace.ts';
import type { Node } from '../kinds/node.ts';
import type { Pod } from '../kinds/pod.ts';
import type { ReplicaSet } from '../kinds/replica-set.ts';
import type { Service } from '../kinds/service.ts';
import { type ApiObject, controllerOf, type Resource } from '../machinery/meta.ts';
import { DEPLOYMENTS, NAMESPACES, NODES, PODS, REPLICA_SETS, SERVICES } from '../machinery/resources.ts';

type Source = Pick<ListWatchOptions, 'client' | 'clock' | 'dice' | 'log' | 'signal'>;

export interface Informers {
  /** Indexes: `namespace`, `controller` (uid), `orphan` (namespace), `node`. */
  pods(): Informer<Pod>;
  nodes(): Informer<Node>;
  namespaces(): Informer<Namespace>;
  /** Index: `namespace`. */
  services(): Informer<Service>;
  /** Indexes: `namespace`, `controller` (uid), `orphan` (namespace). */
  replicaSets(): Informer<ReplicaSet>;
  /** Index: `namespace`. */
  deployments(): Informer<Deployment>;
  /** Any resource, all namespaces, no indexes of its own; shared with the ones above. */
  of<T extends ApiObject>(resource: Resource): Informer<T>;
  /** A part of a resource, for one controller alone. */
  part<T extends ApiObject>(
    resource: Resource,
    selection: Pick<ListWatchOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>,
    indexes?: Readonly<Record<string, IndexFunction<T>>>,
  ): Informer<T>;
  /** Whether somebody follows this resource as a whole already. */
  has(resource: Resource): boolean;
}

/** By namespace, those that nothing controls: what a controller may adopt. */
const orphans: IndexFunction<ApiObject> = object => (controllerOf(object) ? [] : [object.metadata.namespace ?? '']);

const INDEXES: Readonly<Record<string, Readonly<Record<string, IndexFunction<never>>>>> = {
  pods: {
    namespace: byNamespace,
    controller: byController,
    orphan: orphans,
    node: (pod: Pod) => [pod.spec.nodeName ?? ''],
  },
  services: { namespace: byNamespace },
  'replicasets.apps': { namespace: byNamespace, controller: byController, orphan: orphans },
  'deployments.apps': { namespace: byNamespace },
};

export function createInformers(source: Source): Informers {
  const shared = new Map<string, unknown>();
  const of = <T extends ApiObject>(resource: Resource): Informer<T> => {
    const name = nameOf(resource);
    const present = shared.get(name) as Informer<T> | undefined;
    if (present) return present;
    const indexes = INDEXES[name] as Readonly<Record<string, IndexFunction<T>>> | undefined;
    const informer = createInformer<T>({ ...source, resource, indexes });
    shared.set(name, informer);
    return informer;
  };
  return {
    pods: () => of(PODS),
    nodes: () => of(NODES),
    namespaces: () => of(NAMESPACES),
    services: () => of(SERVICES),
    replicaSets: () => of(REPLICA_SETS),
    deployments: () => of(DEPLOYMENTS),
    of,
    part: (resource, selection, indexes) => createInformer({ ...source, ...selection, resource, indexes }),
    has: resource => shared.has(nameOf(resource)),
  };
}

const nameOf = ({ group, resource }: Resource): string => (group === '' ? resource : `${resource}.${group}`);
