/**
 * Turns a pod's priorityClassName into the number that the scheduler reads. Kubernetes' Priority.
 * Always: the number comes from a class; a client cannot give itself one.
 */
import type { ApiObject } from '../machinery/meta.ts';
import { forbidden } from '../machinery/status.ts';
import { type Attributes, isResource, type Lister, type Plugin } from './chain.ts';

const CLASSES = { group: 'scheduling.k8s.io', resource: 'priorityclasses' };

interface PriorityClass {
  value: number;
  preemptionPolicy?: string;
}

const SYSTEM_CLASSES: Readonly<Record<string, PriorityClass>> = {
  'system-cluster-critical': { value: 2_000_000_000 },
  'system-node-critical': { value: 2_000_001_000 },
};

interface PodLike extends ApiObject {
  spec: { priorityClassName?: string; priority?: number; preemptionPolicy?: string };
}

export const priority = (lister: Lister): Plugin => ({
  name: 'Priority',
  operations: ['CREATE', 'UPDATE'],
  mutate: attributes => {
    if (!isResource(attributes, '', 'pods')) return;
    const { spec } = attributes.object as PodLike;
    if (attributes.operation === 'CREATE') return admit(attributes, spec, lister);
    // An update that leaves out what was computed means no change.
    const old = (attributes.oldObject as PodLike).spec;
    spec.priority ??= old.priority;
    spec.preemptionPolicy ??= old.preemptionPolicy;
  },
});

async function admit(attributes: Attributes, spec: PodLike['spec'], lister: Lister): Promise<void> {
  const found = spec.priorityClassName
    ? await classOf(attributes, spec.priorityClassName, lister)
    : { value: 0, preemptionPolicy: undefined };
  if (spec.priority !== undefined && spec.priority !== found.value) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${found.value} from the given PriorityClass name`;
    throw forbidden(attributes.resource, attributes.key.name, why);
  }
  spec.priority = found.value;
  spec.preemptionPolicy = found.preemptionPolicy ?? 'PreemptLowerPriority';
}

async function classOf({ resource, key }: Attributes, name: string, lister: Lister): Promise<PriorityClass> {
  const found = SYSTEM_CLASSES[name] ?? (await lister.get<ApiObject & PriorityClass>(CLASSES, { name }));
  if (!found) throw forbidden(resource, key.name, `no PriorityClass with name ${name} was found`);
  return found;
}
