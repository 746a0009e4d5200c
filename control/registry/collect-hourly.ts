/** Collects the registry's garbage when the server starts and then every hour. Called by control/main. */
import type { Log } from '../machinery/log.ts';
import type { Clock, Files } from '../platform/types.ts';
import { collectGarbage } from './gc.ts';

const HOUR_MS = 3_600_000;

interface Options {
  directory: string;
  files: Files;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
}

/** Runs until the signal; a run that fails is told and does not stop the next. */
export async function collectHourly(options: Options): Promise<void> {
  const { clock, log, signal } = options;
  while (!signal.aborted) {
    try {
      const { blobs, bytes } = await collectGarbage(options);
      if (blobs > 0) log('info', 'registry: freed what no manifest needs', { blobs, bytes });
    } catch (error) {
      log('warn', 'registry: garbage could not be collected', { error: String(error) });
    }
    await anHour(clock, signal);
  }
}

function anHour(clock: Clock, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const stop = () => {
    cancel();
    resolve();
  };
  const cancel = clock.after(
    HOUR_MS,
    () => {
      signal.removeEventListener('abort', stop);
      resolve();
    },
    { background: true },
  );
  signal.addEventListener('abort', stop, { once: true });
  return promise;
}
