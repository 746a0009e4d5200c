/**
 * What every pod must satisfy beyond its schema, on its own or in a template. `field` is `spec` or `spec.template.spec`.
 */
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../machinery/names.ts';
import type { Cause } from '../../machinery/status.ts';
import type { Container } from '../types/container.ts';
import type { PodSpec, PodTemplateSpec } from '../types/pod-spec.ts';
import { envFaults, envFromFaults } from './environment.ts';
import {
  duplicateFault,
  eachFault,
  forbiddenFault,
  invalidFault,
  nameFaults,
  nonNegative,
  notSupportedFault,
  rangeFault,
  requiredFault,
} from './faults.ts';
import { annotationFaults, labelFaults } from './metadata.ts';
import { containerPortFaults } from './ports.ts';
import { lifecycleFaults, probeFaults } from './probes.ts';
import { resourcesFaults } from './resources.ts';
import { schedulingFaults } from './scheduling.ts';
import { hostPortFaults, mountFaults, volumeFaults } from './volumes.ts';

const INT32_MAX = 2 ** 31 - 1;

export function podSpecFaults(field: string, spec: PodSpec): Cause[] {
  const volumes = new Set(spec.volumes?.map(volume => volume.name));
  const names = new Set<string>();
  const check = (kind: 'init' | 'main') => (container: Container, at: string) =>
    containerFaults(container, at, kind, volumes, names);
  return [
    ...volumeFaults(`${field}.volumes`, spec.volumes),
    ...(spec.containers.length === 0 ? [requiredFault(`${field}.containers`)] : []),
    ...eachFault(`${field}.containers`, spec.containers, check('main')),
    ...hostPortFaults(spec.containers, `${field}.containers`),
    ...eachFault(`${field}.initContainers`, spec.initContainers, check('init')),
    ...ephemeralFaults(field, spec),
    ...identityFaults(field, spec),
    ...timeFaults(field, spec),
    ...dnsFaults(field, spec),
    ...schedulingFaults(field, spec),
  ];
}

/** Of something that keeps pods running: they may not end by themselves. */
export function podTemplateFaults(template: PodTemplateSpec | undefined): Cause[] {
  if (template === undefined) return [];
  const field = 'spec.template';
  const faults = [
    ...labelFaults(`${field}.metadata.labels`, template.metadata.labels),
    ...annotationFaults(`${field}.metadata.annotations`, template.metadata.annotations),
    ...podSpecFaults(`${field}.spec`, template.spec),
  ];
  if (template.spec.restartPolicy !== 'Always') {
    faults.push(notSupportedFault(`${field}.spec.restartPolicy`, template.spec.restartPolicy ?? '', ['Always']));
  }
  if (template.spec.activeDeadlineSeconds !== undefined) {
    faults.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
      field: `${field}.spec.activeDeadlineSeconds`,
    });
  }
  return faults;
}

function containerFaults(
  container: Container,
  field: string,
  kind: 'init' | 'main',
  volumes: ReadonlySet<string>,
  names: Set<string>,
): Cause[] {
  const { name, image = '' } = container;
  const faults: Cause[] = [];
  if (name === '') faults.push(requiredFault(`${field}.name`));
  else faults.push(...nameFaults(`${field}.name`, name, dns1123LabelErrors(name)));
  if (name !== '' && names.has(name)) faults.push(duplicateFault(`${field}.name`, name));
  names.add(name);
  if (image === '') faults.push(requiredFault(`${field}.image`));
  else if (image.trim() !== image) {
    faults.push(invalidFault(`${field}.image`, image, 'must not have leading or trailing whitespace'));
  }
  if (kind === 'main' && container.restartPolicy) {
    faults.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be set for non-init containers',
      field: `${field}.restartPolicy`,
    });
  }
  faults.push(
    ...containerPortFaults(`${field}.ports`, container.ports),
    ...envFaults(`${field}.env`, container.env),
    ...envFromFaults(`${field}.envFrom`, container.envFrom),
    ...mountFaults(`${field}.volumeMounts`, container.volumeMounts, volumes),
    ...resourcesFaults(`${field}.resources`, container.resources),
    ...lifecycleFaults(`${field}.lifecycle`, container.lifecycle),
  );
  return [...faults, ...containerProbeFaults(container, field, kind)];
}

function containerProbeFaults(container: Container, field: string, kind: 'init' | 'main'): Cause[] {
  if (kind === 'init' && container.restartPolicy !== 'Always') {
    const given = (['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const).filter(
      part => container[part],
    );
    return given.map(part => ({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be set for init containers without restartPolicy=Always',
      field: `${field}.${part}`,
    }));
  }
  return [
    ...probeFaults(`${field}.livenessProbe`, container.livenessProbe, true),
    ...probeFaults(`${field}.readinessProbe`, container.readinessProbe, false),
    ...probeFaults(`${field}.startupProbe`, container.startupProbe, true),
  ];
}

function identityFaults(field: string, spec: PodSpec): Cause[] {
  const subdomain = (part: 'serviceAccountName' | 'runtimeClassName' | 'priorityClassName') =>
    spec[part] ? nameFaults(`${field}.${part}`, spec[part], dns1123SubdomainErrors(spec[part])) : [];
  const label = (part: 'hostname' | 'subdomain') =>
    spec[part] ? nameFaults(`${field}.${part}`, spec[part], dns1123LabelErrors(spec[part])) : [];
  return [
    ...subdomain('serviceAccountName'),
    ...subdomain('runtimeClassName'),
    ...subdomain('priorityClassName'),
    ...label('hostname'),
    ...label('subdomain'),
  ];
}

/** They are added to pods that run, through a subresource of their own. */
const ephemeralFaults = (field: string, { ephemeralContainers }: PodSpec): Cause[] => {
  if (!ephemeralContainers?.length) return [];
  const why = field === 'spec' ? 'cannot be set on create' : 'ephemeral containers not allowed in pod template';
  return [forbiddenFault(`${field}.ephemeralContainers`, why)];
};

const timeFaults = (field: string, spec: PodSpec): Cause[] => [
  ...nonNegative(`${field}.terminationGracePeriodSeconds`, spec.terminationGracePeriodSeconds),
  ...(spec.activeDeadlineSeconds === undefined
    ? []
    : rangeFault(`${field}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 1, INT32_MAX)),
];

function dnsFaults(field: string, spec: PodSpec): Cause[] {
  if (spec.dnsPolicy !== 'None') return [];
  if (spec.dnsConfig === undefined) {
    return [requiredFault(`${field}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  }
  if (spec.dnsConfig.nameservers?.length) return [];
  return [
    requiredFault(
      `${field}.dnsConfig.nameservers`,
      'must provide at least one DNS nameserver when `dnsPolicy` is None',
    ),
  ];
}
