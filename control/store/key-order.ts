/**
 * Byte order of keys (UTF-8), which is JavaScript's order of strings unless a character past U+D7FF is in play. Such keys are
 * rare, so an order starts fast and turns exact when the first one is announced; for all keys before, both agree.
 */
export interface KeyOrder {
  compare(a: string, b: string): number;
  /** Called with every key and bound before it is compared. */
  announce(key: string): void;
}

export function createKeyOrder(): KeyOrder {
  let exact = false;
  return {
    compare(a, b) {
      if (a === b) return 0;
      return exact ? compareKeys(a, b) : a < b ? -1 : 1;
    },
    announce(key) {
      if (!exact && EXOTIC.test(key)) exact = true;
    },
  };
}

const EXOTIC = /[\ud800-\uffff]/;

/** The exact order, for whoever compares too few keys to care. */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    // Surrogates stand for characters past U+FFFF, so they sort behind every other unit.
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit);

/** The end of the range of all keys that begin with `prefix`: its successor in byte order. */
export const isPrefixRange = (start: string, end: string): boolean =>
  start.length > 0 &&
  start.length === end.length &&
  start.slice(0, -1) === end.slice(0, -1) &&
  end.charCodeAt(end.length - 1) === start.charCodeAt(start.length - 1) + 1;
