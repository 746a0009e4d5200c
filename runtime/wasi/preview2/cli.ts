/** wasi:cli, wasi:clocks and wasi:random: what a guest is told about its process, the time, and chance. */
import type { Resource } from '../../component/guest.ts';
import { type HostTable, typed } from '../../component/host-function.ts';
import {
  bool,
  bytes,
  list,
  option,
  own,
  record,
  result,
  s32,
  string,
  tuple,
  u8,
  u32,
  u64,
} from '../../component/shapes.ts';
import { GuestExit, Trap } from '../../exit.ts';
import { createAlarm, monotonicNanos, wallMillis } from '../../host/clock.ts';
import { randomBytes, randomU64 } from '../../host/random.ts';
import type { Sink, Source } from '../../streams.ts';
import { inputStream, outputStream, pollable, toInput, toOutput, toPollable } from './io.ts';

export interface Process {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  stdin: Source;
  stdout: Sink;
  stderr: Sink;
}

interface Terminal extends Resource {
  kind: 'terminal';
}

const RANDOM_BYTES_MAX = 1_048_576n;
export const datetime = record<{ seconds: bigint; nanoseconds: number }>({ seconds: u64, nanoseconds: u32 });

export function cliInterfaces(process: Process): HostTable {
  const terminal = option(own<Terminal>('terminal'));
  const none = () => undefined;
  const kept = <T extends Source | Sink>(stream: T): T => ({ ...stream, close: () => undefined });
  return {
    'wasi:cli/environment': {
      'get-environment': typed([], list(tuple<[string, string]>(string, string)), () => Object.entries(process.env)),
      'get-arguments': typed([], list(string), () => [...process.args]),
      'initial-cwd': typed([], option(string), () => undefined),
    },
    'wasi:cli/exit': {
      exit: typed([result<null, null>(null, null)], null, status => exit(status.ok ? 0 : 1)),
      'exit-with-code': typed([u8], null, exit),
    },
    // A guest that lets go of its standard streams may ask for them again.
    'wasi:cli/stdin': { 'get-stdin': typed([], inputStream, () => toInput(kept(process.stdin))) },
    'wasi:cli/stdout': { 'get-stdout': typed([], outputStream, () => toOutput(kept(process.stdout))) },
    'wasi:cli/stderr': { 'get-stderr': typed([], outputStream, () => toOutput(kept(process.stderr))) },
    'wasi:cli/terminal-input': {},
    'wasi:cli/terminal-output': {},
    'wasi:cli/terminal-stdin': { 'get-terminal-stdin': typed([], terminal, none) },
    'wasi:cli/terminal-stdout': { 'get-terminal-stdout': typed([], terminal, none) },
    'wasi:cli/terminal-stderr': { 'get-terminal-stderr': typed([], terminal, none) },
    ...clocks(),
    ...random(),
  };
}

function clocks(): HostTable {
  const alarm = (at: bigint) => {
    const set = createAlarm(at);
    return toPollable(set, set.cancel);
  };
  const timezone = record<{ utcOffset: number; name: string; summer: boolean }>({
    utcOffset: s32,
    name: string,
    summer: bool,
  });
  return {
    'wasi:clocks/monotonic-clock': {
      now: typed([], u64, monotonicNanos),
      resolution: typed([], u64, () => 1n),
      'subscribe-instant': typed([u64], pollable, alarm),
      'subscribe-duration': typed([u64], pollable, duration => alarm(monotonicNanos() + duration)),
    },
    'wasi:clocks/wall-clock': {
      now: typed([], datetime, () => toDatetime(wallMillis())),
      resolution: typed([], datetime, () => ({ seconds: 0n, nanoseconds: 1_000_000 })),
    },
    'wasi:clocks/timezone': {
      display: typed([datetime], timezone, _when => ({ utcOffset: 0, name: 'UTC', summer: false })),
      'utc-offset': typed([datetime], s32, _when => 0),
    },
  };
}

function random(): HostTable {
  const some = (length: bigint) => {
    if (length > RANDOM_BYTES_MAX) throw new Trap(`${length} random bytes at once`);
    return randomBytes(Number(length));
  };
  return {
    'wasi:random/random': {
      'get-random-bytes': typed([u64], bytes, some),
      'get-random-u64': typed([], u64, randomU64),
    },
    'wasi:random/insecure': {
      'get-insecure-random-bytes': typed([u64], bytes, some),
      'get-insecure-random-u64': typed([], u64, randomU64),
    },
    'wasi:random/insecure-seed': {
      'insecure-seed': typed([], tuple<[bigint, bigint]>(u64, u64), () => [randomU64(), randomU64()]),
    },
  };
}

function toDatetime(ms: number): { seconds: bigint; nanoseconds: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanoseconds: Math.floor((ms - seconds * 1000) * 1e6) };
}

function exit(code: number): null {
  throw new GuestExit(code);
}
