/** What a sandbox's thread and the thread that started it say to each other. Types only, and what both must agree on. */
import type { Component } from './binary/component.ts';
import type { Address, Exit, Mount, RuntimeErrorCode } from './sandbox.ts';

export type Program =
  | { engine: 'component'; world: 'http' | 'command' | 'reactor'; component: Component<WebAssembly.Module> }
  | { engine: 'preview1' | 'wasmer-wasi'; world: 'command' | 'reactor'; module: WebAssembly.Module };

export interface Plan {
  name: string;
  program: Program;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  mounts: readonly Mount[];
  stdin: boolean;
  memoryBytesMax: number;
  requestsMax: number;
  /** Nice value for the thread; undefined leaves it. */
  nice: number | undefined;
  listen: { host: string; port: number } | undefined;
  gauges: SharedArrayBuffer;
  /** Guest calls under way in the whole process, one counter for all threads. */
  callsUnderWay: SharedArrayBuffer;
}

/** Float64 slots of `gauges`, written by the sandbox's thread, read by its parent even while the guest loops. */
export const GAUGE = { memoryBytes: 0, calls: 1, count: 2 };

export type OutputName = 'stdout' | 'stderr';

const OUTPUT_COST_MIN = 512;
/** What output that is not taken yet counts for: a message takes memory also when it carries one byte. */
export const outputCost = (bytes: number): number => Math.max(bytes, OUTPUT_COST_MIN);

export type ToThread =
  | { say: 'start'; plan: Plan }
  | { say: 'taken'; output: OutputName; cost: number }
  | { say: 'stdin'; chunk: Uint8Array | null }
  | { say: 'answer'; id: number; value?: unknown; error?: { message: string; code: string | undefined } }
  | { say: 'stop'; settleMs: number };
export type FromThread =
  | { say: 'warm' }
  | { say: 'ready'; port: number | undefined }
  | { say: 'unable'; code: RuntimeErrorCode; message: string }
  | { say: 'output'; output: OutputName; chunk: Uint8Array }
  | { say: 'want-stdin' }
  | { say: 'ask'; id: number; question: 'resolve' | 'connect'; host: string; port: number; unreached?: Address }
  | { say: 'exited'; exit: Exit };
