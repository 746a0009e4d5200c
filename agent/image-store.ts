/**
 * Modules on disk, by digest, and what each reference meant when it was last asked for. Directory: `blobs/<sha256 hex>` and
 * `images.json`.
 *
 * Always: a blob is written aside, checked and renamed, so a file under its digest is whole; the list is rewritten after it.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, Files } from '../control/platform/types.ts';
import { ImageError } from './image-error.ts';
import type { ImageConfig } from './image-manifest.ts';
import { type ImageRef, repositoryText } from './image-ref.ts';

/** Modules that nothing uses are removed, oldest first, above this. */
const CACHE_BYTES_MAX = 2 * 1024 ** 3;

export interface StoredImage {
  /** Digest of the module's own bytes. */
  digest: string;
  manifestDigest: string;
  size: number;
  /** What the image says about its command and environment. */
  config: ImageConfig;
}

interface Entry extends StoredImage {
  repository: string;
  tags: string[];
  usedAt: number;
}

export interface ImageStore {
  find(ref: ImageRef): Promise<StoredImage | undefined>;
  /** Checks, keeps, and remembers what `ref` meant. `digest` of the module when it is known from the manifest. */
  keep(
    ref: ImageRef,
    image: Omit<StoredImage, 'digest' | 'size'> & { digest?: string },
    bytes: Uint8Array,
  ): Promise<StoredImage>;
  /** Another name for what is here already; undefined when that manifest is not here. */
  remember(ref: ImageRef, manifestDigest: string): Promise<StoredImage | undefined>;
  read(image: StoredImage): Promise<Uint8Array>;
  list(): { names: string[]; sizeBytes: number }[];
  collect(inUse: ReadonlySet<string>, limitBytes?: number): Promise<void>;
}

export const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function openImageStore(options: { directory: string; files: Files; clock: Clock }): Promise<ImageStore> {
  const { directory, files, clock } = options;
  const listPath = join(directory, 'images.json');
  const blobPath = (digest: string) => join(directory, 'blobs', digest.slice('sha256:'.length));
  await files.makeDirectory(join(directory, 'blobs'));
  let entries = await readEntries(files, listPath);
  let saving = Promise.resolve();
  const save = (): Promise<void> => {
    saving = saving.catch(() => {}).then(() => files.replace(listPath, Buffer.from(JSON.stringify(entries))));
    return saving;
  };
  return {
    async find(ref) {
      const entry = meant(entries, ref);
      if (!entry || !(await files.stat(blobPath(entry.digest)))) return undefined;
      entry.usedAt = clock.now();
      return entry;
    },
    async keep(ref, image, bytes) {
      const digest = sha256(bytes);
      if (image.digest && image.digest !== digest)
        throw new ImageError('ErrImagePull', `the module's digest is ${digest}, but its manifest says ${image.digest}`);
      await files.replace(blobPath(digest), bytes);
      const repository = repositoryText(ref);
      const same = (e: Entry) => e.repository === repository && e.manifestDigest === image.manifestDigest;
      const entry = entries.find(same) ?? { ...image, digest, size: bytes.length, repository, tags: [], usedAt: 0 };
      if (!entries.includes(entry)) entries.push(entry);
      giveName(entries, entry, ref, clock.now());
      await save();
      return entry;
    },
    async remember(ref, manifestDigest) {
      const repository = repositoryText(ref);
      const entry = entries.find(e => e.repository === repository && e.manifestDigest === manifestDigest);
      if (!entry || !(await files.stat(blobPath(entry.digest)))) return undefined;
      giveName(entries, entry, ref, clock.now());
      await save();
      return entry;
    },
    async read(image) {
      const bytes = await files.read(blobPath(image.digest));
      if (sha256(bytes) === image.digest) return bytes;
      await files.remove(blobPath(image.digest));
      throw new ImageError('ErrImagePull', `the module ${image.digest} was damaged on disk and has been removed`);
    },
    list: () =>
      entries.map(({ repository, tags, manifestDigest, size }) => ({
        names: [`${repository}@${manifestDigest}`, ...tags.map(tag => `${repository}:${tag}`)],
        sizeBytes: size,
      })),
    async collect(inUse, limitBytes = CACHE_BYTES_MAX) {
      const unused = leastUsed(entries, inUse, limitBytes);
      if (unused.length === 0) return;
      entries = entries.filter(entry => !unused.includes(entry));
      await save();
      const kept = new Set(entries.map(({ digest }) => digest));
      for (const { digest } of unused) if (!kept.has(digest)) await files.remove(blobPath(digest));
    },
  };
}

const meant = (entries: readonly Entry[], ref: ImageRef): Entry | undefined => {
  const { digest, tag } = ref;
  const means = (entry: Entry): boolean =>
    digest ? entry.manifestDigest === digest || entry.digest === digest : entry.tags.includes(tag!);
  return entries.find(entry => entry.repository === repositoryText(ref) && means(entry));
};

/** The tag moves: it names one image of its repository. */
function giveName(entries: readonly Entry[], entry: Entry, { tag }: ImageRef, now: number): void {
  entry.usedAt = now;
  if (!tag) return;
  for (const other of entries) {
    if (other !== entry && other.repository === entry.repository) other.tags = other.tags.filter(name => name !== tag);
  }
  if (!entry.tags.includes(tag)) entry.tags.push(tag);
}

/** What has to go so that the rest fits; never what is in use. */
function leastUsed(entries: readonly Entry[], inUse: ReadonlySet<string>, limitBytes: number): Entry[] {
  let total = entries.reduce((sum, { size }) => sum + size, 0);
  const gone: Entry[] = [];
  for (const entry of [...entries].sort((a, b) => a.usedAt - b.usedAt)) {
    if (total <= limitBytes) break;
    if (inUse.has(entry.digest)) continue;
    gone.push(entry);
    total -= entry.size;
  }
  return gone;
}

async function readEntries(files: Files, path: string): Promise<Entry[]> {
  try {
    return JSON.parse(Buffer.from(await files.read(path)).toString('utf8')) as Entry[];
  } catch {
    // None yet, or damaged: modules are fetched again.
    return [];
  }
}
