/**
 * Puts one module into a registry, as the CNCF's wasm artifact: an image manifest with a wasm config and one layer.
 * Called by `skerry push`, `run` and `demo`; works against any OCI registry.
 */
import type { Transport } from '../client/client.ts';
import { digestOf } from './digest.ts';
import { type Descriptor, IMAGE_MANIFEST } from './manifest.ts';
import { parseReference } from './reference.ts';
import { componentNames, isComponent } from './wasm-names.ts';

const CONFIG_TYPE = 'application/vnd.wasm.config.v0+json';
const LAYER_TYPE = 'application/wasm';

/** Resolves to the manifest's digest. Blobs that are there already are not sent. */
export async function pushModule(options: {
  transport: Transport;
  /** `NAME[:TAG]`; its host, if any, is where the transport leads. */
  reference: string;
  bytes: Uint8Array;
}): Promise<string> {
  const { transport, bytes } = options;
  const reference = parseReference(options.reference);
  if (!reference) throw new Error(`"${options.reference}" is not an image reference`);
  const { name, tag, digest: wanted } = reference;
  const layer = describe(bytes, LAYER_TYPE);
  const config = encode(wasmConfig(bytes, layer.digest));
  const manifest = encode({
    schemaVersion: 2,
    mediaType: IMAGE_MANIFEST,
    config: describe(config, CONFIG_TYPE),
    layers: [layer],
  });
  const digest = digestOf(manifest);
  if (wanted !== undefined && wanted !== digest) throw new Error(`the manifest's digest is ${digest}, not ${wanted}`);
  await pushBlob(transport, name, bytes, layer.digest);
  await pushBlob(transport, name, config, digestOf(config));
  const response = await transport(`/v2/${name}/manifests/${tag ?? digest}`, {
    method: 'PUT',
    headers: { 'Content-Type': IMAGE_MANIFEST },
    body: manifest,
  });
  await expect(response, 201, `push the manifest of ${options.reference}`);
  return digest;
}

async function pushBlob(transport: Transport, name: string, bytes: Uint8Array, digest: string): Promise<void> {
  const known = await transport(`/v2/${name}/blobs/${digest}`, { method: 'HEAD' });
  await known.body?.cancel();
  if (known.status === 200) return;
  const begun = await transport(`/v2/${name}/blobs/uploads/`, { method: 'POST' });
  await expect(begun, 202, `push to ${name}`);
  const location = begun.headers.get('location') ?? '';
  // Other registries answer a whole URL; the transport knows the host.
  const path = location.replace(/^https?:\/\/[^/]+/, '');
  const done = await transport(`${path}${path.includes('?') ? '&' : '?'}digest=${digest}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: bytes,
  });
  await expect(done, 201, `push ${digest}`);
}

async function expect(response: Response, status: number, what: string): Promise<void> {
  const text = await response.text().catch(() => '');
  if (response.status !== status) throw new Error(`cannot ${what}: ${response.status} ${text.slice(0, 300)}`.trim());
}

/** The config says nothing of time or place, so one module has one digest wherever it is pushed from. */
function wasmConfig(bytes: Uint8Array, layer: string): object {
  const component = isComponent(bytes);
  return {
    architecture: 'wasm',
    os: component ? 'wasip2' : 'wasip1',
    layerDigests: [layer],
    ...(component ? { component: componentNames(bytes) } : {}),
  };
}

const describe = (bytes: Uint8Array, mediaType: string): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

const encode = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
