/**
 * What each repository has: links to blobs and manifests, tags, and who refers to whom. Small files in folders, so that
 * nothing has to be loaded at start and every change is one rename.
 *
 *   NAME/_blobs/ALG-HEX            empty: this blob was pushed here
 *   NAME/_manifests/ALG-HEX        { mediaType }; the bytes are a blob
 *   NAME/_tags/TAG                 the digest of a manifest
 *   NAME/_referrers/ALG-HEX/ALG-HEX   the descriptor of the second, which has the first as its subject
 *
 * Always: a manifest's bytes are stored before its link, its link before its tags. Called by routes and gc.
 */
import type { Files } from '../platform/types.ts';
import { type Blobs, listOrNone, makeDurableDirectory } from './blobs.ts';
import { type Digest, digestText, isTag, parseDigest } from './digest.ts';
import type { Descriptor, Manifest } from './manifest.ts';

export type Repositories = ReturnType<typeof createRepositories>;

export function createRepositories(directory: string, files: Files, blobs: Blobs) {
  const at = (name: string, ...rest: string[]) => [directory, name, ...rest].join('/');
  const blobLink = (name: string, digest: Digest) => at(name, '_blobs', fileName(digest));
  const manifestLink = (name: string, digest: Digest) => at(name, '_manifests', fileName(digest));
  const referrerLink = (name: string, subject: Digest, digest: Digest) =>
    at(name, '_referrers', fileName(subject), fileName(digest));
  const tags = createTags(directory, files);

  return {
    exists: async (name: string) =>
      (await files.stat(at(name, '_manifests'))) !== undefined || hasBlobs(files, at(name)),
    hasBlob: async (name: string, digest: Digest) => (await files.stat(blobLink(name, digest))) !== undefined,
    linkBlob: (name: string, digest: Digest) => writeText(files, blobLink(name, digest), ''),
    unlinkBlob: (name: string, digest: Digest) => removeIfThere(files, blobLink(name, digest)),
    blobLinks: (name: string) => links(files, at(name, '_blobs')),

    /** The manifest's media type, when it is in this repository. */
    async manifestType(name: string, digest: Digest): Promise<string | undefined> {
      const content = await readOrNone(files, manifestLink(name, digest));
      return content === undefined ? undefined : (JSON.parse(content) as { mediaType: string }).mediaType;
    },
    async putManifest(name: string, digest: Digest, bytes: Uint8Array, manifest: Manifest): Promise<void> {
      await blobs.put(digest, bytes);
      const { mediaType, artifactType, annotations } = manifest;
      await writeText(files, manifestLink(name, digest), JSON.stringify({ mediaType }));
      const subject = manifest.subject && parseDigest(manifest.subject);
      if (!subject) return;
      const entry: Descriptor = {
        mediaType,
        digest: digestText(digest),
        size: bytes.length,
        artifactType,
        annotations,
      };
      await writeText(files, referrerLink(name, subject, digest), JSON.stringify(entry));
    },
    /** Takes its tags along. */
    async removeManifest(name: string, digest: Digest, subject: Digest | undefined): Promise<void> {
      await tags.removeAll(name, digest);
      if (subject) await removeIfThere(files, referrerLink(name, subject, digest));
      await removeIfThere(files, manifestLink(name, digest));
    },
    manifestLinks: (name: string) => links(files, at(name, '_manifests')),

    tags,

    async referrers(name: string, subject: Digest): Promise<Descriptor[]> {
      const folder = at(name, '_referrers', fileName(subject));
      const names = (await listOrNone(files, folder)).sort();
      const contents = await Promise.all(names.map(file => readOrNone(files, `${folder}/${file}`)));
      return contents.filter(content => content !== undefined).map(content => JSON.parse(content) as Descriptor);
    },

    /** Every repository's name, sorted. */
    list: async () => (await walk(files, directory, '')).sort(),
  };
}

function createTags(directory: string, files: Files) {
  const folder = (name: string) => `${directory}/${name}/_tags`;
  const list = async (name: string): Promise<string[]> => (await listOrNone(files, folder(name))).filter(isTag);
  const read = async (name: string, tag: string): Promise<Digest | undefined> => {
    const content = await readOrNone(files, `${folder(name)}/${tag}`);
    return content === undefined ? undefined : parseDigest(content);
  };
  const remove = (name: string, tag: string) => removeIfThere(files, `${folder(name)}/${tag}`);
  return {
    list,
    read,
    remove,
    set: (name: string, tag: string, digest: Digest) => writeText(files, `${folder(name)}/${tag}`, digestText(digest)),
    /** Those that lead to this manifest. */
    async removeAll(name: string, digest: Digest): Promise<void> {
      for (const tag of await list(name)) {
        const target = await read(name, tag);
        if (target && digestText(target) === digestText(digest)) await remove(name, tag);
      }
    },
  };
}

const fileName = ({ algorithm, hex }: Digest): string => `${algorithm}-${hex}`;

async function links(files: Files, folder: string): Promise<{ digest: Digest; modified: number }[]> {
  const found = [];
  for (const file of await listOrNone(files, folder)) {
    const digest = parseDigest(file.replace('-', ':'));
    const stat = digest && (await files.stat(`${folder}/${file}`));
    if (digest && stat) found.push({ digest, modified: stat.modified });
  }
  return found;
}

async function walk(files: Files, directory: string, prefix: string): Promise<string[]> {
  const entries = await listOrNone(files, `${directory}/${prefix}`);
  const here = entries.some(entry => entry === '_manifests' || entry === '_blobs') ? [prefix] : [];
  const below = entries.filter(entry => !entry.startsWith('_'));
  const deeper = await Promise.all(
    below.map(entry => walk(files, directory, prefix === '' ? entry : `${prefix}/${entry}`)),
  );
  return [...here, ...deeper.flat()];
}

const hasBlobs = async (files: Files, folder: string): Promise<boolean> =>
  (await files.stat(`${folder}/_blobs`)) !== undefined;

async function writeText(files: Files, path: string, content: string): Promise<void> {
  await makeDurableDirectory(files, path.slice(0, path.lastIndexOf('/')));
  await files.replace(path, new TextEncoder().encode(content));
}

async function readOrNone(files: Files, path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await files.read(path));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether it was there. */
async function removeIfThere(files: Files, path: string): Promise<boolean> {
  try {
    await files.remove(path);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return false;
    throw error;
  }
}
