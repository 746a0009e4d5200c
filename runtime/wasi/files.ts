/** Open files and directories as streams and mounts, for both previews. */

import { FileError } from '../host/file-stat.ts';
import * as files from '../host/files.ts';
import type { Mount } from '../sandbox.ts';
import { type Sink, type Source, StreamFailed } from '../streams.ts';

export interface Preopen {
  guest: string;
  node: files.Node;
}

/** Files and directories that one guest may have open at once. */
export const OPEN_FILES_MAX = 1_024;
const CHUNK_BYTES_MAX = 65_536;
const never = () => () => undefined;

export function openMounts(mounts: readonly Mount[]): Preopen[] {
  return mounts.map(({ guest, host, readOnly }) => ({ guest, node: files.openRoot(host, readOnly) }));
}

export function readFrom(file: files.Node, offset: number): Source {
  const node = files.hold(file);
  let at = offset;
  return {
    ready: () => true,
    listen: never,
    read(max) {
      const buffer = new Uint8Array(Math.min(max, CHUNK_BYTES_MAX));
      const length = streaming(() => files.read(node, buffer, at));
      at += length;
      return length === 0 && max > 0 ? null : buffer.subarray(0, length);
    },
    close: () => files.close(node),
  };
}

/** `offset` null appends. */
export function writeTo(file: files.Node, offset: number | null): Sink {
  const node = files.hold(file);
  let at = offset;
  return {
    ready: () => true,
    listen: never,
    room: () => CHUNK_BYTES_MAX,
    write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const rest = bytes.subarray(done);
        const length = streaming(() => files.write(node, rest, at ?? Number(files.stat(node).size)));
        if (at !== null) at += length;
        done += length;
      }
    },
    drained: () => true,
    close: () => files.close(node),
  };
}

function streaming<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof FileError) throw new StreamFailed(error.code, error.code);
    throw error;
  }
}
