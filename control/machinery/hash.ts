/**
 * FNV-1a and the safe alphabet that Kubernetes puts hashes into names with (`pod-template-hash`).
 * Always: equal values give equal hashes, whatever the order of their keys.
 */
import { isRecord } from './property.ts';

/** No vowels and no look-alikes, so that no hash spells a word. Names from `generateName` use it too. */
export const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** The label value that tells one pod template from another; `collisionCount` is added when two templates collide. */
export const templateHash = (template: unknown, collisionCount?: number): string => {
  const text = stableJson(template) + (collisionCount === undefined ? '' : `/${collisionCount}`);
  return safeEncode(String(fnv1a(new TextEncoder().encode(text))));
};

export const fnv1a = (bytes: Uint8Array): number => {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};

/** apimachinery's rand.SafeEncodeString. */
export const safeEncode = (text: string): string =>
  Array.from(text, char => SAFE_ALPHABET[char.charCodeAt(0) % SAFE_ALPHABET.length]).join('');

/** JSON with sorted keys; absent and `undefined` fields are the same. */
const stableJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const keys = Object.keys(value).filter(key => value[key] !== undefined);
  return `{${keys
    .sort()
    .map(key => `${JSON.stringify(key)}:${stableJson(value[key])}`)
    .join(',')}}`;
};
