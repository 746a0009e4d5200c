/**
 * CPU per request of a hello component against a bare node:http server, in turns within one run:
 *
 *   node test/bench/runtime/hello.ts [SECONDS=3] [ROUNDS=3]
 *
 * Each server is a process of its own; its CPU time is read from /proc, threads included. The load comes from this process:
 * 32 connections, one request at a time on each.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { webGuest } from '../../lib/guests.ts';
import { createSandboxes } from '../../lib/sandboxes.ts';

const CONNECTIONS = 32;
const TICKS_PER_SECOND = 100;
const WARM_UP_MS = 1_000;
const SERVERS = { 'hello component': '--component', 'node:http': '--node' };

const [first] = process.argv.slice(2);
if (first === '--component') await serveComponent();
else if (first === '--node') serveNode();
else await compare(Number(process.argv[2] ?? 3) * 1_000, Number(process.argv[3] ?? 3));

async function serveComponent(): Promise<void> {
  const { sandbox } = await createSandboxes().start(await webGuest());
  await sandbox.ready;
  process.send?.(sandbox.port);
}

function serveNode(): void {
  const server = createServer((_request, response) => response.end('Hello from wasm!\n'));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.(typeof address === 'object' ? address?.port : 0);
  });
}

async function compare(ms: number, rounds: number): Promise<void> {
  const results = new Map<string, { micros: number; rate: number }[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, flag] of Object.entries(SERVERS)) {
      const result = await measure(flag, ms);
      results.set(name, [...(results.get(name) ?? []), result]);
      console.log(`${name}: ${result.micros.toFixed(1)} CPU-µs per request, ${Math.round(result.rate)} requests/s`);
    }
  }
  const median = (name: string) => (results.get(name) ?? []).map(r => r.micros).sort((a, b) => a - b)[rounds >> 1]!;
  const [component, node] = [median('hello component'), median('node:http')];
  console.log(
    `median: hello component ${component.toFixed(1)}, node:http ${node.toFixed(1)}, ratio ${(component / node).toFixed(2)}`,
  );
}

async function measure(flag: string, ms: number): Promise<{ micros: number; rate: number }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', import.meta.filename, flag], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    const port = await new Promise<number>(resolve => child.once('message', resolve as (value: unknown) => void));
    await load(port, WARM_UP_MS);
    const before = cpuMicros(child);
    const begun = performance.now();
    const requests = await load(port, ms);
    const seconds = (performance.now() - begun) / 1_000;
    return { micros: (cpuMicros(child) - before) / requests, rate: requests / seconds };
  } finally {
    child.kill('SIGKILL');
  }
}

function cpuMicros(child: ChildProcess): number {
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user! + system!) * 1_000_000) / TICKS_PER_SECOND;
}

async function load(port: number, ms: number): Promise<number> {
  let requests = 0;
  let over = false;
  const request = Buffer.from('GET /hello HTTP/1.1\r\nHost: bench\r\n\r\n');
  const sockets: Socket[] = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    // Each answer is small enough to come in one piece.
    socket.on('data', () => {
      requests++;
      if (!over) socket.write(request);
    });
    return socket;
  });
  await new Promise(resolve => setTimeout(resolve, ms));
  over = true;
  for (const socket of sockets) socket.destroy();
  return requests;
}
