/**
 * The state machine: a state and a command give the next state, an answer, and events. All replicas run it on the same log.
 *
 * Always: deterministic. No clock, no dice, no I/O; compares are judged here and nowhere else, so two proposals that saw the
 * same past cannot both win. Called by driver.ts, and by recovery.
 */
import type { Command, SettledItem } from './command.ts';
import { createHistory, type History } from './history.ts';
import { createRevisions, type Revisions } from './revisions.ts';
import type { Compare, KeyValue, StoreEvent, TxnResult, Write } from './store.ts';

export interface State {
  readonly revisions: Revisions;
  readonly history: History;
  /** Keeps everything readable at this revision until released; compaction frees memory later. */
  pin(revision: number): () => void;
  readonly pins: ReadonlySet<{ revision: number }>;
}

export interface Applied {
  result: TxnResult;
  /** All at `result.revision`; empty when nothing changed. */
  events: readonly StoreEvent[];
}

export function createState(): State {
  const pins = new Set<{ revision: number }>();
  const state: State = {
    revisions: createRevisions(),
    history: createHistory(),
    pins,
    pin(revision) {
      const pin = { revision };
      pins.add(pin);
      return () => {
        pins.delete(pin);
        trim(state);
      };
    },
  };
  return state;
}

export function apply(state: State, command: Command): Applied {
  const { revisions } = state;
  revisions.advance(command.after);
  switch (command.type) {
    case 'txn':
      return applyTxn(state, command);
    case 'compact':
      revisions.compact(Math.min(command.revision, revisions.revision()));
      trim(state);
      break;
    case 'settle':
      for (const item of command.items) settle(state, item, command.time);
      break;
    case 'open':
      break;
  }
  return { result: { succeeded: true, revision: revisions.revision() }, events: [] };
}

/** Whether all compares hold now. */
const holds = (revisions: Revisions, compares: readonly Compare[]): boolean =>
  compares.every(({ key, modRevision }) => (revisions.get(key)?.modRevision ?? 0) === modRevision);

function applyTxn(
  state: State,
  txn: { time: number; compares: readonly Compare[]; writes: readonly Write[] },
): Applied {
  const { revisions, history } = state;
  if (!holds(revisions, txn.compares)) {
    const current = txn.compares.map(({ key }): KeyValue | undefined => revisions.get(key));
    return { result: { succeeded: false, revision: revisions.revision(), current }, events: [] };
  }
  const revision = revisions.revision() + 1;
  const events: StoreEvent[] = [];
  for (const write of txn.writes) {
    const event = applyWrite(revisions, write, revision);
    if (event) events.push(event);
  }
  // A transaction that changes nothing (deletes of what is not there) takes no revision.
  if (events.length === 0) return { result: { succeeded: true, revision: revisions.revision() }, events };
  revisions.advance(revision);
  history.append({ revision, time: txn.time, events });
  return { result: { succeeded: true, revision }, events };
}

function applyWrite(revisions: Revisions, write: Write, revision: number): StoreEvent | undefined {
  if (write.type === 'put') {
    const previous = revisions.put(write.key, write.value, revision);
    return { type: 'put', revision, current: revisions.get(write.key)!, previous };
  }
  if (!revisions.get(write.key)) return undefined;
  return { type: 'delete', revision, key: write.key, previous: revisions.remove(write.key, revision)! };
}

/** Only a replica that did not see the volatile write itself (it has restarted since) has anything to do here. */
function settle({ revisions, history }: State, { key, value, modRevision }: SettledItem, time: number): void {
  const previous = revisions.get(key);
  if (!revisions.settle(key, value, modRevision)) return;
  const current = revisions.get(key)!;
  history.insert({ revision: modRevision, time, events: [{ type: 'put', revision: modRevision, current, previous }] });
}

/** Frees what compaction gave up, as far as nobody has pinned it. One walk per key, however often it changed. */
function trim({ revisions, history, pins }: State): void {
  let to = revisions.compactedRevision();
  for (const pin of pins) to = Math.min(to, pin.revision);
  const keys = new Set<string>();
  for (const entry of history.dropThrough(to))
    for (const event of entry.events) keys.add(event.type === 'put' ? event.current.key : event.key);
  for (const key of keys) revisions.trim(key, to);
}
