/**
 * A namespace that is being deleted is emptied first: everything in it is deleted, and when nothing is left, the finalizer
 * `kubernetes` is taken off, which lets the API remove it.
 *
 * Always: asks the API what there is (never an old list), so that nothing stays behind.
 */
import type { Client } from '../client/client.ts';
import { type DiscoveredResource, discoverResources } from '../client/discovery.ts';
import type { Namespace } from '../kinds/namespace.ts';
import type { NamespaceCondition } from '../kinds/types/small.ts';
import { equal } from '../machinery/equal.ts';
import { type ApiObject, timestamp } from '../machinery/meta.ts';
import { NAMESPACES } from '../machinery/resources.ts';
import { isReason } from '../machinery/status.ts';
import type { Action } from './actions.ts';
import type { Context, Controller } from './controller.ts';

const FINALIZER = 'kubernetes';
const PAGE_ITEMS = 500;
/** Pods take their grace period; look again until they are gone. */
const LOOK_AGAIN_MS = 1_000;

/** What was found in the namespace: resource → its objects. */
interface NamespaceWorld {
  namespace: Namespace;
  content: readonly { resource: DiscoveredResource; objects: readonly ApiObject[] }[];
  now: number;
}

/** One look: delete what is not yet being deleted, say what remains, or let go. */
export function planNamespace({ namespace, content, now }: NamespaceWorld): Action[] {
  const name = namespace.metadata.name;
  const remaining = content.filter(({ objects }) => objects.length > 0);
  if (remaining.length === 0) {
    const finalizers = (namespace.spec.finalizers ?? []).filter(finalizer => finalizer !== FINALIZER);
    return [finalize(namespace, finalizers)];
  }
  const deletions = remaining.flatMap(({ resource, objects }) =>
    objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(object => remove(resource, object)),
  );
  const conditions = conditionsOf(namespace, remaining, now);
  const same = equal(conditions, namespace.status?.conditions ?? []);
  const patch = { status: { conditions } };
  const status: Action = { type: 'patch', resource: NAMESPACES, key: { name }, patch, subresource: 'status' };
  return same ? deletions : [...deletions, { ...status, absentIsFine: true }];
}

const remove = (resource: DiscoveredResource, { metadata: { namespace, name, uid } }: ApiObject): Action => ({
  type: 'delete',
  resource,
  key: { namespace, name },
  uid: uid!,
  options: { propagationPolicy: 'Background' },
});

function finalize(namespace: Namespace, finalizers: string[]): Action {
  const object: Namespace = { ...namespace, spec: { ...namespace.spec, finalizers } };
  return { type: 'replace', resource: NAMESPACES, object, subresource: 'finalize' };
}

function conditionsOf(namespace: Namespace, remaining: NamespaceWorld['content'], now: number): NamespaceCondition[] {
  const before = namespace.status?.conditions ?? [];
  const counts = remaining.map(({ resource, objects }) => {
    const name = resource.group ? `${resource.resource}.${resource.group}` : resource.resource;
    return `${name} has ${objects.length} resource instances`;
  });
  const finalizers = remaining.flatMap(({ objects }) => objects.flatMap(({ metadata }) => metadata.finalizers ?? []));
  const say = (type: string, status: boolean, reason: string, message: string): NamespaceCondition => {
    const old = before.find(condition => condition.type === type);
    const text = status ? 'True' : 'False';
    const lastTransitionTime = old?.status === text ? old.lastTransitionTime : timestamp(now);
    return { type, status: text, lastTransitionTime, reason, message };
  };
  const held = [...new Set(finalizers)].map(
    name => `${name} in ${finalizers.filter(other => other === name).length} resource instances`,
  );
  return [
    say('NamespaceContentRemaining', true, 'SomeResourcesRemain', `Some resources are remaining: ${counts.join(', ')}`),
    held.length > 0
      ? say(
          'NamespaceFinalizersRemaining',
          true,
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${held.join(', ')}`,
        )
      : say(
          'NamespaceFinalizersRemaining',
          false,
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ),
  ];
}

export function namespaceController({ client, clock, informers }: Context): Controller {
  return {
    name: 'namespace-controller',
    concurrency: 2,
    setUp({ queue, perform, signal }) {
      const namespaces = informers.namespaces();
      namespaces.onChange((_, namespace) => {
        if (namespace?.metadata.deletionTimestamp) queue.add(namespace.metadata.name);
      });
      return {
        synced: [namespaces.synced],
        reconcile: async name => {
          const namespace = namespaces.store.get(name);
          if (!namespace?.metadata.deletionTimestamp || !namespace.spec.finalizers?.includes(FINALIZER)) return;
          const content = await contentOf(client, name, signal);
          await perform(planNamespace({ namespace, content, now: clock.now() }));
          if (content.some(({ objects }) => objects.length > 0)) queue.addAfter(name, LOOK_AGAIN_MS);
        },
      };
    },
  };
}

async function contentOf(client: Client, namespace: string, signal: AbortSignal): Promise<NamespaceWorld['content']> {
  const resources = (await discoverResources(client, signal)).filter(
    ({ namespaced, verbs, group, resource }) =>
      namespaced &&
      verbs.includes('list') &&
      verbs.includes('delete') &&
      !(group === 'events.k8s.io' && resource === 'events'),
  );
  return Promise.all(
    resources.map(async resource => {
      try {
        const { items } = await client.list(resource, { namespace, limit: PAGE_ITEMS, signal });
        return { resource, objects: items };
      } catch (error) {
        // A resource that went away has no objects.
        if (isReason(error, 'NotFound', 'MethodNotAllowed')) return { resource, objects: [] };
        throw error;
      }
    }),
  );
}
