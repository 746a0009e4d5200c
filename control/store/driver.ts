/**
 * The shell around the pure parts: takes transactions in, has them ordered (consensus), written (log) and applied, and
 * answers. All that arrives in one turn of the event loop, or while the disk is busy, shares the next write: group commit.
 *
 * Always: entries are applied in the order of the log, and answered only when applied; nothing is proposed while a step is
 * under way; once the disk has failed no write succeeds any more, because what it holds is not known.
 */
import type { Clock } from '../platform/types.ts';
import { type Applied, apply, type State } from './apply.ts';
import { type Command, decodeCommand, encodeCommand } from './command.ts';
import type { Consensus, Entry } from './consensus.ts';
import { type Compare, StoreError, type StoreEvent, type TxnResult, type Write } from './store.ts';
import type { VolatileKeys } from './volatile.ts';

/** Where entries become durable. Declared here, implemented by wal.ts and the memory engine. */
export interface Log {
  /**
   * Resolves when they are on disk. Rejects with code ENOSPC or EDQUOT when there is no room, and then none of them will ever
   * come back; any other error means that the disk is not to be trusted any more.
   */
  append(entries: readonly Entry[]): Promise<void>;
}

export interface Driver {
  txn(compares: readonly Compare[], writes: readonly Write[]): Promise<TxnResult>;
  compact(revision: number): Promise<void>;
  /** Writes the present values of volatile keys. */
  settle(): Promise<void>;
  alarm(): Alarm | undefined;
  appliedIndex(): number;
  /** Refuses new writes, finishes those under way. */
  close(): Promise<void>;
}

type Alarm = 'full' | 'disk-failed';

export interface DriverParts {
  state: State;
  consensus: Consensus;
  log: Log;
  clock: Clock;
  volatileKeys: VolatileKeys;
  appliedIndex: number;
  quotaBytes: number;
  volatileRevisionsMax: number;
  publish(events: readonly StoreEvent[]): void;
  /** Something was applied: time to look whether a snapshot or a compaction is due. */
  applied(): void;
}

type Proposal =
  | { type: 'txn'; compares: readonly Compare[]; writes: readonly Write[] }
  | { type: 'compact'; revision: number }
  | { type: 'settle' };

interface Waiter {
  proposal: Proposal;
  resolve(result: TxnResult): void;
  reject(error: unknown): void;
}

/** After the disk was full, puts are refused this long before one is let through to see whether there is room again. */
const FULL_RETRY_MS = 5000;

