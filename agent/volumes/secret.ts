/** The files of a Secret volume: one for each key, or for the keys that `items` names. */
import type { SecretProjection, SecretVolumeSource } from '../../control/kinds/types/volume.ts';
import { SetupError } from '../config-error.ts';
import type { ObjectLookup } from '../environment.ts';
import { FILE_MODE_DEFAULT, project } from './config-map.ts';
import type { VolumeFiles } from './files.ts';

export async function secretFiles(
  source: SecretVolumeSource & Partial<SecretProjection>,
  namespace: string,
  objects: ObjectLookup,
  mode = source.defaultMode ?? FILE_MODE_DEFAULT,
): Promise<VolumeFiles> {
  // A volume says `secretName`, a projected source `name`.
  const name = source.secretName ?? source.name ?? '';
  const found = await objects.secret(namespace, name);
  if (!found && !source.optional) throw new SetupError('FailedMount', `secret "${name}" not found`);
  const content = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(found?.data ?? {})) content.set(key, Buffer.from(text, 'base64'));
  return project(content, source, mode, 'references non-existent secret key');
}
