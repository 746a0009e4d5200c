/**
 * Serves a `wasi:http/incoming-handler` component: each request is a call into an instance of its own. A trap costs that
 * request and that instance, nothing else; running out of memory ends the sandbox, as it would a container. Called by
 * worker.ts.
 */
import type { Component } from './binary/component.ts';
import type { HostTable } from './component/host-function.ts';
import { type Linked, link } from './component/link.ts';
import { exitOf } from './exit.ts';
import type { Exchange } from './http/connection.ts';
import { createHttpServer } from './http/server.ts';
import { createInstancePool } from './instances.ts';
import { CALLS_UNDER_WAY_MAX, nearLimit } from './limits.ts';
import { type Exit, RuntimeError } from './sandbox.ts';
import type { IncomingRequest, ResponseOutparam } from './wasi/preview2/http-server.ts';

export interface HttpWorldOptions {
  component: Component<WebAssembly.Module>;
  host: HostTable;
  listen: { host: string; port: number };
  requestsMax: number;
  memoryBytesMax: number;
  /** Linear memory of all instances changed. */
  measured(memoryBytes: number): void;
  /** Counts calls in the whole process: answers how many there are. */
  calls: { begin(): number; end(): void };
  warn(message: string): void;
  exit(exit: Exit): void;
}

export interface World {
  port: number | undefined;
  stop(settleMs: number): Promise<void>;
}

interface Instance {
  linked: Linked;
  memoryBytes: number;
  handle(request: number, response: number): Promise<unknown>;
}

const HANDLER = 'wasi:http/incoming-handler';

export async function serveHttpWorld(options: HttpWorldOptions): Promise<World> {
  const { calls } = options;
  let memoryBytes = 0;
  const measure = (instance: Instance) => {
    const now = instance.linked.memoryBytes();
    if (now === instance.memoryBytes) return;
    memoryBytes += now - instance.memoryBytes;
    instance.memoryBytes = now;
    options.measured(memoryBytes);
  };
  const make = (): Instance => {
    const instance = createInstance(options);
    measure(instance);
    return instance;
  };
  const pool = createInstancePool(make, options.requestsMax);
  const retire = (instance: Instance) => {
    instance.linked.handles.clear();
    memoryBytes -= instance.memoryBytes;
    options.measured(memoryBytes);
  };
  const failed = (instance: Instance, exchange: Exchange, error: unknown) => {
    const exit = exitOf(error, nearLimit(instance.linked.memoryBytes(), options.memoryBytesMax));
    exchange.response.refuse(500, 'the guest failed');
    retire(instance);
    pool.discard(instance);
    if (exit.reason === 'trap') options.warn(`a request ended in a trap: ${exit.message}`);
    else options.exit(exit);
  };
  const finished = (instance: Instance, exchange: Exchange) => {
    if (!exchange.response.begun()) exchange.response.refuse(500, 'the guest gave no answer');
    measure(instance);
    if (memoryBytes <= options.memoryBytesMax) return pool.giveBack(instance);
    // Each instance is within the limit, all of them together are not.
    retire(instance);
    pool.discard(instance);
  };
  const run = (instance: Instance, exchange: Exchange) => {
    const { handles } = instance.linked;
    const request: IncomingRequest = { kind: 'incoming-request', exchange, consumed: false };
    const outparam: ResponseOutparam = { kind: 'response-outparam', response: exchange.response };
    instance.handle(handles.put(request), handles.put(outparam)).then(
      () => {
        calls.end();
        finished(instance, exchange);
      },
      (error: unknown) => {
        calls.end();
        failed(instance, exchange, error);
      },
    );
  };
  const refused = (exchange: Exchange, error: unknown) => {
    calls.end();
    exchange.response.refuse(503, 'no instance is free');
    options.warn(`a request was refused: ${error instanceof Error ? error.message : error}`);
  };
  const serve = (exchange: Exchange) => {
    if (calls.begin() > CALLS_UNDER_WAY_MAX) {
      calls.end();
      return exchange.response.refuse(503, 'too many requests are under way');
    }
    try {
      const taken = pool.take();
      if (!(taken instanceof Promise)) return run(taken, exchange);
      taken.then(
        instance => run(instance, exchange),
        (error: unknown) => refused(exchange, error),
      );
    } catch (error) {
      refused(exchange, error);
    }
  };
  // Made before listening: a component that cannot start must not look ready.
  pool.giveBack(await pool.take());
  const server = await createHttpServer(options.listen.host, options.listen.port, serve);
  return { port: server.port, stop: settleMs => server.drain(settleMs) };
}

function createInstance(options: HttpWorldOptions): Instance {
  const linked = link(options.component, options.host, () => undefined);
  const handler = linked.exported(HANDLER, 'handle');
  if (handler === undefined) throw new RuntimeError('start-failed', `the component does not export ${HANDLER}`);
  const call = WebAssembly.promising(handler.core);
  const { post } = handler;
  const handle = post === undefined ? call : (a: number, b: number) => call(a, b).then(() => post());
  return { linked, memoryBytes: 0, handle };
}
