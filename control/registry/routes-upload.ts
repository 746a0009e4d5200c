/** How blobs come in: in one piece, as a stream, in chunks, or mounted from another repository. */
import { digestText, isName } from './digest.ts';
import { refused } from './errors.ts';
import type { Call } from './routes.ts';
import { requireDigest } from './routes-blob.ts';
import { type ContentRange, rangeText } from './uploads.ts';

export async function begin(call: Call): Promise<Response> {
  const { name, query, uploads } = call;
  const mounted = await mount(call);
  if (mounted) return mounted;
  const whole = query.get('digest');
  const digest = whole === null ? undefined : requireDigest(whole);
  const id = await uploads.begin(name);
  if (digest) return finishUpload(call, id, digestText(digest));
  return new Response(null, { status: 202, headers: { ...location(call, id), Range: rangeText(0) } });
}

/** A mount that cannot be done becomes an ordinary upload, as the specification wants. */
async function mount({ name, query, repositories, blobs, mayPull }: Call): Promise<Response | undefined> {
  const wanted = query.get('mount');
  if (wanted === null) return undefined;
  const digest = requireDigest(wanted);
  const from = query.get('from');
  // What is no name is in no repository, and becomes no path.
  if (from !== null && !isName(from)) return undefined;
  for (const repository of from === null ? await repositories.list() : [from]) {
    if (!(await repositories.hasBlob(repository, digest)) || (await blobs.size(digest)) === undefined) continue;
    await mayPull(repository);
    await repositories.linkBlob(name, digest);
    return created(name, wanted);
  }
  return undefined;
}

export async function append(call: Call): Promise<Response> {
  const { request, name, rest, uploads } = call;
  const size = await withLocation(call, () => uploads.append(name, rest, request.body, contentRange(request)));
  return new Response(null, { status: 202, headers: { ...location(call, rest), Range: rangeText(size) } });
}

export const finish = (call: Call): Promise<Response> => finishUpload(call, call.rest, call.query.get('digest'));

async function finishUpload(call: Call, id: string, wanted: string | null): Promise<Response> {
  const { request, name, uploads, repositories } = call;
  const digest = requireDigest(wanted);
  await withLocation(call, () => uploads.finish(name, id, digest, request.body, contentRange(request)));
  await repositories.linkBlob(name, digest);
  return created(name, digestText(digest));
}

export async function state(call: Call): Promise<Response> {
  const size = call.uploads.size(call.name, call.rest);
  return new Response(null, { status: 204, headers: { ...location(call, call.rest), Range: rangeText(size) } });
}

export async function cancel({ name, rest, uploads }: Call): Promise<Response> {
  await uploads.cancel(name, rest);
  return new Response(null, { status: 204 });
}

const location = ({ name }: Call, id: string): Record<string, string> => ({
  Location: `/v2/${name}/blobs/uploads/${id}`,
  'Docker-Upload-UUID': id,
});

const created = (name: string, digest: string): Response =>
  new Response(null, {
    status: 201,
    headers: { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest },
  });

/** A chunk out of order is told where to go on. */
async function withLocation<T>(call: Call, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'RANGE_INVALID' && 'headers' in error)
      Object.assign(error.headers as Record<string, string>, location(call, call.rest));
    throw error;
  }
}

/** `0-99`, or with the unit in front as HTTP has it. */
function contentRange(request: Request): ContentRange | undefined {
  const header = request.headers.get('content-range');
  if (header === null) return undefined;
  const match = /^(?:bytes[= ])?(\d+)-(\d+)(?:\/.*)?$/.exec(header.trim());
  const range = match && { start: Number(match[1]), end: Number(match[2]) };
  if (!range || range.end < range.start) throw refused('RANGE_INVALID', `"${header}" is not a range of bytes`);
  return range;
}
