/**
 * One sandbox as its parent sees it: hands the plan to a thread, carries its output, answers its questions, and knows how
 * it ended, whichever way that was. Called by runtime.ts.
 */
import { EXIT_CODE } from './exit.ts';
import { after, soon } from './host/clock.ts';
import type { Thread } from './host/thread.ts';
import { type FromThread, GAUGE, type OutputName, outputCost, type Plan, type ToThread } from './protocol.ts';
import { type Exit, RuntimeError, type Sandbox, type SandboxSpec } from './sandbox.ts';

export interface Launch {
  spec: SandboxSpec;
  plan: Promise<Plan>;
  thread: Promise<Thread>;
  ended(): void;
}

/** How long the end of a sandbox waits for a reader that does not take its output. */
const OUTPUT_WAIT_MS = 2_000;

export function launch({ spec, plan: planned, thread: starting, ended }: Launch): Sandbox {
  const ready = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<Exit>();
  // Who only waits for one of the two must not be killed by the other.
  ready.promise.catch(() => undefined);
  let thread: Thread | undefined;
  let plan: Plan | undefined;
  let over: Exit | undefined;
  let port: number | undefined;
  let cpuMicros = 0;
  const stdin = spec.stdin?.getReader();

  const finish = async (exit: Exit) => {
    if (over !== undefined) return;
    over = exit;
    ready.reject(new RuntimeError('start-failed', exit.message ?? `ended with ${exit.code} before it was ready`));
    cpuMicros = (await thread?.cpuMicros().catch(() => cpuMicros)) ?? cpuMicros;
    await thread?.terminate();
    stdin?.cancel().catch(() => undefined);
    releaseCalls(plan);
    // What the guest printed before it ended has been handed over before anybody hears of the end.
    await withinWait(taker.settled());
    ended();
    exited.resolve(exit);
  };
  const post = (message: ToThread) => thread?.post(message);
  const taker = createTaker(spec, post);
  const answer = async ({ id, question, host, port, unreached }: Extract<FromThread, { say: 'ask' }>) => {
    try {
      const { network } = spec;
      const value = question === 'resolve' ? await network.resolve(host) : await network.connect(host, port, unreached);
      post({ say: 'answer', id, value });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'EACCES';
      post({ say: 'answer', id, error: { message, code } });
    }
  };
  const feed = async () => {
    const { value, done } = (await stdin?.read().catch(() => undefined)) ?? { done: true, value: undefined };
    post({ say: 'stdin', chunk: done ? null : (value ?? null) });
  };
  const receive = (message: FromThread) => {
    if (message.say === 'output') taker.take(message.output, message.chunk);
    else if (message.say === 'ask') void answer(message);
    else if (message.say === 'want-stdin') void feed();
    else if (message.say === 'exited') void finish(message.exit);
    else if (message.say === 'ready') {
      port = message.port;
      ready.resolve();
    } else if (message.say === 'unable') {
      ready.reject(new RuntimeError(message.code, message.message));
      void finish({ code: EXIT_CODE.failed, reason: 'failed', message: message.message });
    }
  };
  const begin = async () => {
    try {
      [plan, thread] = await Promise.all([planned, starting]);
    } catch (error) {
      ready.reject(error);
      // A thread that has nothing to run would stay for ever.
      void starting.then(
        idle => idle.terminate(),
        () => undefined,
      );
      return finish({
        code: EXIT_CODE.failed,
        reason: 'failed',
        message: error instanceof Error ? error.message : String(error),
      });
    }
    if (over !== undefined) return void thread.terminate();
    thread.onMessage(message => receive(message as FromThread));
    thread.onEnd(({ error, outOfMemory }) => {
      if (outOfMemory)
        void finish({ code: EXIT_CODE.killed, reason: 'out-of-memory', message: 'JavaScript heap limit reached' });
      else void finish({ code: EXIT_CODE.trap, reason: 'failed', message: error?.message ?? 'the thread ended' });
    });
    post({ say: 'start', plan });
  };
  void begin();

  return {
    ready: ready.promise,
    exited: exited.promise,
    get port() {
      return port;
    },
    async stop(graceMs, settleMs = 0) {
      const stopped: Exit = { code: EXIT_CODE.stopped, reason: 'stopped' };
      // Only a server can be told; WASI has no signals, so a command ends as a process does that handles none.
      if (port === undefined || graceMs <= 0) void finish(stopped);
      else {
        post({ say: 'stop', settleMs: Math.min(settleMs, graceMs) });
        const cancel = after(graceMs, () => void finish(stopped));
        void exited.promise.then(cancel);
      }
      return exited.promise;
    },
    async kill() {
      void finish({ code: EXIT_CODE.killed, reason: 'killed' });
      return exited.promise;
    },
    async usage() {
      if (over === undefined) cpuMicros = (await thread?.cpuMicros().catch(() => cpuMicros)) ?? cpuMicros;
      const gauges = plan === undefined || over !== undefined ? undefined : new Float64Array(plan.gauges);
      return { cpuMicros, memoryBytes: gauges?.[GAUGE.memoryBytes] ?? 0 };
    },
  };
}

/** Hands output over in order, and says what was taken once for each turn: guests print byte by byte. */
function createTaker(spec: Pick<SandboxSpec, OutputName>, post: (message: ToThread) => void) {
  let outputs: Promise<void> = Promise.resolve();
  let waiting = 0;
  let costs = { stdout: 0, stderr: 0 };
  const tell = () => {
    const told = costs;
    costs = { stdout: 0, stderr: 0 };
    for (const output of ['stdout', 'stderr'] as const)
      if (told[output] > 0) post({ say: 'taken', output, cost: told[output] });
  };
  const took = (name: OutputName, chunk: Uint8Array) => {
    if (costs.stdout + costs.stderr === 0) soon(tell);
    costs[name] += outputCost(chunk.length);
  };
  return {
    take(name: OutputName, chunk: Uint8Array) {
      const done = () => {
        waiting--;
        took(name, chunk);
      };
      const busy = waiting === 0 ? spec[name](chunk) : outputs.then(() => spec[name](chunk));
      if (busy === undefined) return took(name, chunk);
      waiting++;
      outputs = busy.then(done, done);
    },
    settled: () => outputs,
  };
}

async function withinWait(outputs: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = after(OUTPUT_WAIT_MS, resolve);
  await Promise.race([outputs, promise]);
  cancel();
}

/** Calls that were under way in a thread that is gone are no longer. */
function releaseCalls(plan: Plan | undefined): void {
  if (plan === undefined) return;
  const calls = new Float64Array(plan.gauges)[GAUGE.calls]!;
  Atomics.sub(new Int32Array(plan.callsUnderWay), 0, calls);
}
