/** A registry in a folder of its own, spoken to through its app, and small things to push. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { type Access, createRegistry, type Verdict } from '../../../control/registry/app.ts';
import { IMAGE_MANIFEST } from '../../../control/registry/manifest.ts';

export const sha = (bytes: Uint8Array | string, algorithm = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
export const NAME = 'team/app';
export const BLOB = Buffer.from('hello, blob');
export const CONFIG = Buffer.from('{}');

export async function open(authorize?: (access: Access) => Verdict) {
  const directory = await mkdtemp(join(tmpdir(), 'registry-'));
  const platform = createNodePlatform();
  const logged: string[] = [];
  const make = () =>
    createRegistry({ directory, ...platform, log: (_level, message) => void logged.push(message), authorize });
  let app = make();
  const call = (method: string, path: string, body?: Uint8Array | string, headers: Record<string, string> = {}) =>
    Promise.resolve(
      app.request(`/v2/${path}`, {
        method,
        body: body as BodyInit | undefined,
        headers,
        duplex: 'half',
      } as RequestInit),
    );
  return {
    directory,
    platform,
    logged,
    call,
    restart: () => (app = make()),
    push: async (bytes: Uint8Array | string, name = NAME) =>
      (await call('POST', `${name}/blobs/uploads/?digest=${sha(bytes)}`, bytes)).status,
    manifest: (fields: object, reference: string, type = IMAGE_MANIFEST) =>
      call('PUT', `${NAME}/manifests/${reference}`, JSON.stringify({ schemaVersion: 2, mediaType: type, ...fields }), {
        'content-type': type,
      }),
    // A registry that has just started still looks after its uploads.
    close: () => rm(directory, { recursive: true, maxRetries: 10, retryDelay: 10 }),
  };
}

export type Registry = Awaited<ReturnType<typeof open>>;
type BodyInit = ConstructorParameters<typeof Response>[0];
const descriptor = (bytes: Uint8Array | string, mediaType = 'application/octet-stream') => ({
  mediaType,
  digest: sha(bytes),
  size: Buffer.from(bytes).length,
});
export const image = () => ({
  config: descriptor(CONFIG, 'application/vnd.x.config+json'),
  layers: [descriptor(BLOB)],
});
export async function pushImage(r: Registry, tag: string, extra: object = {}) {
  await r.push(BLOB);
  await r.push(CONFIG);
  const response = await r.manifest({ ...image(), ...extra }, tag);
  assert.is(response.status, 201, await response.text());
  return response.headers.get('docker-content-digest')!;
}
export const code = async (response: Response) =>
  `${response.status} ${((await response.json()) as { errors: { code: string }[] }).errors[0]!.code}`;
