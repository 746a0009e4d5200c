/** Runs planDeployment: queues Deployments when they, their sets, or (for Recreate) their pods change. */
import type { ReplicaSet } from '../kinds/replica-set.ts';
import { matchesLabels, selectorOf } from '../machinery/labels.ts';
import { type ApiObject, controllerOf, keyText } from '../machinery/meta.ts';
import type { Context, Controller } from './controller.ts';
import { planDeployment } from './deployment.ts';

export function deploymentController({ informers, clock }: Context): Controller {
  return {
    name: 'deployment-controller',
    concurrency: 5,
    setUp({ queue, perform }) {
      const deployments = informers.deployments();
      const sets = informers.replicaSets();
      const pods = informers.pods();
      const queueOwner = (object: ApiObject | undefined) => {
        const owner = object && controllerOf(object);
        if (owner?.kind === 'Deployment')
          queue.add(keyText({ namespace: object!.metadata.namespace, name: owner.name }));
      };
      const queueAdopters = (set: ReplicaSet) => {
        for (const deployment of deployments.store.byIndex('namespace', set.metadata.namespace ?? ''))
          if (matchesLabels(selectorOf(deployment.spec.selector), set.metadata.labels))
            queue.add(keyText(deployment.metadata));
      };
      deployments.onChange((old, deployment) => queue.add(keyText((deployment ?? old!).metadata)));
      sets.onChange((old, set) => {
        queueOwner(old);
        queueOwner(set);
        if (set && !controllerOf(set)) queueAdopters(set);
      });
      // Recreate waits for the last old pod.
      pods.onChange((old, pod) => {
        const owner = !pod && controllerOf(old!);
        const set = owner && sets.store.get({ namespace: old!.metadata.namespace, name: owner.name });
        if (set) queueOwner(set);
      });
      return {
        synced: [deployments.synced, sets.synced, pods.synced],
        reconcile: async key => {
          const deployment = deployments.store.get(key);
          if (!deployment) return;
          const namespace = deployment.metadata.namespace ?? '';
          const { actions, againAfterMs } = planDeployment({
            deployment,
            sets: [
              ...sets.store.byIndex('controller', deployment.metadata.uid!),
              ...sets.store.byIndex('orphan', namespace),
            ],
            podsOf: set => pods.store.byIndex('controller', set.metadata.uid!),
            setNamed: name => sets.store.get({ namespace, name }),
            now: clock.now(),
          });
          await perform(actions);
          if (againAfterMs !== undefined) queue.addAfter(key, againAfterMs);
        },
      };
    },
  };
}
