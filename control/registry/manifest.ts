/**
 * What the registry has to know of a manifest: what it refers to, and how it is listed as a referrer. Pure.
 *
 * Follows OCI image-spec 1.1 (manifest, index) and the older Docker types, which have the same fields.
 */
import { parseDigest } from './digest.ts';
import { refused } from './errors.ts';

/** The specification asks registries for 4 MiB at least; more is refused. */
export const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

export const IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

export interface Manifest {
  mediaType: string;
  artifactType?: string;
  annotations?: Record<string, string>;
  /** Digests of the config and the layers. */
  blobs: readonly string[];
  /** Digests of an index's manifests. */
  manifests: readonly string[];
  /** The manifest that this one says something about; it need not exist. */
  subject?: string;
}

/** Throws MANIFEST_INVALID for what is not a manifest. `contentType` is what the client sent, if anything. */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): Manifest {
  const body = parseObject(bytes);
  const declared = text(body['mediaType']);
  const sent = contentType?.split(';')[0]?.trim();
  if (sent && declared && sent !== declared)
    throw refused('MANIFEST_INVALID', `the manifest says it is ${declared}, the request says ${sent}`);
  const mediaType = sent || declared;
  if (!mediaType) throw refused('MANIFEST_INVALID', 'a manifest needs a Content-Type or a mediaType');
  const config = descriptor(body['config'], 'config');
  const layers = descriptors(body['layers'], 'layers');
  const manifests = descriptors(body['manifests'], 'manifests');
  return {
    mediaType,
    artifactType: text(body['artifactType']) ?? config?.mediaType,
    annotations: stringMap(body['annotations']),
    blobs: [...(config ? [config] : []), ...layers].map(d => d.digest),
    manifests: manifests.map(d => d.digest),
    subject: descriptor(body['subject'], 'subject')?.digest,
  };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refused('MANIFEST_INVALID', 'a manifest must be JSON');
  }
  if (!isRecord(value)) throw refused('MANIFEST_INVALID', 'a manifest must be a JSON object');
  return value;
}

function descriptors(value: unknown, field: string): Descriptor[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw refused('MANIFEST_INVALID', `${field} must be a list`);
  return value.map((item, i) => descriptor(item ?? {}, `${field}[${i}]`)!);
}

function descriptor(value: unknown, field: string): Descriptor | undefined {
  if (value === undefined || value === null) return undefined;
  const digest = isRecord(value) ? text(value['digest']) : undefined;
  if (!isRecord(value) || digest === undefined || parseDigest(digest) === undefined)
    throw refused('MANIFEST_INVALID', `${field} needs a sha256 or sha512 digest`);
  return { mediaType: text(value['mediaType']) ?? '', digest, size: Number(value['size'] ?? 0) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function stringMap(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
