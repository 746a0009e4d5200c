/**
 * What the log holds: one command per entry, as a CBOR array. Whoever applies the same commands in the same order gets the
 * same state, because compares are judged when applied and time comes from the proposer.
 *
 * `after` is a revision that the proposer may have given away already without an entry (volatile writes): revisions go on
 * behind it. 0 when there is none. `time` is milliseconds since the epoch at the proposer.
 */

import {
  type Cursor,
  checkEnd,
  createItemWriter,
  cursorOn,
  type Item,
  readArrayHead,
  readBytes,
  readNumber,
  readText,
} from './items.ts';
import type { Compare, Write } from './store.ts';

export type Command =
  | { type: 'txn'; after: number; time: number; compares: readonly Compare[]; writes: readonly Write[] }
  /** History up to `revision` is forgotten. */
  | { type: 'compact'; after: number; time: number; revision: number }
  /** The present values of volatile keys, which were applied before without an entry. */
  | { type: 'settle'; after: number; time: number; items: readonly SettledItem[] }
  /** Written by a store that opens (a leader that begins): leaps over what its predecessor may have given away. */
  | { type: 'open'; after: number; time: number };

export interface SettledItem {
  key: string;
  modRevision: number;
  value: Uint8Array;
}

/** The first field is the place in this list. */
const TYPES = ['txn', 'compact', 'settle', 'open'] as const;
const COMMAND_LENGTH = { txn: 5, compact: 4, settle: 4, open: 3 } as const;
const writer = createItemWriter();

export function encodeCommand(command: Command): Uint8Array {
  writer.reset();
  writer.arrayHead(COMMAND_LENGTH[command.type]);
  writer.write(TYPES.indexOf(command.type));
  writer.write(command.after);
  writer.write(command.time);
  switch (command.type) {
    case 'txn':
      writeList(command.compares, compare => writeFields(compare.key, compare.modRevision));
      writeList(command.writes, write =>
        write.type === 'put' ? writeFields(write.key, write.value) : writeFields(write.key),
      );
      break;
    case 'compact':
      writer.write(command.revision);
      break;
    case 'settle':
      writeList(command.items, item => writeFields(item.key, item.modRevision, item.value));
      break;
    case 'open':
      break;
  }
  return writer.copy();
}

function writeList<T>(items: readonly T[], each: (item: T) => void): void {
  writer.arrayHead(items.length);
  for (const item of items) each(item);
}

function writeFields(...fields: Item[]): void {
  writer.arrayHead(fields.length);
  for (const field of fields) writer.write(field);
}

/** Values are views into `bytes`. Throws when these are no command: then a later version of Skerry wrote them, for the checksum was right. */
export function decodeCommand(bytes: Uint8Array): Command {
  const cursor = cursorOn(bytes);
  const length = readArrayHead(cursor);
  const type = TYPES[readNumber(cursor)];
  if (type === undefined || length !== COMMAND_LENGTH[type])
    throw new TypeError('unknown command: written by a later version of Skerry?');
  const command = decodeFields(type, cursor, readNumber(cursor), readNumber(cursor));
  checkEnd(cursor);
  return command;
}

function decodeFields(type: Command['type'], cursor: Cursor, after: number, time: number): Command {
  switch (type) {
    case 'txn': {
      const compares = readList(cursor, 2, () => ({ key: readText(cursor), modRevision: readNumber(cursor) }));
      return { type, after, time, compares, writes: readWrites(cursor) };
    }
    case 'compact':
      return { type, after, time, revision: readNumber(cursor) };
    case 'settle': {
      const item = () => ({ key: readText(cursor), modRevision: readNumber(cursor), value: readBytes(cursor) });
      return { type, after, time, items: readList(cursor, 3, item) };
    }
    case 'open':
      return { type, after, time };
  }
}

function readList<T>(cursor: Cursor, fields: number, item: () => T): T[] {
  const items: T[] = [];
  for (let left = readArrayHead(cursor); left > 0; left--) {
    if (readArrayHead(cursor) !== fields) throw new TypeError(`an item of a command has other than ${fields} fields`);
    items.push(item());
  }
  return items;
}

function readWrites(cursor: Cursor): Write[] {
  const writes: Write[] = [];
  for (let left = readArrayHead(cursor); left > 0; left--) {
    const fields = readArrayHead(cursor);
    const key = readText(cursor);
    writes.push(fields === 1 ? { type: 'delete', key } : { type: 'put', key, value: readBytes(cursor) });
  }
  return writes;
}
