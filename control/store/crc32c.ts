/** CRC-32C (Castagnoli), eight bytes a step: about 1 GB/s. `seed` is the checksum of what comes before. Called by wal and snapshot-file. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed;
  let i = 0;
  for (const whole = bytes.length - 7; i < whole; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      T7[crc & 255]! ^
      T6[(crc >>> 8) & 255]! ^
      T5[(crc >>> 16) & 255]! ^
      T4[crc >>> 24]! ^
      T3[bytes[i + 4]!]! ^
      T2[bytes[i + 5]!]! ^
      T1[bytes[i + 6]!]! ^
      T0[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = T0[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

const T0 = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});
const shifted = (table: Int32Array): Int32Array => table.map(crc => (crc >>> 8) ^ T0[crc & 255]!);
const T1 = shifted(T0);
const T2 = shifted(T1);
const T3 = shifted(T2);
const T4 = shifted(T3);
const T5 = shifted(T4);
const T6 = shifted(T5);
const T7 = shifted(T6);
