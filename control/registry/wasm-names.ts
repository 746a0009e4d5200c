/**
 * What a component imports and exports, read from the import and export sections at its top level. Pure, and forgiving: a
 * binary that it cannot follow has no names, because whether it runs is not for the registry to judge.
 */
const IMPORT_SECTION = 10;
const EXPORT_SECTION = 11;

export interface ComponentNames {
  imports: string[];
  exports: string[];
}

/** `\0asm`, then layer 1 where a core module has 0. */
export const isComponent = (bytes: Uint8Array): boolean =>
  bytes.length >= 8 && bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d && bytes[6] === 1;

export function componentNames(bytes: Uint8Array): ComponentNames {
  const names: ComponentNames = { imports: [], exports: [] };
  try {
    for (let at = 8; at < bytes.length; ) {
      const id = bytes[at]!;
      const [length, start] = readNumber(bytes, at + 1);
      if (id === IMPORT_SECTION) readNames(bytes.subarray(start, start + length), skipDescription, names.imports);
      if (id === EXPORT_SECTION) readNames(bytes.subarray(start, start + length), skipExport, names.exports);
      at = start + length;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return names;
}

/** A list of: a kind byte, a name, and something that `skip` passes over. */
function readNames(section: Uint8Array, skip: (bytes: Uint8Array, at: number) => number, names: string[]): void {
  const [count, first] = readNumber(section, 0);
  let at = first;
  for (let i = 0; i < count; i++) {
    const [length, start] = readNumber(section, at + 1);
    names.push(new TextDecoder().decode(section.subarray(start, start + length)));
    at = skip(section, start + length);
  }
}

/** externdesc: core module, func, value, type bound, component, instance; all but two forms are a kind and an index. */
function skipDescription(bytes: Uint8Array, at: number): number {
  const kind = bytes[at];
  if (kind === 0x00) return readNumber(bytes, at + 2)[1];
  // type: `eq` has an index, `sub resource` has none. value: `eq` has an index, else a value type, which may be a negative number.
  if (kind === 0x03) return bytes[at + 1] === 0x00 ? readNumber(bytes, at + 2)[1] : at + 2;
  if (kind === 0x02) return readNumber(bytes, at + 2)[1];
  return readNumber(bytes, at + 1)[1];
}

/** sortidx, then an optional externdesc. A core sort has one more byte. */
function skipExport(bytes: Uint8Array, at: number): number {
  const [, next] = readNumber(bytes, at + (bytes[at] === 0x00 ? 2 : 1));
  return bytes[next] === 0x01 ? skipDescription(bytes, next + 1) : next + 1;
}

function readNumber(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0, i = at; shift < 35; shift += 7, i++) {
    const byte = bytes[i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, i + 1];
  }
  throw new RangeError('the binary ends within a number');
}
