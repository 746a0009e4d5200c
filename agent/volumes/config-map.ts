/** The files of a ConfigMap volume: one for each key, or for the keys that `items` names. Kubernetes' wording on errors. */
import type { ConfigMapVolumeSource, KeyToPath } from '../../control/kinds/types/volume.ts';
import { SetupError } from '../config-error.ts';
import type { ObjectLookup } from '../environment.ts';
import type { VolumeFiles } from './files.ts';

export const FILE_MODE_DEFAULT = 0o644;

export async function configMapFiles(
  source: ConfigMapVolumeSource,
  namespace: string,
  objects: ObjectLookup,
  mode = source.defaultMode ?? FILE_MODE_DEFAULT,
): Promise<VolumeFiles> {
  const name = source.name ?? '';
  const found = await objects.configMap(namespace, name);
  if (!found && !source.optional) throw new SetupError('FailedMount', `configmap "${name}" not found`);
  const content = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(found?.data ?? {})) content.set(key, Buffer.from(text));
  for (const [key, text] of Object.entries(found?.binaryData ?? {})) content.set(key, Buffer.from(text, 'base64'));
  return project(content, source, mode, `configmap references non-existent config key`);
}

/** Keys to files, shared by ConfigMaps and Secrets. */
export function project(
  content: ReadonlyMap<string, Uint8Array>,
  { items, optional }: { items?: KeyToPath[]; optional?: boolean },
  mode: number,
  missing: string,
): VolumeFiles {
  const chosen: KeyToPath[] = items?.length ? items : [...content.keys()].map(key => ({ key, path: key }));
  const files: VolumeFiles = new Map();
  for (const item of chosen) {
    const bytes = content.get(item.key);
    if (bytes) files.set(item.path, { content: bytes, mode: item.mode ?? mode });
    else if (!optional) throw new SetupError('FailedMount', `${missing}: ${item.key}`);
  }
  return files;
}
