/**
 * A pod that names a RuntimeClass gets what the class says about overhead and nodes; a class that does not exist refuses it.
 * Kubernetes' RuntimeClass.
 */
import { equal } from '../machinery/equal.ts';
import type { ApiObject } from '../machinery/meta.ts';
import { forbidden } from '../machinery/status.ts';
import { type Attributes, isResource, type Lister, type Plugin } from './chain.ts';

const CLASSES = { group: 'node.k8s.io', resource: 'runtimeclasses' };

interface RuntimeClass extends ApiObject {
  overhead?: { podFixed?: Record<string, string> };
  scheduling?: { nodeSelector?: Record<string, string>; tolerations?: object[] };
}

interface PodLike extends ApiObject {
  spec: {
    runtimeClassName?: string;
    overhead?: Record<string, string>;
    nodeSelector?: Record<string, string>;
    tolerations?: object[];
  };
}

export const runtimeClass = (lister: Lister): Plugin => ({
  name: 'RuntimeClass',
  operations: ['CREATE'],
  mutate: async attributes => {
    if (!isResource(attributes, '', 'pods')) return;
    const pod = attributes.object as PodLike;
    const name = pod.spec.runtimeClassName;
    if (!name) return;
    const found = await lister.get<RuntimeClass>(CLASSES, { name });
    if (!found) throw refused(attributes, `RuntimeClass "${name}" not found`);
    setOverhead(attributes, pod, found);
    setScheduling(attributes, pod, found);
  },
});

const refused = ({ resource, key }: Attributes, why: string) => forbidden(resource, key.name, `pod rejected: ${why}`);

function setOverhead(attributes: Attributes, pod: PodLike, { overhead }: RuntimeClass): void {
  const wanted = overhead?.podFixed;
  if (pod.spec.overhead && !equal(pod.spec.overhead, wanted ?? {})) {
    throw refused(attributes, "Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }
  if (wanted) pod.spec.overhead = { ...wanted };
}

function setScheduling(attributes: Attributes, pod: PodLike, { scheduling }: RuntimeClass): void {
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = pod.spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) {
      throw refused(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
    }
    pod.spec.nodeSelector = { ...pod.spec.nodeSelector, [key]: value };
  }
  const missing = (scheduling?.tolerations ?? []).filter(t => !pod.spec.tolerations?.some(own => equal(own, t)));
  if (missing.length > 0) pod.spec.tolerations = [...(pod.spec.tolerations ?? []), ...structuredClone(missing)];
}
