/** A disk that fails on demand: wraps the real one. Called by tests of what the store does then. */
import type { Files, OpenFile } from '../../control/platform/types.ts';

export interface FaultyFiles {
  files: Files;
  /** The next `times` writes fail with this code, all of them if absent; `after` bytes of a failing one are written first. */
  failWrites(code: string, after?: number, times?: number): void;
  /** Only writes that make a file longer fail (a full disk keeps what it has). */
  failGrowth(code: string): void;
  heal(): void;
}

export function faultyFiles(real: Files): FaultyFiles {
  let fault: { code: string; after: number; growthOnly: boolean; times: number } | undefined;

  const writeAt = async (file: OpenFile, position: number, content: Uint8Array): Promise<void> => {
    if (!fault) return file.writeAt(position, content);
    const { code, growthOnly } = fault;
    const room = growthOnly ? Math.max(0, (await file.size()) - position) : fault.after;
    if (growthOnly && content.length <= room) return file.writeAt(position, content);
    if (--fault.times === 0) fault = undefined;
    if (room > 0) await file.writeAt(position, content.subarray(0, room));
    throw Object.assign(new Error(`${code}: injected`), { code });
  };

  return {
    files: {
      ...real,
      async open(path, options) {
        const file = await real.open(path, options);
        return { ...file, writeAt: (position, content) => writeAt(file, position, content) };
      },
    },
    failWrites(code, after = 0, times = Number.POSITIVE_INFINITY) {
      fault = { code, after, growthOnly: false, times };
    },
    failGrowth(code) {
      fault = { code, after: 0, growthOnly: true, times: Number.POSITIVE_INFINITY };
    },
    heal() {
      fault = undefined;
    },
  };
}
