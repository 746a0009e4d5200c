/**
 * The identifiers of the OCI distribution API: digests, repository names, tags. Pure.
 *
 * Always: what passes these checks is safe as a path under the registry's folder (no `..`, no leading `_` or `.`).
 */
import { createHash, type Hash } from 'node:crypto';

export type Algorithm = 'sha256' | 'sha512';

export interface Digest {
  algorithm: Algorithm;
  hex: string;
}

const HEX_LENGTH: Record<Algorithm, number> = { sha256: 64, sha512: 128 };
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const NAME_LENGTH_MAX = 255;
const TAG = /^\w[\w.-]{0,127}$/;

/** Undefined for malformed digests and for algorithms that are not served. */
export function parseDigest(text: string): Digest | undefined {
  const [algorithm = '', hex = '', ...more] = text.split(':');
  if (more.length > 0 || (algorithm !== 'sha256' && algorithm !== 'sha512')) return undefined;
  return hex.length === HEX_LENGTH[algorithm] && /^[0-9a-f]+$/.test(hex) ? { algorithm, hex } : undefined;
}

export const digestText = ({ algorithm, hex }: Digest): string => `${algorithm}:${hex}`;

export const digestOf = (bytes: Uint8Array, algorithm: Algorithm = 'sha256'): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

export const startHash = (algorithm: Algorithm): Hash => createHash(algorithm);

export const isName = (text: string): boolean => text.length <= NAME_LENGTH_MAX && NAME.test(text);

export const isTag = (text: string): boolean => TAG.test(text);
