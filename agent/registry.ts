/**
 * Fetches a module from the cluster's own registry, which the server has under `/v2/`, with the agent's identity.
 *
 * Always: manifest and blobs are checked against their digests before they are used.
 */
import { gunzipSync } from 'node:zlib';
import type { Client } from '../control/client/client.ts';
import { ImageError } from './image-error.ts';
import {
  type Descriptor,
  entryPath,
  findModule,
  type ImageConfig,
  MANIFEST_TYPES,
  type Manifest,
} from './image-manifest.ts';
import { type ImageRef, repositoryText } from './image-ref.ts';
import { type ImageStore, type StoredImage, sha256 } from './image-store.ts';
import { fileFromTar } from './tar.ts';

/** Larger layers are refused: a module this big would not fit an edge box. */
const LAYER_BYTES_MAX = 512 * 1024 * 1024;
const INDEX_DEPTH_MAX = 3;

/** Rejects with ImageError. */
export type FetchImage = (ref: ImageRef, signal: AbortSignal) => Promise<StoredImage>;

export function createFetchImage(options: {
  client: Pick<Client, 'raw'>;
  store: ImageStore;
  /** Hosts that mean the cluster's own registry: `127.0.0.1:6443`. */
  ownHosts: ReadonlySet<string>;
}): FetchImage {
  const { client, store, ownHosts } = options;

  const get = async (path: string, accept: string, signal: AbortSignal): Promise<Response> => {
    const response = await client.raw(path, { headers: { accept }, signal }).catch(error => {
      throw new ImageError('RegistryUnavailable', `failed to reach the registry: ${messageOf(error)}`);
    });
    if (response.status >= 500) throw new ImageError('RegistryUnavailable', `the registry answered ${response.status}`);
    return response;
  };

  const getManifest = async (ref: ImageRef, version: string, signal: AbortSignal) => {
    const response = await get(`/v2/${ref.repository}/manifests/${version}`, MANIFEST_TYPES.join(', '), signal);
    const name = `${repositoryText(ref)}${version.startsWith('sha256:') ? '@' : ':'}${version}`;
    if (response.status === 404)
      throw new ImageError('ErrImagePull', `failed to resolve reference "${name}": ${name}: not found`);
    if (!response.ok) throw new ImageError('ErrImagePull', await refusal(name, response));
    const bytes = new Uint8Array(await response.arrayBuffer());
    const digest = sha256(bytes);
    if (version.startsWith('sha256:') && version !== digest)
      throw new ImageError('ErrImagePull', `the manifest's digest is ${digest}, not ${version}`);
    return { digest, manifest: parseManifest(bytes, name) };
  };

  const getBlob = async (ref: ImageRef, { digest, size }: Descriptor, signal: AbortSignal): Promise<Uint8Array> => {
    if (size > LAYER_BYTES_MAX)
      throw new ImageError('ErrImagePull', `layer ${digest} has ${size} bytes, the limit is ${LAYER_BYTES_MAX}`);
    const response = await get(`/v2/${ref.repository}/blobs/${digest}`, '*/*', signal);
    if (!response.ok) throw new ImageError('ErrImagePull', await refusal(digest, response));
    const bytes = new Uint8Array(await response.arrayBuffer());
    const actual = sha256(bytes);
    if (actual !== digest) throw new ImageError('ErrImagePull', `blob ${digest} arrived with the digest ${actual}`);
    return bytes;
  };

  const getConfig = async (
    ref: ImageRef,
    config: Descriptor | undefined,
    signal: AbortSignal,
  ): Promise<ImageConfig> => {
    const carriesConfig = config?.mediaType.includes('image') === true && config.mediaType.endsWith('json');
    if (!config || !carriesConfig) return {};
    const text = Buffer.from(await getBlob(ref, config, signal)).toString('utf8');
    return (parseJson(text) as { config?: ImageConfig } | undefined)?.config ?? {};
  };

  const fromTar = async (ref: ImageRef, layers: Descriptor[], path: string | undefined, signal: AbortSignal) => {
    for (const layer of layers.toReversed()) {
      const packed = await getBlob(ref, layer, signal);
      const tar = layer.mediaType.endsWith('gzip') ? gunzipSync(packed, { maxOutputLength: LAYER_BYTES_MAX }) : packed;
      const file = fileFromTar(tar, path);
      if (file) return file;
    }
    throw new ImageError('ErrImagePull', `no layer of the image has a WebAssembly module at ${path ?? '*.wasm'}`);
  };

  return async (ref, signal) => {
    if (ref.host && !ownHosts.has(ref.host)) throw foreignHost(ref);
    let { digest, manifest } = await getManifest(ref, ref.digest ?? ref.tag!, signal);
    const known = await store.remember(ref, digest);
    if (known) return known;
    const manifestDigest = digest;
    for (let depth = 0; depth < INDEX_DEPTH_MAX; depth++) {
      const found = findModule(manifest);
      if (found.is === 'nothing')
        throw new ImageError('ErrImagePull', `cannot run ${repositoryText(ref)}: ${found.why}`);
      if (found.is === 'index') {
        ({ digest, manifest } = await getManifest(ref, found.manifest.digest, signal));
        continue;
      }
      const config = await getConfig(ref, manifest.config, signal);
      if (found.is === 'module') {
        const bytes = await getBlob(ref, found.layer, signal);
        return store.keep(ref, { manifestDigest, digest: found.layer.digest, config }, bytes);
      }
      const bytes = await fromTar(ref, found.layers, entryPath(config), signal);
      return store.keep(ref, { manifestDigest, config }, bytes);
    }
    throw new ImageError('ErrImagePull', `the index of ${repositoryText(ref)} leads to no manifest`);
  };
}

const foreignHost = (ref: ImageRef): ImageError =>
  new ImageError(
    'ErrImagePull',
    `failed to resolve reference "${repositoryText(ref)}": this agent pulls from the cluster's own registry only; push the module there (skerry push FILE REF) and name it without the host ${ref.host}`,
  );

function parseManifest(bytes: Uint8Array, name: string): Manifest {
  const manifest = parseJson(Buffer.from(bytes).toString('utf8'));
  if (typeof manifest === 'object' && manifest !== null) return manifest as Manifest;
  throw new ImageError('ErrImagePull', `the manifest of ${name} is not JSON`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function refusal(name: string, response: Response): Promise<string> {
  const body = (await response.text().catch(() => '')).slice(0, 200);
  return `failed to pull "${name}": the registry answered ${response.status}${body ? `: ${body}` : ''}`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
