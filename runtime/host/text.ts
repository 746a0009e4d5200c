/** Latin-1, the encoding of HTTP heads, which TextDecoder does not have (its `latin1` is Windows-1252). */
export function latin1(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);
}

export function fromLatin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** A head and the first of its body as one piece, so that they leave in one write. */
export function headAndBody(head: string, chunks: readonly Uint8Array[]): Uint8Array {
  let length = head.length;
  for (const chunk of chunks) length += chunk.length;
  const out = Buffer.allocUnsafe(length);
  out.write(head, 0, 'latin1');
  let at = head.length;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** Where CR LF CR LF begins, or -1. */
export function endOfHead(bytes: Uint8Array, from: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf('\r\n\r\n', from, 'latin1');
}

export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  return Buffer.concat([first, second]);
}
