/** The files of a downward API volume: the pod's own fields and resources. */
import type { DownwardAPIVolumeFile } from '../../control/kinds/types/volume.ts';
import { fieldValue, type PodFacts, resourceValue } from '../downward-api.ts';
import { FILE_MODE_DEFAULT } from './config-map.ts';
import type { VolumeFiles } from './files.ts';

export function downwardFiles(
  items: readonly DownwardAPIVolumeFile[],
  facts: PodFacts,
  defaultMode = FILE_MODE_DEFAULT,
): VolumeFiles {
  const files: VolumeFiles = new Map();
  for (const { path, fieldRef, resourceFieldRef, mode } of items) {
    const value = fieldRef
      ? fieldValue(fieldRef, facts)
      : resourceValue(resourceFieldRef!, facts.pod.spec.containers[0]!, facts);
    files.set(path, { content: Buffer.from(value), mode: mode ?? defaultMode });
  }
  return files;
}
