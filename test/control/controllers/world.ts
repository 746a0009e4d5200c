/** Pods, sets and Deployments to plan with, and plans as lines of words. Used by the tests of plans. */

import type { Action } from '../../../control/controllers/actions.ts';
import type { Deployment } from '../../../control/kinds/deployment.ts';
import type { Pod } from '../../../control/kinds/pod.ts';
import type { ReplicaSet } from '../../../control/kinds/replica-set.ts';
import { timestamp } from '../../../control/machinery/meta.ts';

export const NOW = Date.parse('2026-01-01T12:00:00Z');
export const ago = (seconds: number) => timestamp(NOW - seconds * 1000);

export const words = (actions: readonly Action[]): string[] =>
  actions.map(action => {
    if (action.type === 'event') return `say ${action.reason}`;
    const name =
      'object' in action ? action.object.metadata.name || action.object.metadata.generateName : action.key.name;
    return `${action.type} ${action.resource.resource}${'subresource' in action && action.subresource ? `/${action.subresource}` : ''} ${name}`;
  });

interface PodParts {
  node?: string;
  phase?: NonNullable<Pod['status']>['phase'];
  ready?: boolean | number;
  deleting?: boolean;
  owner?: string;
  labels?: Record<string, string>;
  cost?: string;
  restarts?: number;
  age?: number;
  ip?: string;
  tolerations?: Pod['spec']['tolerations'];
}

export const pod = (name: string, parts: PodParts = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    labels: parts.labels ?? { app: 'web' },
    annotations: parts.cost ? { 'controller.kubernetes.io/pod-deletion-cost': parts.cost } : {},
    creationTimestamp: ago(parts.age ?? 100),
    deletionTimestamp: parts.deleting ? ago(1) : undefined,
    ownerReferences:
      parts.owner === undefined
        ? undefined
        : [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: parts.owner, uid: parts.owner, controller: true }],
  },
  spec: {
    nodeName: parts.node ?? 'n1',
    containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }], resources: {} }],
    tolerations: parts.tolerations,
  },
  status: {
    phase: parts.phase ?? 'Running',
    podIP: parts.ip,
    conditions: parts.ready
      ? [{ type: 'Ready', status: 'True', lastTransitionTime: ago(typeof parts.ready === 'number' ? parts.ready : 60) }]
      : [],
    containerStatuses: [{ name: 'main', image: 'v1', imageID: '', ready: false, restartCount: parts.restarts ?? 0 }],
  },
});

export const replicaSet = (
  name: string,
  replicas: number,
  parts: {
    available?: number;
    image?: string;
    owner?: string;
    noted?: number;
    max?: number;
    age?: number;
    revision?: number;
  } = {},
): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    labels: { app: 'web' },
    generation: 1,
    resourceVersion: '1',
    creationTimestamp: ago(parts.age ?? 100),
    annotations: {
      'deployment.kubernetes.io/revision': String(parts.revision ?? 1),
      'deployment.kubernetes.io/desired-replicas': String(parts.noted ?? replicas),
      'deployment.kubernetes.io/max-replicas': String(parts.max ?? replicas + 1),
    },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: parts.owner ?? 'web', controller: true },
    ],
  },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template(parts.image ?? 'v1') },
  status: {
    replicas,
    readyReplicas: parts.available ?? replicas,
    availableReplicas: parts.available ?? replicas,
    observedGeneration: 1,
  },
});

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image, resources: {} }] },
});

export const deployment = (replicas: number, spec: Partial<Deployment['spec']> = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'web',
    generation: 2,
    annotations: { 'deployment.kubernetes.io/revision': '2' },
  },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, strategy: {}, template: template('v2'), ...spec },
});
