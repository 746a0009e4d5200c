/**
 * Environment variables of containers.
 */
import { configKeyErrors } from '../../machinery/names.ts';
import type { Cause } from '../../machinery/status.ts';
import type { EnvFromSource, EnvVar, EnvVarSource } from '../types/container-env.ts';
import { eachFault, invalidFault, nameFaults, notSupportedFault, requiredFault } from './faults.ts';

/** Printable ASCII but the equals sign. */
const VARIABLE_NAME = /^[ -<>-~]+$/;
const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'] as const;
const FIELD_PATHS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const LABEL_PATH = /^metadata\.(?:labels|annotations)\['[^']+'\]$/;
const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

export const envFaults = (field: string, env: readonly EnvVar[] | undefined): Cause[] =>
  eachFault(field, env, (variable, at) => {
    const faults: Cause[] = [];
    if (variable.name === '') faults.push(requiredFault(`${at}.name`));
    else if (!VARIABLE_NAME.test(variable.name)) {
      faults.push(invalidFault(`${at}.name`, variable.name, NAME_RULE));
    }
    if (variable.valueFrom !== undefined) faults.push(...sourceFaults(variable.valueFrom, `${at}.valueFrom`, variable));
    return faults;
  });

const NAME_RULE = "a valid environment variable name must consist only of printable ASCII characters other than '='";

function sourceFaults(source: EnvVarSource, field: string, variable: EnvVar): Cause[] {
  const given = SOURCES.filter(type => source[type] !== undefined);
  if (given.length === 0) {
    const choice = SOURCES.map(type => `\`${type}\``)
      .join(', ')
      .replace(/, (?=[^,]*$)/, ' or ');
    return [invalidFault(field, '', `must specify one of: ${choice}`)];
  }
  if (variable.value) return [invalidFault(field, '', 'may not be specified when `value` is not empty')];
  if (given.length > 1) return [invalidFault(field, '', 'may not have more than one field specified at a time')];
  return [
    ...fieldRefFaults(`${field}.fieldRef`, source.fieldRef?.fieldPath),
    ...resourceFaults(`${field}.resourceFieldRef`, source.resourceFieldRef?.resource),
    ...keyFaults(`${field}.configMapKeyRef`, source.configMapKeyRef),
    ...keyFaults(`${field}.secretKeyRef`, source.secretKeyRef),
  ];
}

function fieldRefFaults(field: string, path: string | undefined): Cause[] {
  if (path === undefined || FIELD_PATHS.includes(path) || LABEL_PATH.test(path)) return [];
  return [
    path === '' ? requiredFault(`${field}.fieldPath`) : notSupportedFault(`${field}.fieldPath`, path, FIELD_PATHS),
  ];
}

function resourceFaults(field: string, resource: string | undefined): Cause[] {
  if (resource === undefined || RESOURCES.includes(resource) || resource.includes('hugepages-')) return [];
  return [
    resource === '' ? requiredFault(`${field}.resource`) : notSupportedFault(`${field}.resource`, resource, RESOURCES),
  ];
}

function keyFaults(field: string, selector: { name: string; key: string } | undefined): Cause[] {
  if (selector === undefined) return [];
  const faults = selector.name === '' ? [requiredFault(`${field}.name`)] : [];
  if (selector.key === '') return [...faults, requiredFault(`${field}.key`)];
  return [...faults, ...nameFaults(`${field}.key`, selector.key, configKeyErrors(selector.key))];
}

export const envFromFaults = (field: string, sources: readonly EnvFromSource[] | undefined): Cause[] =>
  eachFault(field, sources, ({ configMapRef, secretRef }, at) => {
    if (configMapRef === undefined && secretRef === undefined) {
      return [invalidFault(at, '', 'must specify one of: `configMapRef` or `secretRef`')];
    }
    if (configMapRef !== undefined && secretRef !== undefined) {
      return [invalidFault(at, '', 'may not have more than one field specified at a time')];
    }
    if (configMapRef?.name === '') return [requiredFault(`${at}.configMapRef.name`)];
    return secretRef?.name === '' ? [requiredFault(`${at}.secretRef.name`)] : [];
  });
