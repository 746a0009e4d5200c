/**
 * Volumes of a pod, and where containers mount them.
 */
import { configKeyErrors, dns1123LabelErrors } from '../../machinery/names.ts';
import type { Cause } from '../../machinery/status.ts';
import type { VolumeMount } from '../types/container.ts';
import type { KeyToPath, ProjectedVolumeSource } from '../types/volume.ts';
import type { Volume } from '../types/volume-source.ts';
import {
  duplicateFault,
  duplicateFaults,
  eachFault,
  forbiddenFault,
  invalidFault,
  nameFaults,
  notFoundFault,
  requiredFault,
} from './faults.ts';

const MODE_MAX = 0o777;

export const volumeFaults = (field: string, volumes: readonly Volume[] | undefined): Cause[] => [
  ...duplicateFaults(field, volumes ?? [], volume => volume.name),
  ...eachFault(field, volumes, (volume, at) => [
    ...(volume.name === ''
      ? [requiredFault(`${at}.name`)]
      : nameFaults(`${at}.name`, volume.name, dns1123LabelErrors(volume.name))),
    ...sourceFaults(volume, at),
  ]),
];

function sourceFaults(volume: Volume, field: string): Cause[] {
  const [, ...extra] = Object.keys(volume).filter(key => key !== 'name');
  const faults = extra.map(type => forbiddenFault(`${field}.${type}`, 'may not specify more than 1 volume type'));
  const { configMap, secret, hostPath, persistentVolumeClaim, downwardAPI, projected } = volume;
  if (configMap !== undefined) {
    if (configMap.name === '') faults.push(requiredFault(`${field}.configMap.name`));
    faults.push(...fileFaults(`${field}.configMap`, configMap));
  }
  if (secret !== undefined) {
    if (!secret.secretName) faults.push(requiredFault(`${field}.secret.secretName`));
    faults.push(...fileFaults(`${field}.secret`, secret));
  }
  if (hostPath !== undefined) faults.push(...pathFaults(`${field}.hostPath.path`, hostPath.path));
  if (persistentVolumeClaim?.claimName === '') faults.push(requiredFault(`${field}.persistentVolumeClaim.claimName`));
  if (downwardAPI !== undefined) {
    faults.push(...modeFaults(`${field}.downwardAPI.defaultMode`, downwardAPI.defaultMode));
    faults.push(
      ...eachFault(`${field}.downwardAPI.items`, downwardAPI.items, (item, at) =>
        relativePathFaults(`${at}.path`, item.path),
      ),
    );
  }
  if (projected !== undefined) faults.push(...projectedFaults(`${field}.projected`, projected));
  return faults;
}

function projectedFaults(field: string, projected: ProjectedVolumeSource): Cause[] {
  return [
    ...modeFaults(`${field}.defaultMode`, projected.defaultMode),
    ...eachFault(`${field}.sources`, projected.sources, (source, at) => {
      const given = Object.keys(source);
      if (given.length === 0) return [requiredFault(at, 'must specify a projected volume source')];
      if (given.length > 1)
        return [forbiddenFault(`${at}.${given[1]}`, 'may not specify more than 1 volume type per source')];
      const named = source.configMap ?? source.secret;
      if (named === undefined) return [];
      const type = source.configMap === undefined ? 'secret' : 'configMap';
      const missing = named.name === '' ? [requiredFault(`${at}.${type}.name`)] : [];
      return [...missing, ...fileFaults(`${at}.${type}`, named)];
    }),
  ];
}

const fileFaults = (field: string, source: { defaultMode?: number; items?: KeyToPath[] }): Cause[] => [
  ...modeFaults(`${field}.defaultMode`, source.defaultMode),
  ...eachFault(`${field}.items`, source.items, (item, at) => [
    ...(item.key === '' ? [requiredFault(`${at}.key`)] : nameFaults(`${at}.key`, item.key, configKeyErrors(item.key))),
    ...relativePathFaults(`${at}.path`, item.path),
    ...modeFaults(`${at}.mode`, item.mode),
  ]),
];

const modeFaults = (field: string, mode: number | undefined): Cause[] =>
  mode === undefined || (mode >= 0 && mode <= MODE_MAX)
    ? []
    : [invalidFault(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];

function pathFaults(field: string, path: string): Cause[] {
  if (path === '') return [requiredFault(field)];
  return path.split('/').includes('..') ? [invalidFault(field, path, "must not contain '..'")] : [];
}

function relativePathFaults(field: string, path: string): Cause[] {
  if (path.startsWith('/')) return [invalidFault(field, path, 'must be a relative path')];
  if (path.startsWith('..') && path !== '..' && !path.startsWith('../')) {
    return [invalidFault(field, path, "must not start with '..'")];
  }
  return pathFaults(field, path);
}

/** `volumes` are the names that the pod defines. */
export function mountFaults(
  field: string,
  mounts: readonly VolumeMount[] | undefined,
  volumes: ReadonlySet<string>,
): Cause[] {
  const paths = new Set<string>();
  return eachFault(field, mounts, (mount, at) => {
    const faults: Cause[] = [];
    if (mount.name === '') faults.push(requiredFault(`${at}.name`));
    else if (!volumes.has(mount.name)) faults.push(notFoundFault(`${at}.name`, mount.name));
    if (mount.mountPath === '') faults.push(requiredFault(`${at}.mountPath`));
    if (paths.has(mount.mountPath)) faults.push(invalidFault(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    if (mount.subPath) faults.push(...relativePathFaults(`${at}.subPath`, mount.subPath));
    if (mount.subPath && mount.subPathExpr) {
      faults.push(
        invalidFault(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
      );
    }
    return faults;
  });
}

/** Two containers cannot have the same port of the node. */
export function hostPortFaults(
  containers: readonly { ports?: { hostPort?: number; protocol?: string; hostIP?: string }[] }[],
  field: string,
): Cause[] {
  const taken = new Set<string>();
  return eachFault(field, containers, (container, at) =>
    eachFault(`${at}.ports`, container.ports, (port, portAt) => {
      if (!port.hostPort) return [];
      const place = `${port.protocol ?? 'TCP'}/${port.hostIP ?? ''}/${port.hostPort}`;
      const faults = taken.has(place) ? [duplicateFault(`${portAt}.hostPort`, place)] : [];
      taken.add(place);
      return faults;
    }),
  );
}
