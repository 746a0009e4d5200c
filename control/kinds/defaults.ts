/**
 * Defaults of pods that depend on other fields; the constant ones are in the schema. Called for pods, and for the templates
 * of everything that makes pods.
 */
import type { Container } from './types/container.ts';
import type { PodSpec } from './types/pod-spec.ts';

export function setPodSpecDefaults(spec: PodSpec): void {
  // Two names for one thing, since before v1; both are always there or none.
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
  for (const volume of spec.volumes ?? []) {
    if (!hasSource(volume)) volume.emptyDir = {};
  }
  for (const container of allContainers(spec)) {
    container.imagePullPolicy ||= pullPolicyOf(container.image ?? '');
    if (spec.hostNetwork === true) {
      for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
    }
  }
}

/** In the order they may be started: init containers, containers, ephemeral ones. */
export const allContainers = (spec: PodSpec): Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];

function hasSource(volume: object): boolean {
  for (const key in volume) if (key !== 'name') return true;
  return false;
}

/** What may move under the same name is asked for again. */
function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** Who says how much may be used at most and nothing else, asks for that much. Pods only, not templates. */
export function requestWhatIsLimited(spec: PodSpec): void {
  for (const { resources } of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (resources?.limits !== undefined) resources.requests = { ...resources.limits, ...resources.requests };
  }
}
