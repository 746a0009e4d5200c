/**
 * Writes the files of one volume and keeps them current: each is replaced as a whole (a guest sees the old or the new
 * content), what is no longer wanted is removed, what is the same is not touched.
 *
 * Plain files, not Kubernetes' `..data` links: the sandbox does not follow links.
 */
import { chmod, readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { Files } from '../../control/platform/types.ts';
import { SetupError } from '../config-error.ts';

/** Path inside the volume → content. */
export type VolumeFiles = Map<string, { content: Uint8Array; mode: number }>;

export async function writeVolume(files: Files, directory: string, wanted: VolumeFiles): Promise<void> {
  await files.makeDirectory(directory);
  for (const [path, { content, mode }] of wanted) {
    const target = join(directory, checked(path));
    const before = await readFile(target).catch(() => undefined);
    if (before?.equals(content)) continue;
    await files.makeDirectory(dirname(target));
    await files.replace(target, content, { mode });
    await chmod(target, mode);
  }
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(directory.length + 1);
    if (entry.isFile() && !wanted.has(path)) await files.remove(join(directory, path));
  }
}

/** Paths come from objects that users write: none may leave the volume. */
function checked(path: string): string {
  const plain = normalize(path);
  if (plain === '..' || plain.startsWith(`..${sep}`) || plain.startsWith(sep))
    throw new SetupError('FailedMount', `the path ${JSON.stringify(path)} leads out of its volume`);
  return plain;
}
