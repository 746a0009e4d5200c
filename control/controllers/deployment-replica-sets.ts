/**
 * The replica sets of a Deployment: which one has its template, what a new one looks like, which revision each is. Pure.
 * Used by deployment and its siblings.
 */
import type { Deployment } from '../kinds/deployment.ts';
import type { ReplicaSet } from '../kinds/replica-set.ts';
import type { PodTemplateSpec } from '../kinds/types/pod-spec.ts';
import { equal } from '../machinery/equal.ts';
import { templateHash } from '../machinery/hash.ts';
import { REPLICA_SETS } from '../machinery/resources.ts';
import type { Create, Patch } from './actions.ts';
import { ownerReferenceTo } from './ownership.ts';

const TEMPLATE_HASH = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
/** A replica set does not inherit these from its Deployment. */
const OWN_ANNOTATIONS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
];

export const byCreation = (a: ReplicaSet, b: ReplicaSet): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  a.metadata.name.localeCompare(b.metadata.name);

/** The oldest one with the Deployment's template: once chosen it stays chosen. */
export const findNewSet = (deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  [...sets].sort(byCreation).find(set => sameTemplate(set.spec.template, deployment.spec.template));

/** Compares without the hash label, and without what only one side wrote down as empty. */
export const sameTemplate = (a: PodTemplateSpec, b: PodTemplateSpec): boolean => equal(comparable(a), comparable(b));

function comparable({ metadata, spec }: PodTemplateSpec): unknown {
  const { [TEMPLATE_HASH]: _, ...labels } = metadata?.labels ?? {};
  return { labels, annotations: metadata?.annotations ?? {}, spec };
}

export const replicasOf = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, set) => sum + (set.spec.replicas ?? 1), 0);

export const revisionOf = (object: { metadata: { annotations?: Record<string, string> } }): number =>
  Number(object.metadata.annotations?.[REVISION] ?? 0) || 0;

export const newSetName = ({ metadata, spec, status }: Deployment): string =>
  `${metadata.name}-${templateHash(spec.template, status?.collisionCount)}`;

export function createSet(deployment: Deployment, replicas: number, revision: number, maxReplicas: number): Create {
  const { metadata, spec, status } = deployment;
  const hash = templateHash(spec.template, status?.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [TEMPLATE_HASH]: hash };
  const name = newSetName(deployment);
  const object: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels,
      annotations: {
        ...inheritedAnnotations(deployment),
        [REVISION]: String(revision),
        ...sizeAnnotations(spec.replicas ?? 1, maxReplicas),
      },
      ownerReferences: [ownerReferenceTo(deployment)],
    },
    spec: {
      replicas,
      minReadySeconds: spec.minReadySeconds,
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [TEMPLATE_HASH]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
  const done = { reason: 'ScalingReplicaSet', message: `Scaled up replica set ${name} from 0 to ${replicas}` };
  const failed = { reason: 'ReplicaSetCreateError', message: `Failed to create new replica set "${name}": {error}` };
  const tells = { about: deployment, done: replicas > 0 ? done : undefined, failed };
  return { type: 'create', resource: REPLICA_SETS, object, tells };
}

const sizeAnnotations = (desired: number, max: number): Record<string, string> => ({
  [DESIRED_REPLICAS]: String(desired),
  [MAX_REPLICAS]: String(max),
});

const inheritedAnnotations = ({ metadata }: Deployment): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([name]) => !OWN_ANNOTATIONS.includes(name)));

/** The revision that the new set must have: one above all others, unless it is the highest already. */
export const nextRevision = (newSet: ReplicaSet | undefined, sets: readonly ReplicaSet[]): number => {
  const others = Math.max(0, ...sets.filter(set => set !== newSet).map(revisionOf));
  return Math.max(newSet ? revisionOf(newSet) : 0, others + 1);
};

/** What an existing new set must be told: revision, the Deployment's annotations, minReadySeconds. */
export function refreshSet(deployment: Deployment, set: ReplicaSet, revision: number): Patch | undefined {
  const annotations: Record<string, string> = { ...inheritedAnnotations(deployment), [REVISION]: String(revision) };
  const before = set.metadata.annotations ?? {};
  const past = before[REVISION];
  if (past !== undefined && past !== String(revision))
    annotations[REVISION_HISTORY] = [before[REVISION_HISTORY], past].filter(Boolean).join(',');
  const changed = Object.fromEntries(Object.entries(annotations).filter(([name, value]) => before[name] !== value));
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const sameMinReady = (set.spec.minReadySeconds ?? 0) === minReadySeconds;
  if (Object.keys(changed).length === 0 && sameMinReady) return undefined;
  const spec = sameMinReady ? undefined : { minReadySeconds };
  return patchSet(set, { metadata: { annotations: changed }, spec });
}

/** Changes the size, and writes down for which size of the Deployment that was. */
export function scaleSet(
  deployment: Deployment,
  set: ReplicaSet,
  replicas: number,
  maxReplicas: number,
): Patch | undefined {
  const annotations = sizeAnnotations(deployment.spec.replicas ?? 1, maxReplicas);
  const before = set.spec.replicas ?? 1;
  const noted = Object.entries(annotations).every(([name, value]) => set.metadata.annotations?.[name] === value);
  if (before === replicas && noted) return undefined;
  const patch = patchSet(set, { metadata: { annotations }, spec: { replicas } });
  if (before === replicas) return patch;
  const direction = replicas > before ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`;
  return { ...patch, tells: { about: deployment, done: { reason: 'ScalingReplicaSet', message } } };
}

/** Holds only for the version that the plan has seen: a plan made from an old world fails instead of doing harm. */
function patchSet({ metadata }: ReplicaSet, { metadata: changes, spec }: { metadata: object; spec?: object }): Patch {
  const { namespace, name, uid, resourceVersion } = metadata;
  const patch = { metadata: { ...changes, uid, resourceVersion }, spec };
  return { type: 'patch', resource: REPLICA_SETS, key: { namespace, name }, patch };
}
