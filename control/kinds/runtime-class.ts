/**
 * RuntimeClass: names a runtime that pods can ask for.
 */
import { dns1123LabelErrors } from '../machinery/names.ts';
import { RUNTIME_CLASSES } from '../machinery/resources.ts';
import { ageColumn, nameColumn, text } from './columns.ts';
import { apiObject, pointer, required, type Static, string } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { Overhead, Scheduling } from './types/small.ts';
import { immutableFault, nameFaults, requiredFault } from './validation/faults.ts';

const schema = apiObject('io.k8s.api.node.v1.RuntimeClass', 'Names a runtime that pods can ask for.', ObjectMeta, {
  handler: required(2, string(), 'Name of the runtime on the nodes.'),
  overhead: pointer(3, Overhead, 'What a pod costs beyond its containers.'),
  scheduling: pointer(4, Scheduling, 'Which nodes have it.'),
});

export type RuntimeClass = Static<typeof schema>;

export const runtimeClass: Kind<RuntimeClass> = {
  ...RUNTIME_CLASSES,
  singular: 'runtimeclass',
  listKind: 'RuntimeClassList',
  description: 'Names a runtime that pods can ask for.',
  schema,
  columns: [nameColumn, text('Handler', 'Name of the runtime on the nodes.', o => o.handler), ageColumn],
  allowUnconditionalUpdate: true,
  generation: false,
  validate: ({ handler }) =>
    handler === '' ? [requiredFault('handler')] : nameFaults('handler', handler, dns1123LabelErrors(handler)),
  validateUpdate: (next, current) =>
    next.handler === current.handler ? [] : [immutableFault('handler', next.handler)],
};
