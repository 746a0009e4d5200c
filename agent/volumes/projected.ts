/** The files of a projected volume: several sources in one directory, the later one wins. */
import type { VolumeProjection } from '../../control/kinds/types/volume.ts';
import type { PodFacts } from '../downward-api.ts';
import type { ObjectLookup } from '../environment.ts';
import { configMapFiles, FILE_MODE_DEFAULT } from './config-map.ts';
import { downwardFiles } from './downward.ts';
import type { VolumeFiles } from './files.ts';
import { secretFiles } from './secret.ts';

/** A token for the pod's service account, as its file shall hold it. */
export type TokenSource = (
  facts: PodFacts,
  request: NonNullable<VolumeProjection['serviceAccountToken']>,
) => Promise<string>;

export async function projectedFiles(
  sources: readonly VolumeProjection[],
  facts: PodFacts,
  objects: ObjectLookup,
  token: TokenSource,
  mode = FILE_MODE_DEFAULT,
): Promise<VolumeFiles> {
  const files: VolumeFiles = new Map();
  const add = (more: VolumeFiles) => more.forEach((file, path) => void files.set(path, file));
  const namespace = facts.pod.metadata.namespace ?? '';
  for (const source of sources) {
    if (source.configMap) add(await configMapFiles(source.configMap, namespace, objects, mode));
    if (source.secret) add(await secretFiles(source.secret, namespace, objects, mode));
    if (source.downwardAPI) add(downwardFiles(source.downwardAPI.items ?? [], facts, mode));
    if (source.serviceAccountToken) {
      const content = Buffer.from(await token(facts, source.serviceAccountToken));
      files.set(source.serviceAccountToken.path, { content, mode });
    }
  }
  return files;
}
