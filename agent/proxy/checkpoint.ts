/**
 * The Services and endpoints as the server last said them, in one file of the agent's state: a box that starts while the
 * server is away serves its pods through its Services. Opened by the agent's main, used by proxy.ts.
 *
 * Always: the file is whole or absent; one that cannot be read back is left out with a warning; it is written at most once
 * per WRITE_EVERY_MS, and holds nothing that the rules do not read.
 */
import type { EndpointSlice } from '../../control/kinds/endpoint-slice.ts';
import type { Service } from '../../control/kinds/service.ts';
import type { Log } from '../../control/machinery/log.ts';
import type { ApiObject } from '../../control/machinery/meta.ts';
import type { Clock, Files } from '../../control/platform/types.ts';

const WRITE_EVERY_MS = 2_000;

export interface KnownServices {
  services: readonly Service[];
  slices: readonly EndpointSlice[];
  /** Nodes that are other boxes. */
  elsewhere: readonly string[];
}

export interface ServiceCheckpoint {
  /** From before this start. */
  readonly kept: KnownServices | undefined;
  /** Something has changed: `read` is called when it is time to write. */
  changed(read: () => KnownServices): void;
}

export async function openServiceCheckpoint(options: {
  clock: Clock;
  files: Files;
  log: Log;
  path: string;
}): Promise<ServiceCheckpoint> {
  const { clock, files, log, path } = options;
  let waiting = false;
  const write = (known: KnownServices) =>
    files
      .replace(path, Buffer.from(JSON.stringify(lean(known))), { mode: 0o600 })
      .catch(error => log('warn', 'the Services could not be written to disk', { error: String(error) }));
  return {
    kept: await readBack(options),
    changed(read) {
      if (waiting) return;
      waiting = true;
      const fire = () => {
        waiting = false;
        void write(read());
      };
      clock.after(WRITE_EVERY_MS, fire, { background: true });
    },
  };
}

async function readBack({ files, log, path }: { files: Files; log: Log; path: string }) {
  const found = await files.read(path).catch(() => undefined);
  if (!found) return undefined;
  try {
    const { services, slices, elsewhere } = JSON.parse(Buffer.from(found).toString('utf8')) as KnownServices;
    return { services: [...services], slices: [...slices], elsewhere: [...elsewhere] };
  } catch (error) {
    log('warn', 'the Services that were written to disk cannot be read back', { error: String(error) });
    return undefined;
  }
}

const lean = ({ services, slices, elsewhere }: KnownServices): KnownServices => ({
  services: services.map(({ apiVersion, kind, metadata, spec }) => ({
    apiVersion,
    kind,
    metadata: own(metadata),
    spec,
  })),
  slices: slices.map(({ metadata, ...slice }) => ({ ...slice, metadata: own(metadata) })),
  elsewhere,
});

const own = ({ namespace, name, uid, resourceVersion, labels }: ApiObject['metadata']): ApiObject['metadata'] => ({
  ...{ namespace, name, uid, resourceVersion, labels },
});
