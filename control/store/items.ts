/**
 * The part of CBOR that the store's own files use: arrays, text, bytes, integers and null, definite lengths, shortest
 * heads: one encoding per value, readable by any CBOR tool. Apart from control/codec because log batches are built in
 * place, behind their checksum, without a copy. Called by command, wal and snapshot-file.
 */
export type Item = number | string | Uint8Array | null | readonly Item[];

export interface ItemWriter {
  /** Starts over, with `reserve` bytes left open at the front. */
  reset(reserve?: number): void;
  write(item: Item): void;
  arrayHead(length: number): void;
  length(): number;
  /** What was written, valid until the next `reset`. */
  view(): Uint8Array;
  /** As `view`, in memory of its own. */
  copy(): Uint8Array;
}

const text = new TextEncoder();
const fatalText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const UNSIGNED = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const NULL = 0xf6;
const DEPTH_MAX = 16;

export function createItemWriter(): ItemWriter {
  let bytes = new Uint8Array(4096);
  let view = new DataView(bytes.buffer);
  let at = 0;

  const need = (count: number): void => {
    if (at + count <= bytes.length) return;
    const larger = new Uint8Array(Math.max(bytes.length * 2, at + count));
    larger.set(bytes.subarray(0, at));
    bytes = larger;
    view = new DataView(bytes.buffer);
  };

  const head = (major: number, value: number): void => {
    need(9);
    const type = major << 5;
    if (value < 24) bytes[at++] = type | value;
    else if (value < 0x100) {
      bytes[at++] = type | 24;
      bytes[at++] = value;
    } else if (value < 0x1_0000) {
      bytes[at++] = type | 25;
      view.setUint16(at, value);
      at += 2;
    } else if (value < 0x1_0000_0000) {
      bytes[at++] = type | 26;
      view.setUint32(at, value);
      at += 4;
    } else {
      bytes[at++] = type | 27;
      view.setBigUint64(at, BigInt(value));
      at += 8;
    }
  };

  const write = (item: Item): void => {
    if (typeof item === 'number') {
      if (!Number.isSafeInteger(item) || item < 0) throw new TypeError(`the store writes no such number: ${item}`);
      head(UNSIGNED, item);
    } else if (typeof item === 'string') {
      if (!writeAscii(item)) {
        const encoded = text.encode(item);
        head(TEXT, encoded.length);
        append(encoded);
      }
    } else if (item === null) {
      need(1);
      bytes[at++] = NULL;
    } else if (item instanceof Uint8Array) {
      head(BYTES, item.length);
      append(item);
    } else {
      head(ARRAY, item.length);
      for (const inner of item) write(inner);
    }
  };

  /** Nearly all keys: four times as fast as TextEncoder at their length. Takes back what it wrote when one is not ASCII. */
  const writeAscii = (item: string): boolean => {
    const begin = at;
    head(TEXT, item.length);
    need(item.length);
    for (let i = 0; i < item.length; i++) {
      const unit = item.charCodeAt(i);
      if (unit > 0x7f) {
        at = begin;
        return false;
      }
      bytes[at++] = unit;
    }
    return true;
  };

  const append = (content: Uint8Array): void => {
    need(content.length);
    bytes.set(content, at);
    at += content.length;
  };

  return {
    reset(reserve = 0) {
      // One huge transaction must not leave its buffer behind for ever.
      if (bytes.length > 4_194_304) {
        bytes = new Uint8Array(4096);
        view = new DataView(bytes.buffer);
      }
      at = 0;
      need(reserve);
      bytes.fill(0, 0, reserve);
      at = reserve;
    },
    write,
    arrayHead: length => head(ARRAY, length),
    length: () => at,
    view: () => bytes.subarray(0, at),
    copy: () => bytes.slice(0, at),
  };
}

/** Reads the items that follow one another in `bytes`. Byte strings are views into it. Throws RangeError or TypeError on anything else. */
export function* readItems(bytes: Uint8Array): Generator<Item> {
  const cursor = cursorOn(bytes);
  while (cursor.at < bytes.length) yield readItem(cursor, 0);
}

export function readOneItem(bytes: Uint8Array): Item {
  const cursor = cursorOn(bytes);
  const item = readItem(cursor, 0);
  checkEnd(cursor);
  return item;
}

/** For a reader that knows what comes: without the arrays in between. */
export const cursorOn = (bytes: Uint8Array): Cursor => ({
  at: 0,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  bytes,
});

export function checkEnd(cursor: Cursor): void {
  if (cursor.at !== cursor.bytes.length) throw new TypeError('bytes are left behind the item');
}

export const readNumber = (cursor: Cursor): number => readHead(cursor, UNSIGNED);
export const readBytes = (cursor: Cursor): Uint8Array => take(cursor, readHead(cursor, BYTES));
export const readText = (cursor: Cursor): string => decodeText(take(cursor, readHead(cursor, TEXT)));
/** How many items follow. */
export function readArrayHead(cursor: Cursor): number {
  const length = readHead(cursor, ARRAY);
  if (length > cursor.bytes.length) throw new RangeError('an array longer than its bytes');
  return length;
}

/** The length of the item `[integer, bytes]` at the start of `bytes`; undefined while too few of them are there to tell. */
export function pairLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < PAIR_HEADS_MAX) return undefined;
  const cursor = cursorOn(bytes);
  if (readArrayHead(cursor) !== 2) throw new TypeError('not a pair');
  readNumber(cursor);
  const length = readHead(cursor, BYTES);
  return cursor.at + length;
}

/** An array head of one byte and two heads of at most nine. */
const PAIR_HEADS_MAX = 19;

export interface Cursor {
  at: number;
  readonly view: DataView;
  readonly bytes: Uint8Array;
}

function readItem(cursor: Cursor, depth: number): Item {
  const first = cursor.view.getUint8(cursor.at);
  switch (first === NULL ? NULL : first >> 5) {
    case NULL:
      cursor.at++;
      return null;
    case UNSIGNED:
      return readNumber(cursor);
    case BYTES:
      return readBytes(cursor);
    case TEXT:
      return readText(cursor);
    case ARRAY: {
      const length = readArrayHead(cursor);
      if (depth >= DEPTH_MAX) throw new RangeError('nested too deep');
      const items: Item[] = [];
      for (let i = 0; i < length; i++) items.push(readItem(cursor, depth + 1));
      return items;
    }
    default:
      throw new TypeError(`the store writes no CBOR item that begins with byte ${first}`);
  }
}

function readHead(cursor: Cursor, major: number): number {
  const { view } = cursor;
  const first = view.getUint8(cursor.at++);
  const short = first & 31;
  if (first >> 5 !== major || short > 27) throw new TypeError(`byte ${first} where major type ${major} should begin`);
  if (short < 24) return short;
  const at = cursor.at;
  cursor.at += 1 << (short - 24);
  if (short === 24) return view.getUint8(at);
  if (short === 25) return view.getUint16(at);
  if (short === 26) return view.getUint32(at);
  const wide = Number(view.getBigUint64(at));
  if (!Number.isSafeInteger(wide)) throw new RangeError('integer past 2^53');
  return wide;
}

function take(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw new RangeError('cut short');
  const part = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return part;
}

const SHORT_TEXT_BYTES = 256;

function decodeText(bytes: Uint8Array): string {
  if (bytes.length > SHORT_TEXT_BYTES || bytes.some(isBeyondAscii)) return fatalText.decode(bytes);
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

const isBeyondAscii = (byte: number): boolean => byte > 0x7f;
