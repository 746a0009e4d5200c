/**
 * Where a pod may run: tolerations, affinity, spreading. Called for pods and templates.
 */
import { dns1123SubdomainErrors, labelValueErrors, qualifiedNameErrors } from '../../machinery/names.ts';
import type { Cause } from '../../machinery/status.ts';
import type {
  Affinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
  WeightedPodAffinityTerm,
} from '../types/affinity.ts';
import type { PodSpec } from '../types/pod-spec.ts';
import {
  duplicateFault,
  eachFault,
  forbiddenFault,
  invalidFault,
  nameFaults,
  notSupportedFault,
  rangeFault,
  requiredFault,
} from './faults.ts';
import { labelFaults } from './metadata.ts';
import { selectorFaults } from './selector.ts';

export const schedulingFaults = (field: string, spec: PodSpec): Cause[] => [
  ...labelFaults(`${field}.nodeSelector`, spec.nodeSelector),
  ...affinityFaults(`${field}.affinity`, spec.affinity),
  ...eachFault(`${field}.tolerations`, spec.tolerations, tolerationFaults),
  ...spreadFaults(`${field}.topologySpreadConstraints`, spec.topologySpreadConstraints ?? []),
  ...(spec.nodeName ? nameFaults(`${field}.nodeName`, spec.nodeName, dns1123SubdomainErrors(spec.nodeName)) : []),
];

function tolerationFaults(toleration: Toleration, field: string): Cause[] {
  const { key, operator, value, effect, tolerationSeconds } = toleration;
  const faults = key ? nameFaults(`${field}.key`, key, qualifiedNameErrors(key)) : [];
  if (!key && operator !== 'Exists') {
    faults.push(
      invalidFault(
        `${field}.operator`,
        operator ?? '',
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    faults.push(
      invalidFault(`${field}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"),
    );
  }
  if (operator === 'Exists' && value) {
    faults.push(invalidFault(`${field}.operator`, toleration, "value must be empty when `operator` is 'Exists'"));
  }
  if (operator !== 'Exists' && value) faults.push(...nameFaults(`${field}.operator`, value, labelValueErrors(value)));
  return faults;
}

function affinityFaults(field: string, affinity: Affinity | undefined): Cause[] {
  if (affinity === undefined) return [];
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const terms = nodeAffinity?.[required]?.nodeSelectorTerms;
  const node = `${field}.nodeAffinity`;
  return [
    ...(terms?.length === 0
      ? [requiredFault(`${node}.${required}.nodeSelectorTerms`, 'must have at least one node selector term')]
      : []),
    ...eachFault(`${node}.${required}.nodeSelectorTerms`, terms, nodeTermFaults),
    ...eachFault(`${node}.${preferred}`, nodeAffinity?.[preferred], (wish, at) => [
      ...rangeFault(`${at}.weight`, wish.weight, 1, 100),
      ...nodeTermFaults(wish.preference, `${at}.preference`),
    ]),
    ...[['podAffinity', podAffinity] as const, ['podAntiAffinity', podAntiAffinity] as const].flatMap(
      ([name, pods]) => [
        ...eachFault(`${field}.${name}.${required}`, pods?.[required], podTermFaults),
        ...eachFault(`${field}.${name}.${preferred}`, pods?.[preferred], weightedFaults),
      ],
    ),
  ];
}

const nodeTermFaults = (term: NodeSelectorTerm, field: string): Cause[] => [
  ...eachFault(`${field}.matchExpressions`, term.matchExpressions, nodeRequirementFaults),
  ...eachFault(`${field}.matchFields`, term.matchFields, (condition, at) => {
    if (condition.key !== 'metadata.name')
      return [invalidFault(`${at}.key`, condition.key, 'not a valid field selector key')];
    const one = condition.values?.length === 1;
    return one
      ? []
      : [
          requiredFault(
            `${at}.values`,
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
          ),
        ];
  }),
];

function nodeRequirementFaults(condition: NodeSelectorRequirement, field: string): Cause[] {
  const count = condition.values?.length ?? 0;
  const faults = nameFaults(`${field}.key`, condition.key, qualifiedNameErrors(condition.key));
  switch (condition.operator) {
    case 'In':
    case 'NotIn':
      if (count === 0)
        faults.push(requiredFault(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (count > 0)
        faults.push(
          forbiddenFault(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      break;
    case 'Gt':
    case 'Lt':
      if (count !== 1)
        faults.push(requiredFault(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  }
  return faults;
}

const weightedFaults = (wish: WeightedPodAffinityTerm, field: string): Cause[] => [
  ...rangeFault(`${field}.weight`, wish.weight, 1, 100),
  ...podTermFaults(wish.podAffinityTerm, `${field}.podAffinityTerm`),
];

const podTermFaults = (term: PodAffinityTerm, field: string): Cause[] => [
  ...selectorFaults(`${field}.labelSelector`, term.labelSelector),
  ...selectorFaults(`${field}.namespaceSelector`, term.namespaceSelector),
  ...(term.topologyKey === ''
    ? [requiredFault(`${field}.topologyKey`, 'can not be empty')]
    : nameFaults(`${field}.topologyKey`, term.topologyKey, qualifiedNameErrors(term.topologyKey))),
];

function spreadFaults(field: string, constraints: readonly TopologySpreadConstraint[]): Cause[] {
  const seen = new Set<string>();
  return eachFault(field, constraints, (constraint, at) => {
    const faults = selectorFaults(`${at}.labelSelector`, constraint.labelSelector);
    if (constraint.maxSkew <= 0)
      faults.push(invalidFault(`${at}.maxSkew`, constraint.maxSkew, 'must be greater than zero'));
    if (constraint.topologyKey === '') faults.push(requiredFault(`${at}.topologyKey`, 'can not be empty'));
    if ((constraint.whenUnsatisfiable as string) === '') {
      faults.push(notSupportedFault(`${at}.whenUnsatisfiable`, '', ['DoNotSchedule', 'ScheduleAnyway']));
    }
    const pair = `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`;
    if (seen.has(pair)) faults.push(duplicateFault(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    return faults;
  });
}
