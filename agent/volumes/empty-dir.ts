/** An emptyDir: a directory of the pod's own that lives as long as the pod, also across restarts of its containers. */
import type { Files } from '../../control/platform/types.ts';

export const makeEmptyDir = (files: Files, directory: string): Promise<void> =>
  files.makeDirectory(directory, { mode: 0o777 });