export function createDriver(parts: DriverParts): Driver {
  const { state, consensus, log, clock, volatileKeys, publish } = parts;
  const { revisions } = state;
  let queue: Waiter[] = [];
  const proposed = new Map<number, Waiter>();
  let busy: 'no' | 'scheduled' | 'stepping' = 'no';
  const idle: (() => void)[] = [];
  let closed = false;
  let failure: StoreError | undefined;
  let fullSince: number | undefined;
  let appliedIndex = parts.appliedIndex;
  /** The revision that a replica has which knows the log only. */
  let loggedRevision = revisions.revision();

  const alarm = (): Alarm | undefined => {
    if (failure) return 'disk-failed';
    return fullSince !== undefined || revisions.bytes() > parts.quotaBytes ? 'full' : undefined;
  };

  const refusal = (proposal: Proposal): StoreError | undefined => {
    if (closed) return new StoreError('closed', 'the store is closed');
    if (failure) return failure;
    if (proposal.type !== 'txn' || proposal.writes.every(write => write.type === 'delete')) return undefined;
    if (revisions.bytes() > parts.quotaBytes)
      return new StoreError(
        'full',
        `the store holds more than its quota of ${parts.quotaBytes} bytes; delete something`,
      );
    if (fullSince !== undefined && clock.monotonic() - fullSince < FULL_RETRY_MS)
      return new StoreError('full', 'no space left on the disk of the store');
    return undefined;
  };

  const submit = (proposal: Proposal): Promise<TxnResult> => {
    const refused = refusal(proposal);
    if (refused) return Promise.reject(refused);
    if (mayBypass(proposal)) return Promise.resolve(bypass(proposal));
    return new Promise((resolve, reject) => {
      queue.push({ proposal, resolve, reject });
      schedule();
    });
  };

  /** Only when nothing is on its way to the log: then what is applied now comes behind all that was logged. */
  const mayBypass = (proposal: Proposal): proposal is Proposal & { type: 'txn' } =>
    proposal.type === 'txn' &&
    busy === 'no' &&
    volatileKeys.admits(proposal.writes) &&
    revisions.revision() - loggedRevision < parts.volatileRevisionsMax;

  const bypass = ({ compares, writes }: Proposal & { type: 'txn' }): TxnResult => {
    const applied = apply(state, { type: 'txn', after: 0, time: clock.now(), compares, writes: writes.map(owned) });
    volatileKeys.bypassed(applied.events);
    announce(applied);
    return applied.result;
  };

  const announce = ({ events }: Applied) => {
    if (events.length > 0) publish(events);
    parts.applied();
  };

  const schedule = () => {
    if (busy !== 'no') return;
    busy = 'scheduled';
    clock.endOfTurn(() => void step());
  };

  const step = async () => {
    busy = 'stepping';
    proposeQueue();
    try {
      for (let ready = consensus.ready(); ready; ready = consensus.ready()) {
        for (const entry of ready.committed) applyEntry(entry);
        if (ready.entries.length > 0) {
          await log.append(ready.entries);
          fullSince = undefined;
        }
        consensus.advance(ready);
      }
    } catch (error) {
      stumble(error);
    }
    busy = 'no';
    if (queue.length > 0) schedule();
    else for (const done of idle.splice(0)) done();
  };

  const proposeQueue = () => {
    const waiters = queue;
    queue = [];
    const time = clock.now();
    let after = revisions.revision() > loggedRevision ? revisions.revision() : 0;
    const propose = (command: Command, waiter?: Waiter) => {
      const name = consensus.propose(encodeCommand(command));
      after = 0;
      if (!waiter) return;
      if (name) proposed.set(name.index, waiter);
      else waiter.reject(new StoreError('unavailable', 'this replica does not lead'));
    };
    const settler = waiters.find(waiter => waiter.proposal.type === 'settle');
    const items = volatileKeys.unsettled(
      settler ? undefined : waiters.flatMap(({ proposal }) => (proposal.type === 'txn' ? [proposal] : [])),
    );
    if (items.length > 0) propose({ type: 'settle', after, time, items }, settler);
    for (const waiter of waiters) {
      const { proposal } = waiter;
      if (proposal.type !== 'settle') propose({ ...proposal, after, time }, waiter);
      else if (items.length === 0 || waiter !== settler)
        waiter.resolve({ succeeded: true, revision: revisions.revision() });
    }
  };

  const applyEntry = (entry: Entry) => {
    const command = decodeCommand(entry.data);
    const applied = apply(state, command);
    appliedIndex = entry.index;
    loggedRevision = revisions.revision();
    if (command.type === 'settle') volatileKeys.settled(command.items);
    else volatileKeys.logged(applied.events);
    announce(applied);
    proposed.get(entry.index)?.resolve(applied.result);
    proposed.delete(entry.index);
  };

  /** A step could not be finished. No room: those who wait are told so, and life goes on. Anything else: the end of writing. */
  const stumble = (error: unknown) => {
    const code = (error as { code?: unknown }).code;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    if (full) {
      consensus.withdraw();
      fullSince = clock.monotonic();
    } else failure = new StoreError('unavailable', `the store's disk has failed, restart needed: ${error}`);
    const reason = full ? new StoreError('full', 'no space left on the disk of the store') : failure!;
    for (const waiter of [...proposed.values(), ...(full ? [] : queue.splice(0))]) waiter.reject(reason);
    proposed.clear();
  };

  return {
    txn: (compares, writes) => submit({ type: 'txn', compares, writes }),
    async compact(revision) {
      await submit({ type: 'compact', revision });
    },
    async settle() {
      if (volatileKeys.unsettled().length > 0) await submit({ type: 'settle' });
    },
    alarm,
    appliedIndex: () => appliedIndex,
    async close() {
      closed = true;
      if (busy !== 'no') await new Promise<void>(resolve => idle.push(resolve));
    },
  };
}

/** The caller may reuse its memory; a logged write is copied by its encoding. */
const owned = (write: Write): Write => (write.type === 'put' ? { ...write, value: write.value.slice() } : write);
