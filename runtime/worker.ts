/**
 * A sandbox's thread. Waits, warm, for the plan of one guest; runs it; says how it ended. Everything a guest can reach is
 * put together here. Started by thread-pool.ts, spoken to by sandbox-thread.ts.
 */
import { startCommand } from './command-world.ts';
import { exitOf } from './exit.ts';
import { parentThread, setNice } from './host/thread.ts';
import { serveHttpWorld, type World } from './http-world.ts';
import { type FromThread, GAUGE, type Plan, type ToThread } from './protocol.ts';
import { type Address, type Exit, RuntimeError } from './sandbox.ts';
import { createInput, createOutput } from './stdio.ts';
import { createHost } from './wasi/preview2/host.ts';
import type { Outbound } from './wasi/preview2/http-client.ts';

type Answer = Extract<ToThread, { say: 'answer' }>;

const parent = parentThread();
const post = (message: FromThread) => parent.post(message);
const questions = new Map<number, (answer: Answer) => void>();
const outputs = { stdout: createOutput('stdout', post), stderr: createOutput('stderr', post) };
const encoder = new TextEncoder();
let input = createInput(false, post);
let world: World | undefined;
let nextQuestion = 0;

parent.onMessage(message => receive(message as ToThread));
post({ say: 'warm' });

function receive(message: ToThread): void {
  if (message.say === 'start') void start(message.plan);
  else if (message.say === 'taken') outputs[message.output].taken(message.cost);
  else if (message.say === 'answer') questions.get(message.id)?.(message);
  else if (message.say === 'stdin') {
    if (message.chunk === null) input.end();
    else input.push(message.chunk);
  } else if (message.say === 'stop') {
    void world?.stop(message.settleMs).then(() => post({ say: 'exited', exit: { code: 143, reason: 'stopped' } }));
  }
}

async function start(plan: Plan): Promise<void> {
  try {
    if (plan.nice !== undefined) await setNice(plan.nice);
    input = createInput(plan.stdin, post);
    await run(plan);
  } catch (error) {
    const known = error instanceof RuntimeError;
    const message = error instanceof Error ? error.message : String(error);
    const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    post({ say: 'unable', code: known ? error.code : inUse ? 'address-in-use' : 'start-failed', message });
  }
}

async function run(plan: Plan): Promise<void> {
  const gauges = new Float64Array(plan.gauges);
  const measured = (bytes: number) => {
    gauges[GAUGE.memoryBytes] = bytes;
  };
  const process = { args: plan.args, env: plan.env, stdin: input, ...outputs };
  const { program, memoryBytesMax } = plan;
  if (program.engine === 'component') {
    const host = createHost({ process, outbound, mounts: plan.mounts });
    const { component } = program;
    if (program.world === 'http') {
      if (plan.listen === undefined) throw new RuntimeError('start-failed', 'no address is given to serve HTTP on');
      const { listen, requestsMax } = plan;
      const calls = countCalls(plan);
      world = await serveHttpWorld({
        component,
        host,
        listen,
        requestsMax,
        memoryBytesMax,
        measured,
        calls,
        warn,
        exit: exited,
      });
      post({ say: 'ready', port: world.port });
    } else ends(startCommand({ component, host, memoryBytesMax, measured }));
  } else if (program.engine === 'preview1') {
    const { startPreview1 } = await import('./wasi/preview1/start.ts');
    ends(startPreview1({ module: program.module, process, mounts: plan.mounts, memoryBytesMax, measured }));
  } else {
    const { startWasmer } = await import('./wasmer.ts');
    ends(startWasmer({ module: program.module, process, mounts: plan.mounts }));
  }
}

/** The guest runs: it has started, and ends when it ends. */
function ends(exit: Promise<Exit>): void {
  post({ say: 'ready', port: undefined });
  exit.then(exited, (error: unknown) => exited(exitOf(error, false)));
}

function exited(exit: Exit): void {
  post({ say: 'exited', exit });
}

/** The runtime's own word in the guest's log: without it a trap would be seen by nobody. */
function warn(message: string): void {
  outputs.stderr.write(encoder.encode(`skerry: ${message}\n`));
}

function countCalls(plan: Plan): { begin(): number; end(): void } {
  const all = new Int32Array(plan.callsUnderWay);
  const gauges = new Float64Array(plan.gauges);
  return {
    begin() {
      gauges[GAUGE.calls]!++;
      return Atomics.add(all, 0, 1) + 1;
    },
    end() {
      gauges[GAUGE.calls]!--;
      Atomics.sub(all, 0, 1);
    },
  };
}

const outbound: Outbound = {
  resolve: host => ask('resolve', host, 0) as Promise<string[]>,
  connect: (host, port, unreached) => ask('connect', host, port, unreached) as Promise<Address>,
};

function ask(question: 'resolve' | 'connect', host: string, port: number, unreached?: Address): Promise<unknown> {
  const id = nextQuestion++;
  return new Promise((resolve, reject) => {
    questions.set(id, ({ value, error }) => {
      questions.delete(id);
      if (error === undefined) resolve(value);
      else reject(Object.assign(new Error(error.message), { code: error.code }));
    });
    post({ say: 'ask', id, question, host, port, unreached });
  });
}
