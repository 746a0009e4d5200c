/** Reads one file out of a tar archive held in memory (ustar, with GNU and pax long names skipped over). Pure. */
const BLOCK_BYTES = 512;

/** The content of `path`, or of the first `.wasm` file when no path is given; undefined when there is none. */
export function fileFromTar(archive: Uint8Array, path: string | undefined): Uint8Array | undefined {
  let position = 0;
  while (position + BLOCK_BYTES <= archive.length) {
    const header = archive.subarray(position, position + BLOCK_BYTES);
    if (header[0] === 0) return undefined;
    const prefix = text(header, 345, 155);
    const name = (prefix ? `${prefix}/` : '') + text(header, 0, 100);
    const size = Number.parseInt(text(header, 124, 12).trim() || '0', 8);
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    const isFile = header[156] === 0 || header[156] === 0x30;
    const start = position + BLOCK_BYTES;
    const plain = name.replace(/^\.?\/+/, '');
    if (isFile && (path === undefined ? plain.endsWith('.wasm') : plain === path))
      return archive.subarray(start, start + size);
    position = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return undefined;
}

function text(block: Uint8Array, from: number, length: number): string {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return Buffer.from(end === -1 ? field : field.subarray(0, end)).toString('utf8');
}
