/**
 * What a controller has just done and its informer has not shown yet. Until it has, the controller must not count again,
 * or it would create or delete a second time.
 *
 * Always: an observation that overtakes the answer to our own request is not lost; a lost observation delays by
 * EXPECTATION_MAX_MS and no longer. Used by replica-set; the same holds for every controller that counts pods.
 */
import type { Clock } from '../platform/types.ts';

const EXPECTATION_MAX_MS = 300_000;

export interface Expectations {
  /** Begin before asking for anything. */
  begin(key: string): void;
  created(key: string, uid: string): void;
  /** Say it before asking; `cancel` it when the request failed. */
  deleting(key: string, uid: string): void;
  cancelDeleting(key: string, uid: string): void;
  /** The request phase is over. */
  end(key: string): void;
  sawPod(key: string, uid: string): void;
  sawEnd(key: string, uid: string): void;
  satisfied(key: string): boolean;
  forget(key: string): void;
}

interface Expected {
  creations: Set<string>;
  deletions: Set<string>;
  /** Seen while requests are under way; undefined when none are. */
  seen: Set<string> | undefined;
  since: number;
}

export function createExpectations(clock: Clock): Expectations {
  const all = new Map<string, Expected>();
  const of = (key: string): Expected => {
    let expected = all.get(key);
    if (!expected) {
      expected = { creations: new Set(), deletions: new Set(), seen: undefined, since: clock.monotonic() };
      all.set(key, expected);
    }
    return expected;
  };
  return {
    begin(key) {
      all.delete(key);
      of(key).seen = new Set();
    },
    created(key, uid) {
      const expected = of(key);
      if (!expected.seen?.has(uid)) expected.creations.add(uid);
    },
    deleting: (key, uid) => void of(key).deletions.add(uid),
    cancelDeleting: (key, uid) => void all.get(key)?.deletions.delete(uid),
    end(key) {
      const expected = of(key);
      expected.seen = undefined;
      expected.since = clock.monotonic();
    },
    sawPod(key, uid) {
      const expected = all.get(key);
      expected?.seen?.add(uid);
      expected?.creations.delete(uid);
    },
    sawEnd(key, uid) {
      const expected = all.get(key);
      expected?.seen?.add(uid);
      expected?.creations.delete(uid);
      expected?.deletions.delete(uid);
    },
    satisfied(key) {
      const expected = all.get(key);
      if (!expected || expected.creations.size + expected.deletions.size === 0) return true;
      return clock.monotonic() - expected.since > EXPECTATION_MAX_MS;
    },
    forget: key => void all.delete(key),
  };
}
