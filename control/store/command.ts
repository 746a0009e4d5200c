/**
 * What the log holds: one command per entry, as a CBOR array. Whoever applies the same commands in the same order gets the
 * same state, because compares are judged when applied and time comes from the proposer.
 *
 * `after` is a revision that the proposer may have given away already without an entry (volatile writes): revisions go on
 * behind it. 0 when there is none. `time` is milliseconds since the epoch at the proposer.
 */

import { createItemWriter, type Item, readOneItem } from './items.ts';
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

const TXN = 0;
const COMPACT = 1;
const SETTLE = 2;
const OPEN = 3;
const writer = createItemWriter();

export function encodeCommand(command: Command): Uint8Array {
  writer.reset();
  writer.write(toItem(command));
  return writer.copy();
}

function toItem(command: Command): Item {
  const { after, time } = command;
  switch (command.type) {
    case 'txn':
      return [
        TXN,
        after,
        time,
        command.compares.map(compare => [compare.key, compare.modRevision]),
        command.writes.map(write => (write.type === 'put' ? [write.key, write.value] : [write.key])),
      ];
    case 'compact':
      return [COMPACT, after, time, command.revision];
    case 'settle':
      return [SETTLE, after, time, command.items.map(item => [item.key, item.modRevision, item.value])];
    case 'open':
      return [OPEN, after, time];
  }
}

/** Throws when the bytes are no command: the log's checksum was right, so a later version of Skerry wrote them. */
export function decodeCommand(bytes: Uint8Array): Command {
  const [type, after, time, first, second] = readOneItem(bytes) as [number, number, number, Item, Item];
  switch (type) {
    case TXN:
      return {
        type: 'txn',
        after,
        time,
        compares: (first as [string, number][]).map(([key, modRevision]) => ({ key, modRevision })),
        writes: (second as [string, Uint8Array?][]).map(([key, value]) =>
          value === undefined ? { type: 'delete', key } : { type: 'put', key, value },
        ),
      };
    case COMPACT:
      return { type: 'compact', after, time, revision: first as number };
    case SETTLE:
      return {
        type: 'settle',
        after,
        time,
        items: (first as [string, number, Uint8Array][]).map(([key, modRevision, value]) => ({
          key,
          modRevision,
          value,
        })),
      };
    case OPEN:
      return { type: 'open', after, time };
    default:
      throw new TypeError(`unknown command ${type}: written by a later version of Skerry?`);
  }
}
