/**
 * Finds the WebAssembly module in an OCI manifest. Accepts what the known tools push: the CNCF wasm artifact, plain layers of
 * `application/wasm`, Spin, wasmCloud and runwasi layer types, and container images with the module in a tar layer. Pure.
 */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { architecture?: string; os?: string };
  annotations?: Record<string, string>;
}

export interface Manifest {
  mediaType?: string;
  config?: Descriptor;
  layers?: Descriptor[];
  /** Present in an index: one manifest for each platform. */
  manifests?: Descriptor[];
}

export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

const WASM_LAYERS = new Set([
  'application/wasm',
  'application/vnd.wasm.content.layer.v1+wasm',
  'application/vnd.module.wasm.content.layer.v1+wasm',
  'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm',
]);
const TAR_LAYER = /^application\/vnd\.(?:oci\.image\.layer\.v1\.tar|docker\.image\.rootfs\.diff\.tar)(?:[.+]gzip)?$/;

export type Found =
  | { is: 'module'; layer: Descriptor }
  /** A container image: the module is the entry point's file in one of these layers, the last one wins. */
  | { is: 'image'; layers: Descriptor[] }
  | { is: 'index'; manifest: Descriptor }
  | { is: 'nothing'; why: string };

export function findModule(manifest: Manifest): Found {
  if (manifest.manifests) return findPlatform(manifest.manifests);
  const layers = manifest.layers ?? [];
  const modules = layers.filter(({ mediaType }) => WASM_LAYERS.has(mediaType));
  if (modules.length > 1)
    return { is: 'nothing', why: `it has ${modules.length} WebAssembly layers, and only one can be run` };
  if (modules[0]) return { is: 'module', layer: modules[0] };
  const tars = layers.filter(({ mediaType }) => TAR_LAYER.test(mediaType));
  if (tars.length > 0) return { is: 'image', layers: tars };
  const types = layers.map(({ mediaType }) => mediaType).join(', ') || 'none';
  return { is: 'nothing', why: `it has no WebAssembly layer (layers: ${types})` };
}

function findPlatform(manifests: Descriptor[]): Found {
  const wasm = manifests.find(
    ({ platform }) => platform?.architecture === 'wasm' || platform?.os?.startsWith('wasi') === true,
  );
  const only = manifests.length === 1 && !manifests[0]?.platform ? manifests[0] : undefined;
  const chosen = wasm ?? only;
  if (chosen) return { is: 'index', manifest: chosen };
  const platforms = manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`).join(', ');
  return { is: 'nothing', why: `no match for platform wasi/wasm in manifest: not found (platforms: ${platforms})` };
}

export interface ImageConfig {
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  Env?: string[] | null;
  WorkingDir?: string;
}

/** The path of the module inside a container image's layers. */
export const entryPath = (config: ImageConfig | undefined): string | undefined =>
  (config?.Entrypoint?.[0] ?? config?.Cmd?.[0])?.replace(/^\.?\/+/, '');
