/**
 * Frees what no manifest needs any more. Untagged manifests stay: pods name modules by digest.
 *
 * Always: nothing younger than the grace period goes, so that a push under way keeps the blobs it has sent; a manifest that
 * was deleted goes with the next run. A client that pushes at that moment is told MANIFEST_BLOB_UNKNOWN and sends again.
 */
import type { Clock, Files } from '../platform/types.ts';
import { createBlobs } from './blobs.ts';
import { digestText } from './digest.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { createRepositories } from './repositories.ts';

const GRACE_MS = 60 * 60 * 1000;

export async function collectGarbage(options: {
  directory: string;
  files: Files;
  clock: Clock;
  graceMs?: number;
}): Promise<{ blobs: number; bytes: number }> {
  const { directory, files, clock } = options;
  const oldest = clock.now() - (options.graceMs ?? GRACE_MS);
  const blobs = createBlobs(`${directory}/blobs`, files);
  const repositories = createRepositories(`${directory}/repositories`, files, blobs);
  const kept = new Set<string>();
  for (const name of await repositories.list()) {
    const links = await repositories.manifestLinks(name);
    const manifests = await Promise.all(
      links.map(async ({ digest }) =>
        parseManifest(await blobs.read(digest), await repositories.manifestType(name, digest)),
      ),
    );
    for (const { digest } of links) kept.add(digestText(digest));
    const needed = reachable(manifests);
    for (const { digest, modified } of await repositories.blobLinks(name)) {
      if (needed.has(digestText(digest)) || modified > oldest) kept.add(digestText(digest));
      else await repositories.unlinkBlob(name, digest);
    }
  }
  const freed = { blobs: 0, bytes: 0 };
  for (const { digest, size, modified } of await blobs.list()) {
    if (kept.has(digestText(digest)) || modified > oldest) continue;
    await blobs.remove(digest);
    freed.blobs++;
    freed.bytes += size;
  }
  return freed;
}

/** Digests of the blobs that these manifests name. */
const reachable = (manifests: readonly Manifest[]): Set<string> => new Set(manifests.flatMap(m => m.blobs));
