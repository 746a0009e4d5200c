/**
 * Label selectors of workloads and affinities. Called by whatever Kind has one.
 */
import { matchesLabels, selectorOf } from '../../machinery/labels.ts';
import { labelValueErrors, qualifiedNameErrors } from '../../machinery/names.ts';
import type { Cause } from '../../machinery/status.ts';
import type { PodTemplateSpec } from '../types/pod-spec.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../types/selector.ts';
import { eachFault, forbiddenFault, invalidFault, nameFaults, requiredFault } from './faults.ts';
import { labelFaults } from './metadata.ts';

export function selectorFaults(field: string, selector: LabelSelector | undefined): Cause[] {
  if (selector === undefined) return [];
  return [
    ...labelFaults(`${field}.matchLabels`, selector.matchLabels),
    ...eachFault(`${field}.matchExpressions`, selector.matchExpressions, expressionFaults),
  ];
}

function expressionFaults(expression: LabelSelectorRequirement, field: string): Cause[] {
  const values = expression.values ?? [];
  const faults = nameFaults(`${field}.key`, expression.key, qualifiedNameErrors(expression.key));
  if (expression.operator === 'In' || expression.operator === 'NotIn') {
    if (values.length === 0) {
      faults.push(requiredFault(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (values.length > 0) {
    faults.push(
      forbiddenFault(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
    );
  }
  for (const [i, value] of values.entries()) {
    faults.push(...nameFaults(`${field}.values[${i}]`, value, labelValueErrors(value)));
  }
  return faults;
}

/** The selector of something that makes pods: there, not empty, and true of the pods it makes. `what` is `deployment`. */
export function ownSelectorFaults(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  what: string,
): Cause[] {
  // The schema has reported a selector that is not there.
  if (selector === undefined) return [];
  const faults = selectorFaults('spec.selector', selector);
  if (faults.length > 0) return faults;
  if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0) {
    return [invalidFault('spec.selector', selector, `empty selector is invalid for ${what}`)];
  }
  const labels = template?.metadata.labels;
  if (template === undefined || matchesLabels(selectorOf(selector), labels)) return [];
  return [invalidFault('spec.template.metadata.labels', labels ?? {}, '`selector` does not match template `labels`')];
}
