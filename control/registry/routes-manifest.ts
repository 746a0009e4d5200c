/** Manifests by tag and digest, the lists of tags and referrers, and the catalogue. */

import { checkDigest } from './blobs.ts';
import { type Digest, digestOf, digestText, isTag, parseDigest } from './digest.ts';
import { refused } from './errors.ts';
import { IMAGE_INDEX, MANIFEST_BYTES_MAX, type Manifest, parseManifest } from './manifest.ts';
import type { Call } from './routes.ts';
import { requireDigest } from './routes-blob.ts';

export async function get(call: Call): Promise<Response> {
  const { request, name, rest, blobs, repositories } = call;
  const digest = await resolve(call);
  const mediaType = digest && (await repositories.manifestType(name, digest));
  if (!digest || mediaType === undefined) throw refused('MANIFEST_UNKNOWN', `${name} has no manifest ${rest}`);
  const bytes = await blobs.read(digest);
  const text = digestText(digest);
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(bytes), {
    headers: {
      'Content-Type': mediaType,
      'Content-Length': String(bytes.length),
      'Docker-Content-Digest': text,
      ETag: `"${text}"`,
    },
  });
}

export async function put({ request, query, name, rest, repositories, blobs }: Call): Promise<Response> {
  const asked = rest.includes(':') ? requireDigest(rest) : undefined;
  const tags = [...(asked ? [] : [rest]), ...query.getAll('tag')];
  for (const tag of tags) if (!isTag(tag)) throw refused('TAG_INVALID', `"${tag}" is not a tag`);
  const bytes = await readBody(request);
  const manifest = parseManifest(bytes, request.headers.get('content-type') ?? undefined);
  const digest = asked ?? parseDigest(digestOf(bytes))!;
  checkDigest(digest, bytes);
  await requireContents(name, manifest, repositories, blobs);
  await repositories.putManifest(name, digest, bytes, manifest);
  for (const tag of tags) await repositories.tags.set(name, tag, digest);
  const headers = new Headers({
    Location: `/v2/${name}/manifests/${digestText(digest)}`,
    'Docker-Content-Digest': digestText(digest),
  });
  if (manifest.subject) headers.set('OCI-Subject', manifest.subject);
  for (const tag of query.getAll('tag')) headers.append('OCI-Tag', tag);
  return new Response(null, { status: 201, headers });
}

/** By tag only the tag goes; by digest the manifest with all its tags. Their blobs stay until gc. */
export async function remove({ name, rest, repositories, blobs }: Call): Promise<Response> {
  if (!rest.includes(':')) {
    if (!isTag(rest) || !(await repositories.tags.remove(name, rest)))
      throw refused('MANIFEST_UNKNOWN', `${name} has no tag ${rest}`);
    return new Response(null, { status: 202 });
  }
  const digest = requireDigest(rest);
  const mediaType = await repositories.manifestType(name, digest);
  if (mediaType === undefined) throw refused('MANIFEST_UNKNOWN', `${name} has no manifest ${rest}`);
  const { subject } = parseManifest(await blobs.read(digest), mediaType);
  await repositories.removeManifest(name, digest, subject === undefined ? undefined : parseDigest(subject));
  return new Response(null, { status: 202 });
}

export async function listTags({ name, query, repositories }: Call): Promise<Response> {
  if (!(await repositories.exists(name))) throw refused('NAME_UNKNOWN', `there is no repository ${name}`);
  const { items, link } = page(await repositories.tags.list(name), query, `/v2/${name}/tags/list`);
  return json({ name, tags: items }, link);
}

export async function catalogue({ query, repositories }: Call): Promise<Response> {
  const { items, link } = page(await repositories.list(), query, '/v2/_catalog');
  return json({ repositories: items }, link);
}

/** An empty list, not an error, when nothing refers to it: the subject need not exist. */
export async function listReferrers({ name, rest, query, repositories }: Call): Promise<Response> {
  const all = await repositories.referrers(name, requireDigest(rest));
  const artifactType = query.get('artifactType');
  const manifests = artifactType === null ? all : all.filter(entry => entry.artifactType === artifactType);
  const headers = artifactType === null ? {} : { 'OCI-Filters-Applied': 'artifactType' };
  const body = { schemaVersion: 2, mediaType: IMAGE_INDEX, manifests };
  return new Response(JSON.stringify(body), { headers: { 'Content-Type': IMAGE_INDEX, ...headers } });
}

async function resolve({ name, rest, repositories }: Call): Promise<Digest | undefined> {
  if (rest.includes(':')) return requireDigest(rest);
  return isTag(rest) ? repositories.tags.read(name, rest) : undefined;
}

/** Blobs and an index's manifests must be here already; a subject need not. */
async function requireContents(
  name: string,
  manifest: Manifest,
  repositories: Call['repositories'],
  blobs: Call['blobs'],
): Promise<void> {
  for (const text of manifest.blobs) {
    const digest = parseDigest(text)!;
    if (!(await repositories.hasBlob(name, digest)) || (await blobs.size(digest)) === undefined)
      throw refused('MANIFEST_BLOB_UNKNOWN', `${name} has no blob ${text}`, {}, { digest: text });
  }
  for (const text of manifest.manifests)
    if ((await repositories.manifestType(name, parseDigest(text)!)) === undefined)
      throw refused('MANIFEST_BLOB_UNKNOWN', `${name} has no manifest ${text}`, {}, { digest: text });
}

async function readBody(request: Request): Promise<Uint8Array> {
  const tooLarge = () => refused('TOO_LARGE', `a manifest may have ${MANIFEST_BYTES_MAX} bytes`);
  if (Number(request.headers.get('content-length') ?? 0) > MANIFEST_BYTES_MAX) throw tooLarge();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.length;
    if (size > MANIFEST_BYTES_MAX) throw tooLarge();
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** `n` and `last` of a list, in the specification's order: case does not count. */
function page(names: string[], query: URLSearchParams, path: string): { items: string[]; link?: string } {
  const sorted = names.toSorted(compare);
  const last = query.get('last');
  const rest = last === null ? sorted : sorted.filter(name => compare(name, last) > 0);
  const asked = query.get('n');
  const count = asked === null || !/^\d+$/.test(asked) ? rest.length : Number(asked);
  const items = rest.slice(0, count);
  const more = items.length > 0 && items.length < rest.length;
  const next = new URLSearchParams({ n: String(count), last: items.at(-1) ?? '' });
  return { items, link: more ? `<${path}?${next}>; rel="next"` : undefined };
}

function compare(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : a < b ? -1 : a > b ? 1 : 0;
}

const json = (body: unknown, link: string | undefined): Response =>
  new Response(JSON.stringify(body), {
    headers: { 'Content-Type': 'application/json', ...(link === undefined ? {} : { Link: link }) },
  });
