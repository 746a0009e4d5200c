/**
 * The front door of the runtime: runs WebAssembly modules, each behind walls of its own. Knows nothing of Kubernetes; the
 * agent is its only caller.
 *
 * Always: a guest sees no file, variable, address or clock that its spec does not give it; a guest that traps, loops or
 * fills its memory ends alone.
 */
export interface Runtime {
  /** Compiles once per digest (off the caller's thread where it can); rejects with RuntimeError for bytes that cannot run. */
  load(digest: string, bytes: Uint8Array, engine?: Engine): Promise<LoadedModule>;
  start(spec: SandboxSpec): Promise<Sandbox>;
  close(): Promise<void>;
}

/** `component` (our linker), `jco` (transpiled), `preview1`, `wasmer-wasi`. */
export type Engine = 'component' | 'jco' | 'preview1' | 'wasmer-wasi';

export interface LoadedModule {
  digest: string;
  engine: Engine;
  /** What the module is: answers requests, runs to an end, or is called from outside. */
  world: 'http' | 'command' | 'reactor';
  /** Import names, as found in the binary: shown to people. */
  imports: readonly string[];
  exports: readonly string[];
}

export interface SandboxSpec {
  /** For messages and thread names. */
  name: string;
  module: LoadedModule;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  mounts: readonly Mount[];
  stdin?: ReadableStream<Uint8Array>;
  /** Called with what the guest printed; must not throw. A promise is waited for (back-pressure). */
  stdout(chunk: Uint8Array): void | Promise<void>;
  stderr(chunk: Uint8Array): void | Promise<void>;
  limits: Limits;
  /** Where a `wasi:http` guest is served; required for world `http`. Port 0 takes a free one (see Sandbox.port). */
  listen?: { host: string; port: number };
  network: Network;
}

export interface Mount {
  guest: string;
  host: string;
  readOnly: boolean;
}

export interface Limits {
  /** Linear memory of all instances, bytes. */
  memoryBytes?: number;
  /** Relative CPU weight, Kubernetes' shares scale: 1000 is one core's request. */
  cpuMillis?: number;
  /** Requests that a guest may have under way. */
  requestsMax?: number;
}

/** Decides every outgoing connection. Absent permission is refusal. */
export interface Network {
  /** Name → addresses as the guest shall see them; rejects when the name does not exist. */
  resolve(host: string): Promise<string[]>;
  /**
   * Called before each connection with the name or address as the guest wrote it; answers where to really connect, or
   * rejects with a refusal: an error whose `code` is ENOTFOUND (no such name), ECONNREFUSED (nobody there) or EACCES (not
   * allowed, also when there is no code), which decides what the guest is told. `unreached` is what it
   * answered just before and nobody was there: another answer is worth a try while nothing has been sent.
   */
  connect(host: string, port: number, unreached?: Address): Promise<Address>;
}

export interface Address {
  host: string;
  port: number;
}

export interface Sandbox {
  /** Resolves when the guest runs (a server: when it accepts connections). Rejects with RuntimeError when it cannot. */
  readonly ready: Promise<void>;
  readonly exited: Promise<Exit>;
  /** Port actually served, for world `http`, once ready. */
  readonly port: number | undefined;
  /**
   * Stops accepting, lets requests under way end, ends after `graceMs` at the latest. For the first `settleMs` a server still
   * accepts, and each answer asks its client to use another connection next time: who keeps connections hears of the end
   * before it sends a request into it.
   */
  stop(graceMs: number, settleMs?: number): Promise<Exit>;
  /** At once, even in an endless loop. */
  kill(): Promise<Exit>;
  usage(): Promise<{ cpuMicros: number; memoryBytes: number }>;
}

export interface Exit {
  /** What a process would have answered: 0, the guest's own code, 134 for a trap (as after abort), 137 when killed or out of memory, 143 when stopped, 128 when it could not start. */
  code: number;
  reason: 'exited' | 'trap' | 'out-of-memory' | 'killed' | 'stopped' | 'failed';
  /** For people: the trap's text, the import that is missing. */
  message?: string;
}

export type RuntimeErrorCode =
  | 'malformed'
  | 'unsupported-import'
  | 'unsupported-engine'
  | 'start-failed'
  | 'address-in-use';

export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;
  constructor(code: RuntimeErrorCode, message: string) {
    super(message);
    this.name = 'RuntimeError';
    this.code = code;
  }
}
