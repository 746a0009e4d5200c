/** Entropy for guests, from the system's generator. */
const CALL_BYTES_MAX = 65_536;

export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += CALL_BYTES_MAX) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(at + CALL_BYTES_MAX, length)));
  }
  return bytes;
}

export function randomU64(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0]!;
}
