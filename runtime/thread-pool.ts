/** Warm threads, waiting for a guest: a pod then starts in milliseconds. Used by runtime.ts. */
import { startThread, type Thread } from './host/thread.ts';
import type { FromThread } from './protocol.ts';

export interface ThreadPool {
  take(): Promise<Thread>;
  close(): Promise<void>;
}

export function createThreadPool(warm: number): ThreadPool {
  const waiting: Promise<Thread>[] = [];
  let closed = false;
  const refill = () => {
    while (!closed && waiting.length < warm) {
      const thread = startWarm();
      // A thread that cannot start is reported to whoever takes it.
      thread.catch(() => undefined);
      waiting.push(thread);
    }
  };
  return {
    async take() {
      const thread = await (waiting.shift() ?? startWarm());
      thread.ref();
      refill();
      return thread;
    },
    async close() {
      closed = true;
      const all = await Promise.allSettled(waiting.splice(0));
      await Promise.all(all.map(outcome => (outcome.status === 'fulfilled' ? outcome.value.terminate() : undefined)));
    },
  };
}

async function startWarm(): Promise<Thread> {
  // Beside this file, with its ending: .ts in the repository, .js in the package.
  const thread = await startThread(new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  thread.onMessage(message => {
    if ((message as FromThread).say === 'warm') resolve();
  });
  thread.onEnd(({ error }) => reject(error ?? new Error('the thread ended before it was ready')));
  await promise;
  thread.unref();
  return thread;
}
