/**
 * Selectors by labels, and the condition that newer kinds share.
 */
import { array, enumeration, int64, map, object, optional, required, type Static, string, time } from '../schema.ts';
import { ConditionStatus } from './atoms.ts';

export const LabelSelectorRequirement = object(
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement',
  'One condition on one label.',
  {
    key: required(1, string(), 'The label.'),
    operator: required(
      2,
      enumeration('DoesNotExist', 'Exists', 'In', 'NotIn'),
      'How the label is compared with the values.',
    ),
    values: optional(
      3,
      array(string(), { type: 'atomic' }),
      'Values for In and NotIn; empty for Exists and DoesNotExist.',
    ),
  },
);
export type LabelSelectorRequirement = Static<typeof LabelSelectorRequirement>;

export const LabelSelector = object(
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector',
  'Which objects are meant, by their labels; every part must hold. An empty selector matches everything.',
  {
    matchLabels: optional(1, map(string()), 'Labels that must have exactly these values.'),
    matchExpressions: optional(
      2,
      array(LabelSelectorRequirement, { type: 'atomic' }),
      'Conditions on labels that must all hold.',
    ),
  },
  { atomic: true },
);
export type LabelSelector = Static<typeof LabelSelector>;

export const Condition = object(
  'io.k8s.apimachinery.pkg.apis.meta.v1.Condition',
  "One observed aspect of an object's state.",
  {
    type: required(1, string(), 'Which aspect.'),
    status: required(2, ConditionStatus, 'Whether it holds.'),
    observedGeneration: optional(3, int64(), 'The generation of the object that this was seen on.'),
    lastTransitionTime: required(4, time(), 'When the status last changed.'),
    reason: required(5, string(), 'One CamelCase word for machines.'),
    message: required(6, string(), 'A sentence for people.'),
  },
);
export type Condition = Static<typeof Condition>;
