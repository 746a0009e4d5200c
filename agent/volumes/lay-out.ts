/**
 * Lays a pod's volumes out on disk, and says where each container finds them. Called by the pod's worker before its first
 * container and whenever an object that a volume shows has changed.
 *
 * Always: everything lies under the pod's own directory; ConfigMaps, Secrets and projections are read-only for the guest.
 */
import { copyFile, lstat } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import type { Container, VolumeMount } from '../../control/kinds/types/container.ts';
import type { Volume } from '../../control/kinds/types/volume-source.ts';
import type { Files } from '../../control/platform/types.ts';
import type { Mount } from '../../runtime/sandbox.ts';
import { configError, SetupError } from '../config-error.ts';
import type { PodFacts } from '../downward-api.ts';
import type { ObjectLookup } from '../environment.ts';
import { expand } from '../expansion.ts';
import { configMapFiles } from './config-map.ts';
import { downwardFiles } from './downward.ts';
import { makeEmptyDir } from './empty-dir.ts';
import { writeVolume } from './files.ts';
import { projectedFiles, type TokenSource } from './projected.ts';
import { secretFiles } from './secret.ts';

export interface VolumeContext {
  files: Files;
  /** The pod's directory. */
  directory: string;
  facts: PodFacts;
  objects: ObjectLookup;
  token: TokenSource;
}

/** Rejects with SetupError FailedMount, in Kubernetes' words. */
export async function layOutVolumes(context: VolumeContext): Promise<void> {
  for (const volume of context.facts.pod.spec.volumes ?? []) {
    try {
      await layOut(volume, context);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new SetupError('FailedMount', `MountVolume.SetUp failed for volume "${volume.name}" : ${why}`);
    }
  }
}

async function layOut(volume: Volume, { files, directory, facts, objects, token }: VolumeContext): Promise<void> {
  const target = volumePath(directory, volume.name);
  const namespace = facts.pod.metadata.namespace ?? '';
  if (volume.emptyDir) return makeEmptyDir(files, target);
  if (volume.configMap) return writeVolume(files, target, await configMapFiles(volume.configMap, namespace, objects));
  if (volume.secret) return writeVolume(files, target, await secretFiles(volume.secret, namespace, objects));
  if (volume.downwardAPI) {
    const { items = [], defaultMode } = volume.downwardAPI;
    return writeVolume(files, target, downwardFiles(items, facts, defaultMode));
  }
  if (volume.projected) {
    const { sources = [], defaultMode } = volume.projected;
    return writeVolume(files, target, await projectedFiles(sources, facts, objects, token, defaultMode));
  }
  // Others are nobody's: a container of a pod that has one is refused, by the volume's name.
}

const volumePath = (directory: string, name: string): string => join(directory, 'volumes', name);

/** Where the container finds its volumes. A `subPath` that is a file is shown in a directory of its own. */
export async function mountsOf(
  container: Container,
  context: VolumeContext,
  env: Readonly<Record<string, string>> = {},
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  const fileParents = new Map<string, string>();
  for (const mount of container.volumeMounts ?? []) {
    const volume = context.facts.pod.spec.volumes?.find(({ name }) => name === mount.name);
    if (!volume) throw new SetupError('CreateContainerConfigError', `volume "${mount.name}" not found`);
    const readOnly = mount.readOnly === true || !volume.emptyDir;
    const host = await hostPath(mount, volume, context, env);
    const stat = await context.files.stat(host);
    if (stat && !stat.directory) {
      const guest = dirname(mount.mountPath);
      const parent = fileParents.get(guest) ?? join(context.directory, 'files', container.name, String(mounts.length));
      if (!fileParents.has(guest)) mounts.push({ guest, host: parent, readOnly: true });
      fileParents.set(guest, parent);
      await context.files.makeDirectory(parent);
      await copyFile(host, join(parent, basename(mount.mountPath)));
    } else mounts.push({ guest: mount.mountPath, host, readOnly });
  }
  return mounts;
}

async function hostPath(
  mount: VolumeMount,
  volume: Volume,
  { files, directory }: VolumeContext,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const base = volumePath(directory, volume.name);
  const subPath = mount.subPath || expanded(mount.subPathExpr ?? '', env);
  if (!subPath) return base;
  const inside = normalize(subPath);
  if (inside.startsWith('..') || inside.startsWith('/')) throw leadsOut(subPath);
  let path = base;
  for (const name of inside.split('/').filter(part => part !== '' && part !== '.')) {
    path = join(path, name);
    const found = await lstat(path).catch(() => undefined);
    // A guest can leave a link in its emptyDir; following it would hand out what lies behind it on this box.
    if (found?.isSymbolicLink()) throw leadsOut(subPath);
    if (!found && volume.emptyDir) await files.makeDirectory(path);
  }
  return path;
}

const leadsOut = (subPath: string): SetupError =>
  configError(`subPath ${JSON.stringify(subPath)} leads out of its volume`);

function expanded(text: string, env: Readonly<Record<string, string>>): string {
  return expand(text, name => {
    if (env[name] === undefined) throw configError(`subPathExpr ${JSON.stringify(text)}: missing value for "${name}"`);
    return env[name];
  });
}
