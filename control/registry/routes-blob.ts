/** GET, HEAD and DELETE of a blob, with byte ranges. */
import { type Digest, parseDigest } from './digest.ts';
import { refused } from './errors.ts';
import type { Call } from './routes.ts';

export async function get({ request, name, rest, blobs, repositories }: Call): Promise<Response> {
  const digest = requireDigest(rest);
  const size = (await repositories.hasBlob(name, digest)) ? await blobs.size(digest) : undefined;
  if (size === undefined) throw refused('BLOB_UNKNOWN', `${name} has no blob ${rest}`);
  const range = parseRange(request.headers.get('range'), size);
  const { start, end } = range ?? { start: 0, end: size };
  const headers: Record<string, string> = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(end - start),
    'Accept-Ranges': 'bytes',
    'Docker-Content-Digest': rest,
    ETag: `"${rest}"`,
    'Cache-Control': 'max-age=31536000, immutable',
  };
  if (range) headers['Content-Range'] = `bytes ${start}-${end - 1}/${size}`;
  // A HEAD must not open the file: nobody would read, and so nobody close it.
  const body = request.method === 'HEAD' || start === end ? null : blobs.stream(digest, start, end);
  return new Response(body, { status: range ? 206 : 200, headers });
}

export async function remove({ name, rest, repositories }: Call): Promise<Response> {
  const digest = requireDigest(rest);
  if (!(await repositories.unlinkBlob(name, digest))) throw refused('BLOB_UNKNOWN', `${name} has no blob ${rest}`);
  return new Response(null, { status: 202 });
}

export function requireDigest(text: string | null): Digest {
  const digest = text === null ? undefined : parseDigest(text);
  if (!digest) throw refused('DIGEST_INVALID', `"${text}" is not a sha256 or sha512 digest`);
  return digest;
}

/** One range, `end` exclusive. Absent, malformed and multiple ranges are ignored, as HTTP allows; one that cannot be met is refused. */
function parseRange(header: string | null, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const first = match[1] === '' ? undefined : Number(match[1]);
  const last = match[2] === '' ? undefined : Number(match[2]);
  const start = first ?? Math.max(0, size - last!);
  const end = first === undefined || last === undefined ? size : Math.min(last + 1, size);
  const backwards = first !== undefined && last !== undefined && first > last;
  if (backwards || start >= size)
    throw refused('RANGE_INVALID', `the blob has ${size} bytes`, { 'Content-Range': `bytes */${size}` });
  return { start, end };
}
